using System.Diagnostics;
using System.Globalization;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Kernel.Mediator;

/// <summary>Keeper and monitor, as installed, over a run directory of their own.</summary>
internal sealed class MediatorHost : IDisposable
{
    internal const uint MonitorUser = 0x6fff_0000;
    private static int s_count;
    private PartProcess _keeper;

    internal MediatorHost()
    {
        var number = Interlocked.Increment(ref s_count);
        Paths = new MediatorPaths($"/var/tmp/hyperspector-mediator-{Environment.ProcessId}-{number}");
        _ = Directory.CreateDirectory(Paths.Directory, (UnixFileMode)0x1C0);
        _keeper = StartKeeper();
        Client = Connect();
    }

    internal MediatorPaths Paths { get; }

    internal KeeperClient Client { get; private set; }

    internal string Log => File.ReadAllText($"{Paths.Directory}/log");

    internal int KeeperPid => _keeper.Pid;

    /// <summary>Kills the keeper, as the kernel would.</summary>
    internal void KillKeeper()
    {
        _ = _keeper.Process.Signal(9);
        _ = _keeper.Process.WaitForEnd(Timeout.InfiniteTimeSpan);
        Assert.False(_keeper.IsAlive);
        _keeper.Dispose();
        Client.Dispose();
    }

    /// <summary>Starts another with the same arguments, as a daemon does.</summary>
    internal void StartAgain()
    {
        _keeper = StartKeeper();
        Client = Connect();
    }

    /// <summary>Ends the keeper as a daemon does.</summary>
    internal void StopKeeper() => _keeper.Stop(TimeSpan.FromSeconds(10));

    /// <summary>The monitor that serves now. A keeper takes connections before it has started one.</summary>
    internal PartProcess Monitor()
    {
        var pid = WaitFor(s => s.MonitorPid != 0).MonitorPid;
        return PartProcess.Find(Paths.MonitorPid) is { } monitor && monitor.Pid == pid
            ? monitor
            : throw new InvalidOperationException($"monitor {pid} is gone again\n{Log}");
    }

    internal void KillMonitor()
    {
        using var monitor = PartProcess.Find(Paths.MonitorPid);
        _ = monitor?.Process.Signal(9);
        _ = monitor?.Process.WaitForEnd(TimeSpan.FromSeconds(10));
    }

    internal Victim StartVictim(params IReadOnlyList<(int, System.Runtime.InteropServices.SafeHandle)> descriptors) =>
        new(Paths.SeccompSocket, descriptors);

    internal void Watch(Victim victim, BpfMap flag, int interfaceIndex)
    {
        Client.AddMirror(0, flag.Descriptor, interfaceIndex);
        using var diag = DiagSocket.Create(victim.Pid);
        Client.SetDiagSocket(diag);
    }

    internal ControlReply WaitFor(Func<ControlReply, bool> condition, double seconds = 60)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var status = Client.GetStatus();
            if (condition(status))
                return status;
            Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds < seconds, $"still {status}\n{Log}");
            Thread.Sleep(20);
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        if (_keeper.IsAlive)
            _keeper.Stop(TimeSpan.FromSeconds(10));
        KillMonitor();
        Directory.Delete(Paths.Directory, recursive: true);
    }

    private PartProcess StartKeeper() => PartProcess.Start(
        $"{TestHost.Programs}/hyperspector-keeper",
        [
            "--run", Paths.Directory, "--monitor", $"{TestHost.Programs}/hyperspector-monitor",
            "--uid", MonitorUser.ToString(CultureInfo.InvariantCulture),
        ],
        $"{Paths.Directory}/log");

    private KeeperClient Connect() => KeeperClient.Connect(Paths, TimeSpan.FromSeconds(60));
}
