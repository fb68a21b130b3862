using CsCheck;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Engine.Packs;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Packs;

/// <summary>dpkg's database of a base directory, which an administrator got from somewhere.</summary>
public class PackageDatabaseTargets
{
    [Fact]
    public void Fingerprint_AnyDatabase_IsOfItsBytes() => Target.Run(Corpus.Noise(500), bytes => Scratch.Within(root =>
    {
        var lower = new BaseSpec { Directory = root.Path };
        Properties.IsOneLine(Assert.Throws<IOException>(() => PackageDatabase.Fingerprint(lower)).Message);
        _ = root.Write("var/lib/dpkg/status", bytes);
        var before = PackageDatabase.Fingerprint(lower);
        Assert.Matches("^[0-9a-f]{32}$", before);
        _ = root.Write("var/lib/dpkg/status", [.. bytes, 0]);
        Assert.NotEqual(before, PackageDatabase.Fingerprint(lower));
    }), few: 200);

    [Fact]
    public void Conffiles_AnyDatabase_AreThoseThatStandBelowTheirKey() => Target.Run(
        Gen.Select(
            Gen.OneOfConst("Package: a", "Conffiles:", " /etc/a 0123456789abcdef0123456789abcdef", " /etc/b 0123456789abcdef0123456789abcdef obsolete",
                " /etc/c short", " relative 0123456789abcdef0123456789abcdef", "", "Description: x", " more"), Gen.String, (line, noise) => (line, noise)).List[0, 20],
        lines =>
        {
            var text = lines.Select((l, i) => i % 5 == 4 ? l.noise : l.line).ToList();
            var found = Conffiles.Parse(text);
            Assert.All(found, f => Assert.True(f.Path[0] == '/' && f.Md5.Length == 32));
            var expected = 0;
            var key = "";
            foreach (var line in text)
            {
                key = line.StartsWith(' ') ? key : line;
                expected += key == "Conffiles:" && line == " /etc/a 0123456789abcdef0123456789abcdef" ? 1 : 0;
            }

            Assert.Equal(expected, found.Count(f => f.Path == "/etc/a"));
        }, few: 20_000);
}
