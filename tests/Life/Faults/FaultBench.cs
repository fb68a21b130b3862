using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life.Faults;

/// <summary>A host of its own on which one step after another is tried; several work side by side.</summary>
internal sealed class FaultBench : IDisposable
{
    private readonly TestHost _host = new();
    private readonly Interposer _interposer;

    // What is known to be up and to work.
    private FaultSite.Shape? _up;

    internal FaultBench()
    {
        try
        {
            Site = new FaultSite(_host);
            _interposer = new Interposer(_host);
        }
        catch
        {
            _host.Dispose();
            throw;
        }
    }

    internal FaultSite Site { get; }

    /// <summary>What the last daemon with the interposer did.</summary>
    internal IReadOnlyList<string> Steps => _interposer.Steps;

    internal string DaemonLog => _host.DaemonLog;

    public void Dispose() => _host.Dispose();

    internal bool Up(FaultSite.Shape shape)
    {
        var file = $"{_host.Prefix}/fault.yaml";
        File.WriteAllText(file, shape.Yaml);
        return _host.Hyperspector("up", "-f", file).Status.Succeeded;
    }

    internal bool Down() => _host.Hyperspector("down").Status.Succeeded;

    /// <summary>Up, without a daemon afterwards: the next one takes over.</summary>
    internal void UpAndLeave(FaultSite.Shape shape)
    {
        if (_up != shape)
            _host.Up(shape.Yaml);
        _host.StopDaemon();
    }

    /// <summary>Nothing is there.</summary>
    internal void Clean()
    {
        if (_up is not null)
            Undo();
    }

    /// <summary>Runs an operation by a daemon of its own that dies at a step; false: it did not come so far, and all went well.</summary>
    /// <param name="step">0: at none.</param>
    /// <param name="operation">False: it failed.</param>
    internal bool IsKilledAt(int step, Func<FaultBench, bool> operation)
    {
        bool done;
        _up = null;
        try
        {
            _host.StartDaemon(_interposer.KillAt(step));
            done = operation(this);
        }
        catch (IOException) when (_host.DaemonPid is null)
        {
            // It died while it was taking over.
            done = false;
        }

        // The one who asked sees the connection's end a moment before the daemon's.
        for (var attempt = 0; attempt < 1000 && !done && _host.DaemonPid is not null; attempt++)
            Thread.Sleep(10);
        var killed = _host.DaemonPid is null;
        Assert.True(killed || done, $"failed at step {step} without having been killed\n{_host.DaemonLog}");
        _host.StopDaemon();
        return killed;
    }

    /// <summary>The next daemon finishes what the dead one began.</summary>
    internal void Finish(FaultSite.Shape shape)
    {
        _host.Up(shape.Yaml);
        FaultSite.AssertWorks(_host, shape);
        _up = shape;
    }

    /// <summary>The next daemon takes everything down, and nothing is left.</summary>
    internal void Undo()
    {
        _host.StartDaemon();
        _host.Down();
        _host.StopDaemon();
        _up = null;
        var left = _host.Leftovers();
        Assert.True(left.Count == 0, $"left behind:\n{string.Join('\n', left)}\n{_host.DaemonLog}");
    }
}
