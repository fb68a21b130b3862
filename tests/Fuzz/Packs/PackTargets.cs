using System.Text;
using CsCheck;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Packs;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Packs;

/// <summary>Packs: written by strangers, read on the base.</summary>
public sealed class PackTargets : IDisposable
{
    private static readonly Documents s_documents = new(ConfigurationSchema.Pack(), new Dictionary<string, string[]>
    {
        ["description"] = ["Watches.", "two\nlines"],
        ["packages"] = ["tcpdump", "libc6", "-o", "a b", "g++-12"],
        ["suite"] = ["bookworm-backports", "../x"],
        ["files:"] = ["run.sh", "dir", "dir/", "dir/b.conf", "link", "dir/../run.sh", "/etc/passwd", "binary", "open", "none", "through/passwd", "."],
        ["files"] = ["/opt/x/run.sh", "/etc/x", "/etc/x/", "/proc/x", "/", "/opt/../x", "relative"],
        ["run:"] = ["watch", "other", "Bad"],
        ["run"] = ["/bin/watch ${filter} ${mirror}", "/bin/x", "${mirrors}", "${none}", "relative", "/bin/x ${mirrors}"],
        ["schedule:"] = ["scan", "watch", "Bad"],
        ["every"] = ["1h", "${filter}", "${none}", "5", "1ms"],
        ["path"] = ["/var/log/x/out", "/var/log/out", "/var/log/y/eve.json", "/var/log/x/", "/out", "/proc/x/y"],
        ["options:"] = ["filter", "unused", "mirror", "Bad"],
        ["options"] = ["tcp", "", "a\nb", "${filter}"],
    });

    private static readonly byte[] s_text = Encoding.UTF8.GetBytes("""
        description: Notes every packet that a filter matches
        apt:
          packages: [tcpdump]
        files:
          run.sh: /opt/strange/run.sh
        run:
          strange: [/opt/strange/run.sh, "${filter}"]
        schedule:
          scan: {run: [/opt/strange/run.sh, "${server}"], every: 1h}
        outputs:
          - path: /var/log/strange/strange.log
            format: lines
            reopen: none
        options:
          filter: tcp port 23
        """);

    private readonly Scratch _pack = new();

    public PackTargets()
    {
        _ = _pack.Write("files/run.sh", "#!/bin/sh\nexec watch ${filter}\n");
        _ = _pack.Write("files/dir/b.conf", "# each mirror\ninterface ${mirror}\n# end\n");
        _ = _pack.Write("files/dir/deeper/c", "${mirror_number}");
        _ = _pack.Write("files/binary", [0xff, 0xfe]);
        _ = _pack.Write("files/open", "# each mirror\n");
        _ = File.CreateSymbolicLink(_pack.At("files/link"), "/etc/passwd");
        _ = File.CreateSymbolicLink(_pack.At("files/through"), "/etc");
    }

    public void Dispose() => _pack.Dispose();

    [Fact]
    public void Documents_OfTheSchema_AreSoundPacksOrHaveProblems() => Target.Run(s_documents.Bytes, Check, few: 3_000);

    [Fact]
    public void Documents_Mutated_AreSoundPacksOrHaveProblems() => Target.Run(Corpus.Mutated(s_documents.Bytes), Check, few: 2_000);

    [Fact]
    public void Text_AnyBytes_IsASoundPackOrHasProblems() => Target.Run(Corpus.Around(400, s_text), Check, few: 4_000);

    [Fact]
    public void Documents_OfTheSchema_AreSoundOftenEnough()
    {
        Assert.InRange(Target.Inputs(s_documents.Bytes, 1_000).Count(bytes =>
        {
            var problems = new List<Diagnostic>();
            return PackLoader.Read(new SourceFile("pack.yaml", _pack.Path, problems), bytes) is not null && problems.Count == 0;
        }), 5, 1_000);
    }

    [Fact]
    public void Use_OfAPackThatIsSound_TakesItsOptionsOnly() => Target.Run(
        Gen.Select(Gen.OneOfConst("filter", "fliter", "mirror", "A", ""), Gen.String),
        option =>
        {
            var problems = new List<Diagnostic>();
            var file = new SourceFile("f.yaml", _pack.Path, problems);
            var node = new ListNode(default, [new MapNode(default,
            [
                (Text("name"), Text("good")),
                (Text("options"), new MapNode(default, [(Text(option.Item1), Text(option.Item2))])),
            ])]);
            var uses = PackUse.Read(file, node, s_catalog.Value);
            Assert.All(problems, p => Properties.IsOneLine(p.Message));
            if (problems.Count == 0)
                Assert.Equal(option.Item2, Assert.Single(uses).Spec!.Options["filter"]);
        }, few: 5_000);

    [Fact]
    public void Load_AnyBytesInTheFile_GivesAPackOrProblems() => Target.Run(Corpus.Around(300, s_text), bytes =>
    {
        using var folder = new Scratch();
        _ = folder.Write("pack.yaml", bytes);
        var result = PackLoader.Load(folder.Path);
        Assert.True(result.Pack is null == result.Problems.Count > 0);
        Properties.AreProblemsOf(bytes, result.Problems);
    }, few: 300);

    // Read once by whoever comes first, by all threads afterwards.
    private static readonly Lazy<PackCatalog> s_catalog = new(() =>
    {
        var directory = Directory.CreateTempSubdirectory("hyperspector-fuzz-");
        try
        {
            _ = directory.CreateSubdirectory("good");
            File.WriteAllText(Path.Join(directory.FullName, "good/pack.yaml"), """{"run": {"w": ["/bin/w", "${filter}"]}, "options": {"filter": "tcp"}}""");
            var catalog = new PackCatalog([directory.FullName], []);
            Assert.True(catalog.TryGet("good", out _));
            return catalog;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    });

    private static TextNode Text(string value) => new(default, value, false);

    private void Check(byte[] bytes)
    {
        var problems = new List<Diagnostic>();
        var pack = PackLoader.Read(new SourceFile("pack.yaml", _pack.Path, problems), bytes);
        Properties.AreProblemsOf(bytes, problems);
        Assert.True(pack is not null || problems.Count > 0);
        if (problems.Count == 0)
            IsSound(pack!);
    }

    private void IsSound(PackSpec pack)
    {
        Assert.True(pack.Apt is not null || pack.Files.Count > 0 || pack.Run.Count > 0);
        Assert.All(pack.Apt?.Packages ?? [], p => Assert.Matches("^[a-z0-9][a-z0-9+.-]+$", p));
        Assert.All(pack.Run, c => Assert.StartsWith("/", c.Arguments[0], StringComparison.Ordinal));
        Assert.All(pack.Outputs, o => Assert.True(o.Format is "eve" or "lines" && o.Limit > 0));
        Assert.All(pack.Options, o => Assert.DoesNotContain(o.Value, char.IsControl));
        Assert.All(pack.Files, f =>
        {
            // Of the pack's own files, and without a link on the way: what else the host has stays where it is.
            var real = Path.Join(_pack.Path, "files");
            foreach (var part in f.Source.Split('/'))
            {
                Assert.False(part is "" or "." or ".." or "link" or "through");
                real = Path.Join(real, part);
                Assert.Null(new FileInfo(real).LinkTarget);
            }

            Assert.True(Path.Exists(real));
        });
        var files = PackInstall.Files(pack, new PackSurroundings(["mon0", "mon1"], ["web", "db"]));
        Assert.All(files, f => Assert.True(f.Path[0] == '/' && !f.Path.Split('/').Contains("..")));
        Assert.DoesNotContain(files, f => f.Content.Contains("${mirror", StringComparison.Ordinal));
        Assert.All(pack.Run, c => Assert.NotEmpty(PackInstall.Arguments(c.Arguments, new PackSurroundings(["mon0", "mon1"], ["web", "db"]))));
    }
}
