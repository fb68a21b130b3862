using System.Text.Json;
using HyperSpector.Engine.Configuration;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary>The manual pages, which are made when HyperSpector is installed: nothing of the program may be missing, and man(1) must like them.</summary>
public sealed class ManualTests : IDisposable
{
    private readonly CliHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void CommandManual_HasEveryCommandOfTheReference()
    {
        var page = Page("hyperspector");
        var commands = _host.Run("docs", "cli").Output.Split('\n').Where(l => l.StartsWith("## hyperspector ", StringComparison.Ordinal)).ToList();
        Assert.True(commands.Count > 10);
        Assert.All(commands, c => Assert.Contains($".SS {c[3..].Replace("-", "\\-", StringComparison.Ordinal)}", page, StringComparison.Ordinal));
        Assert.Contains(".B \\-\\-host NAME\n", page, StringComparison.Ordinal);
        Assert.Contains(".B \\-f, \\-\\-file FILE\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void FileManual_HasEveryKeyOfTheSchema()
    {
        var page = Page("hyperspector.yaml");
        using var schema = JsonDocument.Parse(ConfigurationSchema.Site());
        var keys = schema.RootElement.GetProperty("definitions").EnumerateObject().SelectMany(d => d.Value.GetProperty("properties").EnumerateObject())
            .Select(k => k.Name).ToList();
        Assert.Contains("publish", keys);
        Assert.All(keys, k => Assert.Contains($".B {k.Replace("-", "\\-", StringComparison.Ordinal)}", page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hyperspector", "HYPERSPECTOR(1)")]
    [InlineData("hyperspector.yaml", "HYPERSPECTOR.YAML(5)")]
    public void Manual_FormattedByMan_HasNoWarning(string name, string title)
    {
        _ = _host.Write("page.man", Page(name));

        var result = Tool.Run("env", ["-C", _host.Root, "LC_ALL=C.UTF-8", "MANWIDTH=80", "man", "--warnings=all", "-l", "page.man"]);

        Assert.True(result.Status.Succeeded, result.Error);
        Assert.Equal("", result.Error);
        Assert.Contains(title, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\\fB", result.Output, StringComparison.Ordinal);
    }

    private string Page(string name)
    {
        var result = _host.Run("docs", "man", name);
        Assert.Equal("", result.Error);
        return result.Output;
    }
}
