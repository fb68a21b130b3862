using HyperSpector.Tests.Kit.Hosts;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Conformance.Packs;

/// <summary>Three small server VMs, one of which has ended, and one IDS VM with every pack that checks files.</summary>
public sealed class FilePacksSite : IDisposable
{
    /// <summary>"Not now": another check runs, or the server does not.</summary>
    public const int NotNow = 75;

    // The first checks come with the start; what follows them is mostly started by hand, since a second one of the schedule says nothing more.
    private const string Site = """
        servers:
          web: {base: BASE, run: [/bin/sleep, infinity]}
          db: {base: BASE, run: [/bin/sleep, infinity]}
          ended: {base: BASE, run: [/bin/true], restart: no}
        environments:
          edge:
            watch: [web, db, ended]
            base: host
            packs: [aide, chkrootkit, clamav, tripwire, yara, {name: integrity, options: {every: 2s, full: 1h}}]
        """;

    public FilePacksSite()
    {
        try
        {
            var root = $"{Host.Prefix}/tiny";
            TinyRoot.Make(root, "cp");
            foreach (var inner in (string[])["var/log", "var/tmp", "var/www", "usr/lib", "usr/sbin", "home"])
                _ = Directory.CreateDirectory($"{root}/{inner}");
            Host.Up(Site.Replace("BASE", root, StringComparison.Ordinal));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TestHost Host { get; } = new();

    public void Dispose() => Host.Dispose();

    /// <summary>Does something in a VM, as its root.</summary>
    public string Do(string machine, string script)
    {
        var result = Host.Exec(machine, "/bin/sh", "-c", script);
        Assert.True(result.Status.ShellCode == 0, $"{machine}: {script}: {result.Status} {result.Output} {result.Error}");
        return result.Output;
    }

    /// <summary>Checks a server by a pack's command, as soon as no other check runs; returns how it ended.</summary>
    public int Check(string pack, string server, params string[] mode)
    {
        int? status = null;
        Eventually($"{pack} checks {server}", () =>
            (status = Host.Exec("edge", [$"/opt/hyperspector/{pack}", .. mode, server]).Status.ShellCode) != NotNow);
        return status!.Value;
    }

    /// <summary>What a pack has told of a server.</summary>
    public string[] Told(string pack, string server) =>
        [.. Host.Alerts().Where(e => e.Sensor == pack && e.Summary.StartsWith($"{server}: ", StringComparison.Ordinal))
            .Select(e => e.Summary[(server.Length + 2)..])];

    /// <summary>Waits until a pack has told something of a server that begins like this.</summary>
    public void WaitFor(string pack, string server, string text) =>
        Eventually($"{pack} says of {server}: {text}", () => Told(pack, server).Any(t => t.StartsWith(text, StringComparison.Ordinal)));

    private void Eventually(string what, Func<bool> condition)
    {
        for (var i = 0; i < 300; i++)
        {
            if (condition())
                return;
            Thread.Sleep(200);
        }

        var told = string.Join('\n', Host.Alerts().Select(e => $"{e.Sensor}: {e.Summary}").TakeLast(40));
        var log = Host.Hyperspector("logs", "edge").Output;
        Assert.Fail($"not within a minute: {what}\nevents:\n{told}\nlog:\n{log[^Math.Min(4000, log.Length)..]}");
    }
}
