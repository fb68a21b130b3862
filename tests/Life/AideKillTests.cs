using HyperSpector.Engine.Mediator;
using HyperSpector.Tests.Kit.Hosts;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>kill -9 of what serves the views, in the middle of AIDE's checks: each ends with the report of one that nobody disturbed.</summary>
public sealed class AideKillTests : IDisposable
{
    // The pack's own command. Of the report all but when it was, and the digests of the database's file. The last line: for us.
    private const string Check = """
        /opt/hyperspector/aide check web > /tmp/said 2>&1
        echo "$?" >> /tmp/said
        sed -e '/^Start timestamp/d' -e '/^The attributes of the/,$d' /var/lib/aide/web/report > /tmp/report
        echo "$(cat /tmp/said /tmp/report | sha256sum) $(tail -n 1 /tmp/said) $(grep -c ': /usr/share/files/' /tmp/report)"
        rm /var/lib/aide/web/report
        """;

    private readonly TestHost _host = new();
    private readonly Random _random = new(1999);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Views_KilledDuringChecks_EachReportIsTheSame()
    {
        MakeBase($"{_host.Prefix}/base");
        _host.Up($$$"""
            servers:
              web:
                base: {{{_host.Prefix}}}/base
                run: [/bin/sleep, infinity]
            environments:
              edge:
                watch: [web]
                run: [/bin/sleep, infinity]
                packs: [{name: aide, options: {every: 720h}}]
            """);
        // Its schedule begins with a database; the script's own lock tells when it is done.
        var made = _host.Exec(
            "edge", "sh", "-c", "cd /var/lib/aide; for i in $(seq 300); do [ -e web/lock ] && break; sleep 0.1; done; flock web/lock test -s web/aide.db");
        Assert.True(made.Status.Succeeded, made.Error);
        var changed = _host.Exec("web", "sh", "-c", """
            cd /usr/share/files && echo more >> d1/file-21 && rm d2/file-42 && chmod 600 d3/file-63 && echo new > d4/new && rm d5/file-5 && mkdir d5/file-5
            """);
        Assert.True(changed.Status.Succeeded, changed.Error);
        string undisturbed;
        using (var first = new Scans(_host, Check, 1))
            undisturbed = first.Results(1)[0];
        // Some were added, some removed, some changed: five files and the directories that they are in, those that changed with details besides.
        Assert.EndsWith("- 7 18", undisturbed, StringComparison.Ordinal);

        var views = new MediatorPaths(_host.Paths.MachineRun("edge")).ViewsPid;
        // AIDE's output, until it has ended.
        var running = $"/proc/{_host.Ps().Single(m => m.Name == "edge").Pid}/root/var/lib/aide/web/report.new";
        using var checks = new Scans(_host, Check, 10_000);
        for (var round = 0; round < Kills.Rounds; round++)
        {
            BeInTheMiddle(running);
            PartFinder.Kill(_host, views);
        }

        // One that began before the last kill, and one that began after it.
        var results = checks.Results(checks.Count + 2);
        Assert.All(results, result => Assert.Equal(undisturbed, result));
        _host.Down();
    }

    private void BeInTheMiddle(string running)
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            Thread.Sleep(_random.Next(0, 100));
            if (File.Exists(running))
                return;
        }

        Assert.Fail("no check has begun for a long time");
    }

    private static void MakeBase(string directory)
    {
        TinyRoot.Make(directory);
        var content = new byte[20_000];
        new Random(3).NextBytes(content);
        for (var i = 0; i < 3000; i++)
        {
            _ = Directory.CreateDirectory($"{directory}/usr/share/files/d{i % 20}");
            File.WriteAllBytes($"{directory}/usr/share/files/d{i % 20}/file-{i}", content[..(i * 6)]);
        }
    }
}
