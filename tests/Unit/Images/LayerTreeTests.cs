using System.Formats.Tar;
using System.Text;
using HyperSpector.Engine.Images;
using HyperSpector.Engine.Images.Unpacking;
using HyperSpector.Tests.Kit.Images;
using Xunit;

namespace HyperSpector.Tests.Unit.Images;

/// <summary>Layers over layers, as image-spec's layer.md says.</summary>
public sealed class LayerTreeTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperspector-layers-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Layers_OneOverTheOther_AddAndReplace() =>
        Assert.Equal(["a", "a/file", "b", "b/c", "link", "same"], Tree(["a/", "a/file", "b/", "link -> a/file"], ["./b/c", "same => a/file"]));

    [Fact]
    public void Whiteout_HidesTheFileBelow() =>
        Assert.Equal(["a", "a/stays"], Tree(["a/", "a/goes", "a/stays", "dir/inner"], ["a/.wh.goes", ".wh.dir"]));

    [Theory]
    [InlineData("a/.wh..wh..opq", "a/new")]
    [InlineData("a/new", "a/.wh..wh..opq")]
    public void OpaqueDirectory_HidesWhatIsBelowAndNothingOfItsLayer(string first, string second) =>
        Assert.Equal(["a", "a/new", "other"], Tree(["a/", "a/old", "a/older/x", "other"], [first, second]));

    [Fact]
    public void Whiteout_BesideANewFileOfTheName_HidesOnlyTheOldOne() =>
        Assert.Equal(["a", "a/d", "a/d/new"], Tree(["a/d/old"], ["a/d/new", "a/.wh.d"]));

    [Fact]
    public void Reserved_NamesOfOlderTools_AreNoFiles() => Assert.Equal(["a"], Tree(["a", ".wh..wh.plnk/"]));

    [Fact]
    public void File_OverADirectory_TakesItsPlace() => Assert.Equal(["a"], Tree(["a/", "a/b"], ["a"]));

    [Fact]
    public void Directory_OverALink_TakesItsPlace() => Assert.Equal(["a", "a/x", "b"], Tree(["b/", "a -> b"], ["a/", "a/x"]));

    [Theory]
    [InlineData("../etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("x => ../../etc/passwd")]
    public void Name_ThatLeadsOut_IsRefused(string name) =>
        Assert.Contains("would lie outside of the image", Assert.Throws<ImageException>(() => Tree([name])).Message, StringComparison.Ordinal);

    [Fact]
    public void Root_ThatIsAFile_IsRefused() =>
        Assert.Equal("the root of the image would be no directory", Assert.Throws<ImageException>(() => Tree(["./a/"], ["."])).Message);

    [Fact]
    public void Archive_CutShort_IsRefusedInOneLine()
    {
        var archive = LayoutWriter.Archive("a/", new string('x', 90));
        using var stream = new MemoryStream(archive[..700]);

        var wrong = Assert.Throws<ImageException>(() => new LayerTree(_directory.FullName).Apply(stream));

        Assert.StartsWith("its archive is damaged: ", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
    }

    [Fact]
    public void File_BelowAFile_IsRefusedInOneLine() =>
        Assert.StartsWith("'a/b' cannot be made: ", Assert.Throws<ImageException>(() => Tree(["a", "a/b"])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("uid", "4294967296")]
    [InlineData("size", "99999999999999999999")]
    public void PaxNumber_OutOfAllRange_IsRefusedInOneLine(string key, string value)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a", new Dictionary<string, string> { ["comment"] = new('0', value.Length + key.Length) }));
        // .NET writes no such header; the record keeps its length.
        var bytes = archive.ToArray();
        var at = bytes.AsSpan().IndexOf("comment="u8);
        Encoding.ASCII.GetBytes($"{key}={new string('0', 7)}{value}").CopyTo(bytes, at);
        archive.Position = 0;
        archive.Write(bytes);
        archive.Position = 0;

        Assert.StartsWith("its archive is damaged: ", Assert.Throws<ImageException>(() => new LayerTree(_directory.FullName).Apply(archive)).Message, StringComparison.Ordinal);
    }

    private string[] Tree(params string[][] layers)
    {
        var tree = new LayerTree(_directory.FullName);
        foreach (var layer in layers)
        {
            using var stream = new MemoryStream(LayoutWriter.Archive(layer));
            tree.Apply(stream);
        }

        tree.Finish();
        return
        [
            .. Directory.EnumerateFileSystemEntries(_directory.FullName, "*", SearchOption.AllDirectories)
                .Select(p => p[(_directory.FullName.Length + 1)..]).Order(StringComparer.Ordinal),
        ];
    }
}
