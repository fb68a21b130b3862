using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>
/// Stopped and continued, as a debugger, a freezer or a host that is suspended does it: the kernel lets a wait with a time limit go on by
/// restart_syscall(2), which a filter must admit. Each process of ours is the same one afterwards, and does its work.
/// </summary>
public class PauseTests
{
    private const int SIGCONT = 18, SIGSTOP = 19;

    [Fact]
    public void ProcessesOfOurs_ThatAreStoppedAndContinued_GoOn()
    {
        using var host = new TestHost();
        host.Up("""
            servers:
              web: {run: [/bin/sleep, infinity]}
            environments:
              edge: {watch: [web], run: [/bin/sleep, infinity]}
            """);
        var files = PartFinder.PidFiles(host);
        var before = files.ToDictionary(f => f, f => File.ReadAllText(f));

        for (var round = 0; round < 3; round++)
        {
            foreach (var file in files)
            {
                using var part = PartFinder.WaitFor(host, file);
                _ = part.Process.Signal(SIGSTOP);
                Thread.Sleep(20);
                _ = part.Process.Signal(SIGCONT);
            }

            Thread.Sleep(300);
        }

        Assert.All(before, file => Assert.Equal(file.Value, File.ReadAllText(file.Key)));
        Assert.Equal("web\n", host.Exec("edge", "cat", "/.serverfs/etc/hostname").Output);
    }
}
