using System.Globalization;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Conformance.Disks;

/// <summary>
/// Unmodified programs say the same of a server VM's files in the IDS VM as in the server VM itself (DISK-1, MOD-6), before and after the
/// server's root has changed whatever can be changed. Inode numbers are the server's in its first mount, and unique beyond it.
/// </summary>
public sealed class EquivalenceTests : IDisposable
{
    private const string Site = """
        servers:
          web:
            base: host
            run: [/bin/sleep, infinity]
            tmpfs: [/srv/memory]
        environments:
          edge:
            watch: [web]
            base: host
            run: [/bin/sleep, infinity]
        """;

    private const string View = "/.serverfs";

    // Everything but what only the server VM has, being made at its start: /proc, /sys, /dev.
    private const string Listing =
        "find usr etc root srv var home opt -printf '%p|%y|%m|%n|%U|%G|%s|%b|%T@|%C@|%l\\n' | sort";

    // Without times of access: a native run moves them itself, between the two names of a hard link, too; one in the view does not.
    private const string Archive =
        "tar --sort=name --pax-option=delete=atime --xattrs --acls --numeric-owner -cf - usr/share/man usr/share/doc usr/include usr/share/perl etc root srv var 2>&1 | sha256sum";

    private const string Attributes = "getfattr -R -h -d -m - usr/bin usr/sbin usr/share/perl etc srv root 2>&1 | sha256sum";
    private const string Contents = "find usr/share/perl usr/sbin srv etc -type f -print0 | sort -z | xargs -0 sha256sum";
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Programs_InTheIdsVm_SayWhatTheySayInTheServer()
    {
        _host.Up(Site);
        Assert.True(Count(View) >= 50_000, $"too few files to mean something: {Count(View)}");
        Compare();

        // What AIDE and Tripwire look at, and what overlayfs does to it: copies, whiteouts, redirects, links, owners, lists of rights.
        Server("mkdir -p /srv/tree && cp -a /usr/share/perl/. /srv/tree && cp -a /usr/bin/ls /srv/tree/ls && setcap cap_net_raw+ep /srv/tree/ls");
        Server("setfattr -n user.note -v kept /srv/tree/ls && setfacl -m u:33:r-x,g:1000:r-- /srv/tree/ls && echo text > /srv/memory/file");
        Server("cp /bin/true /usr/bin/new && chmod 4755 /usr/bin/new && rm /usr/bin/cal /usr/share/man/man1/ls.1.gz -f && mv /usr/share/doc/tar /srv/moved");
        Server("ln /srv/tree/ls /srv/linked && chown 1000:1000 /etc/passwd && truncate -s 1M /etc/sparse && mv /usr/share/perl /usr/share/renamed");
        Server("mv /usr/share/renamed /usr/share/perl && rm -rf /usr/include/linux && mkdir /usr/include/linux && echo only > /usr/include/linux/fs.h");
        _host.Deliver("web", "/root/worker.py", File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Disks/tree_worker.py")));
        foreach (var tree in (string[])["/srv/tree", "/usr/share/perl"])
            Server($"printf 'seed 7\\nchange 400\\n' | python3 /root/worker.py {tree}");
        Compare();
    }

    [Fact]
    public void View_CannotBeChanged_AndNothingOfTheServersIsLost()
    {
        _host.Up(Site);
        Server("mkdir -p /srv/precious && echo data > /srv/precious/file && mkfifo /srv/precious/fifo");
        // Without /usr, most of which is the base's, and may be upgraded beneath us.
        var listing = $"cd / && {Listing.Replace("usr ", "", StringComparison.Ordinal)}";
        var before = Text("web", listing);

        // EXP-3 of the paper, and as root of the IDS VM.
        foreach (var attempt in (string[])
            [
                $"rm -rf {View}/srv {View}/usr", $"echo x > {View}/srv/precious/file", $"touch {View}/new", $"chmod 777 {View}/srv/precious/file",
                $"mount -o remount,rw {View}", $"mv {View}/srv/precious/file {View}/srv/precious/other", $"setfattr -n user.x -v y {View}/srv/precious/file",
                $"ln {View}/srv/precious/file {View}/srv/precious/linked", $"truncate -s 0 {View}/srv/precious/file", $"{View}/usr/bin/true",
                $"timeout 2 cat {View}/srv/precious/fifo", $"umount {View} && ls {View}/srv", $"echo x > /.dserverfs/srv/precious/file",
            ])
        {
            Assert.NotEqual(0, _host.Exec("edge", "/bin/sh", "-c", attempt).Status.ShellCode);
        }

        Assert.Equal(before, Text("web", listing));
        Assert.Equal("data\n", Text("edge", $"cat {View}/srv/precious/file"));
        // The attempts mean something: where the files are one's own, they work.
        Server("rm -rf /srv/precious");
        Assert.NotEqual(0, _host.Exec("edge", "/bin/sh", "-c", $"cat {View}/srv/precious/file").Status.ShellCode);
        // A server VM has no such view (DISK-2).
        Assert.Equal("", Text("web", "ls -A /.serverfs /.dserverfs 2>/dev/null; true"));
    }

    [Fact]
    public void Changes_AreShownAlone_WithWhatTheyStandFor()
    {
        _host.Up(Site);
        Server("rm /usr/bin/tar && echo new > /srv/new && mkdir -p /srv/of/depth && echo changed >> /etc/motd");

        // A configuration layer's copy of a file is one that we made: not in the upper layer.
        var found = Text("edge", "cd /.dserverfs && find . -type f -o -type c | sort");
        Assert.Equal("./etc/motd\n./srv/new\n./usr/bin/tar\n", found);
        Assert.Equal("1", Attribute("/.dserverfs/usr/bin/tar", "whiteout"));
        Assert.Equal("upper", Attribute("/.serverfs/srv/new", "layer"));
        Assert.Equal("0", Attribute("/.serverfs/srv/new", "lower"));
        Assert.Equal("base", Attribute("/.serverfs/usr/bin/find", "layer"));
        Assert.Equal("1", Attribute("/.serverfs/usr/bin/find", "lower"));
        // Of all lower layers: the base's alone, which status shows, is a part of it.
        Assert.Matches(@"^[0-9a-f]{16}\z", Attribute("/.serverfs", "generation"));
        // Not /usr, which has layers of its own.
        Assert.DoesNotContain("/usr", Attribute("/.serverfs", "mounts"), StringComparison.Ordinal);
    }

    [Fact]
    public void View_OfAServerThatIsMadeAnew_ShowsTheNewOne()
    {
        _host.Up(Site);
        Server("echo first > /srv/life");
        Assert.Equal("first\n", Text("edge", $"cat {View}/srv/life"));
        _host.Up(Site.Replace("/bin/sleep, infinity]\n    tmpfs", "/bin/sleep, 100000]\n    tmpfs", StringComparison.Ordinal));
        Server("echo second > /srv/life");
        Assert.Equal("second\n", Text("edge", $"cat {View}/srv/life"));
    }

    private void Compare()
    {
        foreach (var command in (string[])[$"{Listing} | sha256sum", Archive, Attributes, $"{Contents} | sha256sum"])
        {
            var there = Text("edge", $"cd {View} && LC_ALL=C; export LC_ALL; {command}");
            var here = Text("web", $"cd / && LC_ALL=C; export LC_ALL; {command}");
            if (here != there)
                Explain(command);
            Assert.True(here == there, $"not the same in the end, and not told why: {command}");
        }
    }

    // Which line it is; a hash does not say.
    private void Explain(string command)
    {
        var whole = command.Replace(" | sha256sum", "", StringComparison.Ordinal);
        if (whole.StartsWith("tar", StringComparison.Ordinal))
            whole = "find usr/share/man usr/share/doc usr/include usr/share/perl etc root srv var -printf '%p %T@ %C@ %s %m\\n' | sort";
        var here = Text("web", $"cd / && LC_ALL=C; export LC_ALL; {whole}").Split('\n');
        var there = Text("edge", $"cd {View} && LC_ALL=C; export LC_ALL; {whole}").Split('\n');
        Assert.Equal(here.Except(there).Take(5), there.Except(here).Take(5));
    }

    private int Count(string root) => int.Parse(Text("edge", $"cd {root} && find usr etc root srv var | wc -l"), CultureInfo.InvariantCulture);

    private string Attribute(string path, string name) =>
        Text("edge", $"getfattr --only-values --absolute-names -h -n system.hyperspector.{name} {path}");

    private void Server(string script) => _ = Text("web", script);

    private string Text(string machine, string script)
    {
        var result = _host.Exec(machine, ["/bin/sh", "-c", script], "", TimeSpan.FromMinutes(5));
        Assert.True(result.Status.ShellCode == 0, $"{machine}: {script}: {result.Error}");
        return result.Output;
    }
}
