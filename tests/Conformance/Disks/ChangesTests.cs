using System.Diagnostics;
using System.Globalization;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Conformance.Disks;

/// <summary><c>hyperspector changes</c>, of a server VM that nobody watches: once and live, running and ended.</summary>
public sealed class ChangesTests : IDisposable
{
    private const string Site = """
        servers:
          web:
            base: host
            run: [/bin/sh, -c, "while [ ! -e /root/end ]; do sleep 0.2; done"]
            restart: no
            tmpfs: [/srv/memory]
        """;

    private const string Program = "\"path\":\"/usr/bin/ldd\"";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Changes_OfTheServersRoot_AreTold_RunningOrEnded()
    {
        _host.Up(Site);
        Assert.Equal("", Changes("--since", Written(Changes("--json"))));

        // Rights, capabilities and lists of rights of what is copied up are what they were.
        Server("touch -d @1 /usr/bin/ldd && echo x >> /usr/sbin/nologin && chmod 700 /usr/bin/find && setcap cap_net_raw+ep /usr/bin/cat");
        Server("rm -r /usr/share/perl && mv /usr/share/doc/tar /usr/share/doc/moved && mkdir -p '/srv/a\nb' && touch \"$(printf '/srv/\\377')\" /srv/memory/x");
        Server("setfacl -m u:33:r /usr/bin/tar && chmod 711 /usr/bin/ls && chmod 755 /usr/bin/ls");
        string[] expected =
        [
            "added     directory  /srv/a\\x0ab", "added     file       /srv/\\xff", "added     directory  /usr/share/doc/moved",
            "changed   file       /usr/bin/cat  (attributes)", "changed   file       /usr/bin/find  (mode)", "changed   file       /usr/bin/ldd  (modified)",
            "changed   file       /usr/sbin/nologin  (content, modified)", "mount     directory  /srv/memory  (not compared: it has no base)",
            "removed   directory  /usr/share/doc/tar", "removed   directory  /usr/share/perl",
        ];
        var told = Changes().Split('\n');
        Assert.Equal([], expected.Except(told));
        Assert.DoesNotContain(told, line => line.EndsWith("/usr/bin/ls", StringComparison.Ordinal) || line.Contains("/usr/bin/ls ", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("changed   file       /usr/bin/tar  (", StringComparison.Ordinal));
        Assert.DoesNotContain("/srv/memory/x", Changes(), StringComparison.Ordinal);
        Assert.Contains("added     file       /srv/memory/x", Changes("--mounts"), StringComparison.Ordinal);
        Assert.Equal("changed   file       /usr/bin/ldd  (modified)\n", Changes("/usr/bin/ldd"));

        Changes("--record", "before");
        Server("echo more > /srv/more && touch /root/end");
        Eventually(() => _host.Ps().Single().State != "running");
        // What it wrote lies there without a mount.
        Eventually(() => _host.Hyperspector("changes", "web", "/srv/more").Output == "added     file       /srv/more\n");
        Assert.Equal([], expected.Except(Changes().Split('\n')).Where(l => !l.StartsWith("mount", StringComparison.Ordinal)));
        var since = Changes("--since", "before");
        Assert.Contains("added     file       /srv/more\n", since, StringComparison.Ordinal);
        Assert.DoesNotContain("/usr/", since, StringComparison.Ordinal);

        // And it starts again: nobody holds its disk.
        _host.Up(Site.Replace("/root/end", "/root/another", StringComparison.Ordinal));
        Assert.Equal("running", _host.Ps().Single().State);
    }

    [Fact]
    public void ChangedProgram_IsToldAtOnce_ByAProcessThatEndsWithItsClient()
    {
        _host.Up(Site);
        using var client = _host.StartInBase(_host.Command("changes", "web", "-f", "--json"));
        client.WaitFor("\"kind\":\"end\"");
        var process = Assert.Single(Listers());
        // Confined: one capability, one filter, no root.
        var status = File.ReadAllText($"/proc/{process}/status");
        Assert.Contains("CapEff:\t0000000000000004\n", status, StringComparison.Ordinal);
        Assert.Contains("CapBnd:\t0000000000000004\n", status, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2\n", status, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1\n", status, StringComparison.Ordinal);
        Assert.DoesNotContain("Uid:\t0\t", status, StringComparison.Ordinal);

        Server("echo evil >> /usr/bin/ldd");
        client.WaitFor(Program);
        var first = client.Output.LastIndexOf(Program, StringComparison.Ordinal);
        Server("echo more evil >> /usr/bin/ldd");
        Eventually(() => client.Output.LastIndexOf(Program, StringComparison.Ordinal) > first);

        client.Stop();
        Eventually(() => Listers().Count == 0);
    }

    [Fact]
    public void Follower_OfAServerThatIsTakenDown_IsToldSo()
    {
        _host.Up(Site);
        using var follower = _host.StartInBase(_host.Command("changes", "web", "-f", "--json"));
        follower.WaitFor("\"kind\":\"end\"");
        Assert.Contains("there is no VM 'wed'; did you mean 'web'?", _host.Hyperspector("changes", "wed").Error, StringComparison.Ordinal);
        Assert.Contains("must be a path in the server VM", _host.Hyperspector("changes", "web", "usr/bin").Error, StringComparison.Ordinal);
        _host.Down();
        Assert.True(follower.WaitForEnd(s_patience));
        Assert.Contains("web: is being started or taken down", follower.Output, StringComparison.Ordinal);
        Assert.Empty(Listers());
    }

    // The daemon's children that list changes.
    private IReadOnlyList<int> Listers() =>
        [.. Directory.GetDirectories("/proc").Where(IsLister).Select(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture))];

    private bool IsLister(string directory)
    {
        try
        {
            return File.ReadAllText($"{directory}/cmdline").Contains("\0--confined\0changes\0", StringComparison.Ordinal)
                && File.ReadAllText($"{directory}/status").Contains($"PPid:\t{_host.DaemonPid}\n", StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private string Changes(params string[] arguments)
    {
        var result = _host.Hyperspector(["changes", "web", .. arguments]);
        Assert.True(result.Status.Succeeded, $"{result.Error}\n{_host.DaemonLog}");
        return result.Output;
    }

    private string Written(string state)
    {
        var file = $"{_host.Prefix}/state";
        File.WriteAllText(file, state);
        return file;
    }

    private void Server(string script)
    {
        var result = _host.Exec("web", "/bin/sh", "-c", script);
        Assert.True(result.Status.Succeeded, $"{script}: {result.Error}");
    }

    private static void Eventually(Func<bool> holds)
    {
        var started = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < s_patience, "it never came true");
            Thread.Sleep(50);
        }
    }
}
