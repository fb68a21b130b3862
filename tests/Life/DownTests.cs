using HyperSpector.Tests.Kit.Hosts;
using Xunit;

// These compare what the whole machine has before and after, or bring it under load.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace HyperSpector.Tests.Life;

public class DownTests
{
    [Fact]
    public void Down_AfterUp_LeavesNothing()
    {
        using var host = new TestHost();
        var before = Machine.Snapshot();
        host.Up(Sites.Counting(host));
        Assert.NotEqual(before, Machine.Snapshot());
        Assert.Equal(0, host.Exec("web", "true").Status.ShellCode);

        host.Down();
        host.StopDaemon();

        Assert.Equal("", string.Join('\n', host.Leftovers()));
        Assert.Equal(before, Machine.Snapshot());
    }

    [Fact]
    public void Down_Keep_KeepsWhatBothVmsHaveWritten()
    {
        using var host = new TestHost();
        var site = Sites.Counting(host);
        host.Up(site);
        foreach (var vm in (string[])["web", "edge"])
            Assert.Equal(0, host.Exec(vm, "sh", "-c", "echo kept > /opt/mine").Status.ShellCode);

        Assert.True(host.Hyperspector("down", "--keep").Status.Succeeded);
        host.Up(site);

        foreach (var vm in (string[])["web", "edge"])
            Assert.Equal("kept\n", host.Exec(vm, "cat", "/opt/mine").Output);
    }

    [Fact]
    public void Up_ThatCannotFinish_LeavesNothing()
    {
        using var host = new TestHost();
        host.StartDaemon();
        host.StopDaemon();
        var before = Machine.Snapshot();
        host.StartDaemon();
        var file = Path.Join(host.Prefix, "bad.yaml");
        File.WriteAllText(file, """
            servers:
              good:
                base: host
                run: [/bin/sleep, "1000"]
              bad:
                base: host
                run: [/no/such/program]
            """);

        var result = host.Hyperspector("up", "-f", file);

        Assert.Equal(1, result.Status.ShellCode);
        Assert.Contains("/no/such/program", result.Error, StringComparison.Ordinal);
        host.StopDaemon();
        Assert.Equal("", string.Join('\n', host.Leftovers()));
        Assert.Equal(before, Machine.Snapshot());
    }

    [Fact]
    public void Up_Again_ChangesNothing()
    {
        using var host = new TestHost();
        var site = Sites.Counting(host);
        host.Up(site);
        var pids = host.Ps().Select(m => (m.Name, m.Pid)).ToList();

        host.Up(site);

        Assert.Equal(pids, host.Ps().Select(m => (m.Name, m.Pid)));
    }

    [Fact]
    public void Up_OfWhatHasEnded_StartsItAgain()
    {
        using var host = new TestHost();
        const string site = """
            servers:
              once:
                base: host
                run: [/bin/sleep, "1000"]
                restart: no
            """;
        host.Up(site);
        var first = host.Ps().Single().Pid!.Value;
        using (var process = Linux.Handles.PidFd.TryOpen(first))
            Assert.True(process!.Signal(9));
        for (var attempt = 0; attempt < 600 && host.Ps().Single().State == "running"; attempt++)
            Thread.Sleep(50);
        Assert.NotEqual("running", host.Ps().Single().State);

        host.Up(site);

        Assert.Equal("running", host.Ps().Single().State);
        Assert.NotEqual(first, host.Ps().Single().Pid);
    }

    [Fact]
    public void Up_WithOtherPorts_KeepsTheServerRunning()
    {
        using var host = new TestHost();
        var site = Sites.Counting(host);
        host.Up(site);
        var pids = host.Ps().Select(m => (m.Name, m.Pid)).ToList();

        host.Up(site.Replace("8080:80", "8081:80", StringComparison.Ordinal));

        Assert.Equal(pids, host.Ps().Select(m => (m.Name, m.Pid)));
        Assert.True(Web.Answers(host, 8081));
        Assert.False(Web.Answers(host, 8080));
    }

    [Fact]
    public void Up_ThatFailsOnARunningSite_GoesBackToIt()
    {
        using var host = new TestHost();
        var site = Sites.Counting(host);
        host.Up(site);
        var file = Path.Join(host.Prefix, "bad.yaml");
        File.WriteAllText(file, site.Replace("/usr/bin/python3", "/no/such/program", StringComparison.Ordinal));

        Assert.Equal(1, host.Hyperspector("up", "-f", file).Status.ShellCode);

        Assert.Equal(["web", "edge"], host.Ps().Where(m => m.State == "running").Select(m => m.Name));
        Assert.True(Web.Answers(host, 8080));
    }
}
