using System.Text;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Integrity.Policies;
using Xunit;

namespace HyperSpector.Tests.Unit.Integrity;

public sealed class PolicyTests
{
    [Theory]
    [InlineData("/etc", "/etc", true)]
    [InlineData("/etc", "/etc/passwd", true)]
    [InlineData("/etc", "/etcetera", false)]
    [InlineData("/", "", true)]
    [InlineData("/", "/any/thing", true)]
    [InlineData("=/", "/any", false)]
    [InlineData("=/", "", true)]
    [InlineData("=/etc", "/etc", true)]
    [InlineData("=/etc", "/etc/passwd", false)]
    [InlineData("/etc/*.conf", "/etc/a.conf", true)]
    [InlineData("/etc/*.conf", "/etc/a.conf/below", true)]
    [InlineData("=/etc/*.conf", "/etc/a.conf/below", false)]
    [InlineData("/etc/*.conf", "/etc/b/a.conf", false)]
    [InlineData("/etc/**.conf", "/etc/b/a.conf", true)]
    [InlineData("/etc/**/a.conf", "/etc/a.conf", true)]
    [InlineData("/etc/**/a.conf", "/etc/b/c/a.conf", true)]
    [InlineData("/etc/**/a.conf", "/etc/ba.conf", false)]
    [InlineData("/var/log/?.log", "/var/log/a.log", true)]
    [InlineData("/var/log/?.log", "/var/log//.log", false)]
    [InlineData("/a/**/b/**/c", "/a/x/b/y/z/c/d", true)]
    [InlineData(@"/a/\*", "/a/*", true)]
    [InlineData(@"/a/\*", "/a/b", false)]
    public void Pattern_OfAPath_MatchesAsDocumented(string pattern, string path, bool matches)
    {
        var parsed = Pattern(pattern);
        Assert.Equal(matches, parsed.Matches(Encoding.UTF8.GetBytes(path)));
        // What matches is reached: each directory above it is entered.
        for (var above = path; matches && above.Length > 0;)
        {
            above = above[..above.LastIndexOf('/')];
            Assert.True(parsed.MayMatchBelow(Encoding.UTF8.GetBytes(above)) || parsed.Matches(Encoding.UTF8.GetBytes(above)), above);
        }
    }

    [Theory]
    [InlineData("/etc", "/etc", true)]
    [InlineData("/etc/x", "/etc", true)]
    [InlineData("/etc/x", "", true)]
    [InlineData("/etc/x", "/etcetera", false)]
    [InlineData("/etc/x", "/usr", false)]
    [InlineData("/etc", "/etcetera", false)]
    [InlineData("/etc/*.d/x", "/etc/a.d", true)]
    [InlineData("=/etc", "/etc", false)]
    [InlineData("=/etc", "", true)]
    public void Pattern_OfADirectory_IsEnteredOnlyWhereItMayMatch(string pattern, string directory, bool enters) =>
        Assert.Equal(enters, Pattern(pattern).MayMatchBelow(Encoding.UTF8.GetBytes(directory)));

    [Fact]
    public void Policy_SeveralRules_TheLastThatMatchesDecides()
    {
        var policy = Policy("""
            groups: {programs: p+u+g+sha256}
            check:
              /usr: programs
              /usr/share: E
              /var/log: log
              /usr/share/keyrings: R-m-c
            ignore: [/usr/share/doc, "/usr/**/*.pyc"]
            """);
        Assert.Equal(Attributes.Mode | Attributes.User | Attributes.Group | Attributes.Content, policy.Select("/usr/bin/sh"u8));
        Assert.Equal(Attributes.None, policy.Select("/usr/share/x"u8));
        Assert.Null(policy.Select("/usr/share/doc/x"u8));
        Assert.Null(policy.Select("/usr/lib/python/a.pyc"u8));
        Assert.Null(policy.Select("/etc"u8));
        Assert.Equal(Attributes.Content | Attributes.Size, policy.Select("/usr/share/keyrings/a"u8) & (Attributes.Content | Attributes.Size | Attributes.Modified | Attributes.Changed));
        Assert.Equal(Attributes.Growing, policy.Select("/var/log/syslog"u8) & (Attributes.AnyContent | Attributes.Size));
        Assert.True(policy.Enters("/var"u8));
        Assert.False(policy.Enters("/home"u8));
        Assert.False(policy.Enters("/usr/share/doc"u8));
    }

    [Theory]
    [InlineData("check: {/etc: Q}", "1:15: check: '/etc': unknown attribute 'Q'; docs/integrity.md lists them")]
    [InlineData("check: {/etc: p+mtimee}", "1:15: check: '/etc': unknown attribute 'mtimee'; did you mean 'mtime'?")]
    [InlineData("check: {/etc: p+}", "1:15: check: '/etc': an attribute is missing beside '+' or '-'")]
    [InlineData("check: {/etc: R+a}", "1:15: check: '/etc': attribute 'a' is not known here: the views show no access times: nothing that is checked may notice it")]
    [InlineData("check: {/etc: md5}", "1:15: check: '/etc': attribute 'md5' is not known here: can be forged; use 'sha256'")]
    [InlineData("check: {/etc: R+growing}", "1:15: check: '/etc': 'sha256' and 'growing' exclude each other; write e.g. R-sha256+growing, or log")]
    [InlineData("check: {/etc: growing+s}", "1:15: check: '/etc': what is 'growing' changes its size, mtime and ctime: leave these out, or write log")]
    [InlineData("check: {etc: R}", "1:9: check: 'etc' must begin with a slash: paths are those of the server VM")]
    [InlineData("check: {/etc/: R}", "1:9: check: '/etc/' ends with a slash; leave it out")]
    [InlineData("check: {/etc/../x: R}", "1:9: check: '/etc/../x' holds '.' or '..'; write the path out")]
    [InlineData("check: {/etc//x: R}", "1:9: check: '/etc//x' holds two slashes in a row; write one")]
    [InlineData("check: {}", "1:8: check: is empty; name a path, e.g. /etc: R")]
    [InlineData("ignore: [/etc]", "1:1: needs 'check': which paths, and what of them; e.g. check: {/etc: R}")]
    [InlineData("chek: {/etc: R}\ncheck: {/etc: R}", "1:1: unknown key 'chek'; did you mean 'check'?")]
    [InlineData("groups: {R: p}\ncheck: {/etc: R}", "1:10: group 'R' has the name of an attribute; choose another")]
    [InlineData("groups: {1x: p}\ncheck: {/etc: R}", "1:10: group '1x': use at most 32 letters, digits and underscores, a letter first")]
    [InlineData("check: {/etc: R}\ncontent_limit: 5", "2:16: content_limit: expected a size with its unit, e.g. 512M or 2G, found '5'")]
    [InlineData("check: {/etc: R}\ncontent_limit: 1K", "2:16: content_limit: '1K' is not between 1M and 1048576T")]
    public void Policy_WithAMistake_IsRefusedInOneLine(string text, string line)
    {
        var problems = new List<Diagnostic>();
        Assert.Null(PolicyReader.Read("p.yaml", Encoding.UTF8.GetBytes(text), problems));
        Assert.Equal("p.yaml:" + line, Assert.Single(problems).ToString());
    }

    [Fact]
    public void Example_OfIntegrityMd_IsAPolicy()
    {
        var text = File.ReadAllText(SourceTree.Root("docs/integrity.md"));
        var from = text.IndexOf("```yaml\ngroups:", StringComparison.Ordinal) + 8;
        var policy = Policy(text[from..text.IndexOf("```", from, StringComparison.Ordinal)]);
        Assert.Equal(4L << 30, policy.ContentLimit);
        Assert.Null(policy.Select("/usr/lib/python3/__pycache__/a.pyc"u8));
    }

    [Fact]
    public void Policy_OfThePack_IsOne()
    {
        var policy = Policy(File.ReadAllText(SourceTree.Root("packs/integrity/files/integrity.yaml")));
        Assert.NotNull(policy.Select("/usr/bin/ls"u8));
        Assert.NotNull(policy.Select("/var/log/syslog"u8));
        Assert.Null(policy.Select("/var/log/syslog.1"u8));
        Assert.Null(policy.Select("/tmp/x"u8));
    }

    private static PathPattern Pattern(string text)
    {
        var pattern = PathPattern.Parse(text.TrimStart('='), below: text[0] != '=', out var problem);
        Assert.Equal("", problem);
        return pattern!;
    }

    private static IntegrityPolicy Policy(string text)
    {
        var problems = new List<Diagnostic>();
        var policy = PolicyReader.Read("p.yaml", Encoding.UTF8.GetBytes(text), problems);
        Assert.Empty(problems);
        return policy!;
    }
}
