using HyperSpector.Engine.Packs;
using Xunit;

namespace HyperSpector.Tests.Unit.Packs;

/// <summary>Every folder of <c>BadInput/</c> is a pack whose <c>pack.yaml</c> begins with the messages that it must cause.</summary>
public sealed class BadPackTests
{
    private const string Mark = "# expect: ";
    private static readonly string Folder = SourceTree.Input("Packs/BadInput");

    public static TheoryData<string> Packs() => [.. Directory.GetDirectories(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Packs))]
    public void Pack_Malformed_CausesExactlyItsMessages(string name)
    {
        var path = Path.Join(Folder, name, PackLoader.FileName);
        var expected = File.ReadLines(path).TakeWhile(l => l.StartsWith(Mark, StringComparison.Ordinal)).Select(l => l[Mark.Length..]).ToList();

        var result = PackLoader.Load(Path.Join(Folder, name));

        Assert.NotEmpty(expected);
        Assert.Null(result.Pack);
        Assert.Equal(expected, result.Problems.Select(p => p.ToString()[(path.Length + 1)..].TrimStart()));
    }

    [Fact]
    public void Folder_WithoutPackYaml_SaysSo() =>
        Assert.Equal("there is no such file", PackLoader.Load(Folder).Problems.Single().Message);
}
