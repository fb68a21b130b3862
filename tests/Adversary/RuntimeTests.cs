using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>Holes that OCI runtimes have had: what root in a VM prepares for the next command of the administrator, or the next start.</summary>
public sealed class RuntimeTests(RuntimeHost site) : IClassFixture<RuntimeHost>
{
    /// <summary>In this order: root inside may well keep its own VM from starting again.</summary>
    [Theory]
    [InlineData(RuntimeHost.Server)]
    [InlineData(RuntimeHost.Ids)]
    public void Runtime_ThatMeetsWhatRootInsidePrepared_ReachesNothingOutside(string machine)
    {
        ExecInADirectoryThatTheRuntimeHasOpen(machine);
        StartAfterLinksWerePutInItsWay(machine);
    }

    private void ExecInADirectoryThatTheRuntimeHasOpen(string machine)
    {
        // Control: a process that has a directory of the base open, and begins there.
        var native = Tool.Run("bash", ["-c", $"exec 9</; cd /proc/self/fd/9 && cat .{site.SecretFile}"]);
        var planted = site.Host.Exec(machine, "sh", "-c", "for n in 3 4 5 6 7 8 9 10 11 12; do ln -sfn /proc/self/fd/$n /tmp/work$n; done");
        Assert.True(planted.Status.Succeeded, planted.ToString());
        var said = new List<string>();
        for (var number = 3; number <= 12; number++)
        {
            // By its own name, and by a link that the VM has in the place of a directory.
            var directory = number % 2 == 0 ? $"/proc/self/fd/{number}" : $"/tmp/work{number}";
            var result = site.Host.Hyperspector(
                "exec", "-w", directory, machine, "--", "sh", "-c", $"cat .{site.SecretFile} ../../../../../../../../..{site.SecretFile}; pwd");
            said.Add($"{result.Output} {result.Error}".Trim());
        }

        var broken = said.Any(s => s.Contains(site.Secret, StringComparison.Ordinal));
        Log(SpecialAttacks.WorkDirectory, machine, native.Output.Contains(site.Secret, StringComparison.Ordinal), broken, string.Join("; ", said.Distinct()));
        Assert.False(broken, string.Join('\n', said));
    }

    private void StartAfterLinksWerePutInItsWay(string machine)
    {
        // Control: what makes mount points as root, by path, makes them wherever a link leads.
        var naive = Directory.CreateTempSubdirectory("hyperspector-links").FullName;
        var native = Tool.Run("sh", ["-c", $"mkdir {naive}/root {naive}/out && ln -s {naive}/out {naive}/root/site && mkdir {naive}/root/site/x && ls {naive}/out"]);
        Directory.Delete(naive, recursive: true);

        var before = Pid(machine);
        // The parent of a mount point may be renamed while it is mounted on; then a link takes its place, absolute and with many "..".
        var climb = string.Concat(Enumerable.Repeat("../", 24));
        var planted = site.Host.Exec(
            machine, "sh", "-c",
            $"mv /srv/site /srv/old && ln -s {climb}{site.Outside[1..]} /srv/site && rm -rf /srv/work && ln -s /proc/self/fd/7 /srv/work && : > /root/stop");
        Assert.True(planted.Status.Succeeded, planted.ToString());
        var status = After(machine, before);
        var got = site.Host.Exec(machine, "sh", "-c", "cat /root/got; ls -l /srv/site/ /srv/site/x").Output;

        var made = Directory.EnumerateFileSystemEntries(site.Outside).Select(Path.GetFileName).ToList();
        var broken = made.Count > 0 || got.Contains(site.Secret, StringComparison.Ordinal) || Directory.EnumerateFileSystemEntries(site.Volume).Count() != 1;
        Log(SpecialAttacks.VolumeTarget, machine, native.Output.Trim() == "x", broken, $"made outside: {string.Join(' ', made)}; {status}");
        Assert.False(broken, $"outside: {string.Join(' ', made)}; {got}");
    }

    /// <summary>Once the VM has been started anew, or its start has been refused.</summary>
    private string After(string machine, int before)
    {
        for (var i = 0; i < 300; i++)
        {
            var now = site.Host.Ps().Single(m => m.Name == machine);
            if (now.Pid is { } pid && pid != before)
                return "started anew";
            if (now.Problem is { Length: > 0 } problem)
                return $"not started: {problem}";
            Thread.Sleep(200);
        }

        throw new IOException($"{machine} was neither started anew nor refused within a minute: {site.Host.DaemonLog}");
    }

    private int Pid(string machine) => site.Host.Ps().Single(m => m.Name == machine).Pid ?? throw new IOException($"{machine} does not run");

    private static void Log(Harness.Attack attack, string machine, bool worked, bool broken, string result)
    {
        AttackLog.Write(
            attack, machine, new Outcome(worked ? "succeeded" : "failed", "", null), $"{(broken ? "succeeded" : "refused")}: {result}",
            broken ? "broken" : worked ? "held" : "unproven");
        Assert.True(worked, "the control did not work, so the attack proves nothing");
    }
}
