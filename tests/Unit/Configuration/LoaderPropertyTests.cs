using System.Text;
using CsCheck;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Packs;
using Xunit;

namespace HyperSpector.Tests.Unit.Configuration;

/// <summary>Whatever a file holds, loading it ends with a site or with problems, each on one line and inside the file.</summary>
public sealed class LoaderPropertyTests
{
    private static readonly string[] Seeds = Directory
        .GetFiles(SourceTree.Input("Configuration/BadInput"), "*.yaml")
        .Concat(Directory.GetFiles(SourceTree.Input("Packs/BadInput"), "pack.yaml", SearchOption.AllDirectories))
        .Order(StringComparer.Ordinal).Select(File.ReadAllText).ToArray();

    private static readonly Gen<string> Pieces = Gen.OneOfConst(
        "\n", "  ", "\t", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "!!str ", "|\n", ">\n", "\"", "'", "#", "---\n", "...\n", "%TAG ! x\n", "? ",
        "\\U00110000", "\\x00", "${", "}", "$$", "\0", "\uFEFF", "\u2028", "\uD83D\uDE00", "null", "~", "<<: *a\n", "0", "-1", "run", "packs", "publish");

    [Fact]
    public void Loader_AnyBytes_NeverThrows() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Check(bytes), iter: 2000);

    [Fact]
    public void Loader_PiecesOfYaml_NeverThrows() =>
        Pieces.Array[0, 60].Sample(pieces => Check(Encoding.UTF8.GetBytes(string.Concat(pieces))), iter: 5000);

    [Fact]
    public void Loader_SpoiltFile_NeverThrows() =>
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 20], Pieces).Array[1, 4])
            .Sample((seed, edits) =>
            {
                var text = Seeds[seed];
                foreach (var (place, length, piece) in edits)
                {
                    var at = (int)(place * text.Length);
                    text = text[..at] + piece + text[Math.Min(text.Length, at + length)..];
                }

                return Check(Encoding.UTF8.GetBytes(text));
            }, iter: 5000);

    private static bool Check(byte[] bytes)
    {
        var problems = new List<Diagnostic>();
        var directory = SourceTree.Input("Configuration/BadInput");
        var site = SiteLoader.Read(new SourceFile("h.yaml", directory, problems), bytes, [Path.Join(directory, "packs")], new Dictionary<string, string>());
        _ = PackLoader.Read(new SourceFile("pack.yaml", directory, problems), bytes);
        return problems.All(p => !p.ToString().Any(char.IsControl) && p.Line >= 0) && (site is not null || problems.Count > 0);
    }
}
