using HyperSpector.Engine.Configuration;
using Xunit;

namespace HyperSpector.Tests.Unit.Configuration;

/// <summary>
/// Every file of <c>BadInput/</c> begins with the messages that it must cause: <c># expect: line:column: message</c>, one line each,
/// in order; those of a pack with the pack's path before them.
/// </summary>
public sealed class BadInputTests
{
    private const string Mark = "# expect: ";
    private static readonly string Folder = SourceTree.Input("Configuration/BadInput");
    private static readonly Dictionary<string, string> Variables = new() { ["SET"] = "x", ["EMPTY"] = "" };

    public static TheoryData<string> Files() => [.. Directory.GetFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void File_Malformed_CausesExactlyItsMessages(string name)
    {
        var path = Path.Join(Folder, name);
        var expected = File.ReadLines(path).TakeWhile(l => l.StartsWith(Mark, StringComparison.Ordinal)).Select(l => l[Mark.Length..]).ToList();

        var result = SiteLoader.Load(path, [], Variables);

        Assert.NotEmpty(expected);
        Assert.Null(result.Site);
        Assert.Equal(expected, result.Problems.Select(p => Printed(p, path)));
    }

    [Fact]
    public void Table_OfBadInput_HoldsAtLeastForty() => Assert.True(Files().Count >= 40);

    [Fact]
    public void File_OfNoBytes_IsEmpty()
    {
        using var files = new Loading();
        Assert.Equal(["hyperspector.yaml: is empty; docs/configuration.md shows a first file"], files.Problems(""));
    }

    [Fact]
    public void File_LargerThanTheLimit_IsRefused()
    {
        using var files = new Loading();
        Assert.Equal(
            ["hyperspector.yaml: is larger than 256 KiB; a configuration is a few KiB"],
            files.Problems(new string('#', ConfigurationLimits.FileBytes + 1)));
    }

    [Fact]
    public void File_ThatIsADirectory_IsRefused()
    {
        var result = SiteLoader.Load(Folder, [], Variables);
        Assert.Equal([$"{Folder}: is a directory; name the file in it"], result.Problems.Select(p => p.ToString()));
    }

    private static string Printed(Diagnostic problem, string path)
    {
        var text = problem.ToString();
        return (text.StartsWith(path + ":", StringComparison.Ordinal) ? text[(path.Length + 1)..].TrimStart() : text)
            .Replace(Folder + "/", "", StringComparison.Ordinal);
    }
}
