using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

public sealed class ReferenceTests
{
    [Fact]
    public void Reference_OfTheProgram_IsWhatDocsSay()
    {
        using var host = new CliHost();
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(root!.FullName, "HyperSpector.slnx")))
            root = root.Parent;

        var page = host.Run("docs", "cli").Output;

        Assert.True(
            page == File.ReadAllText(Path.Join(root.FullName, "docs/cli.md")), "docs/cli.md is old: hyperspector docs cli > docs/cli.md");
    }
}
