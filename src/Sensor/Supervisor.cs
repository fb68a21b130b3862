using System.Runtime.InteropServices;
using HyperSpector.Api.Plans;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Sensor;

/// <summary>
/// Keeps the commands of a plan running. One thread sleeps in poll(2) on the children's output and on a wake-up; as the first
/// process of its PID namespace it also reaps what others leave behind.
/// </summary>
internal sealed class Supervisor : IDisposable
{
    private const int SIGKILL = 9;
    private const int SIGTERM = 15;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    // An IDS that writes 64 MiB in this time passes its limit by as much.
    private static readonly TimeSpan RotationInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock;
    private readonly EventFd _wake = new();
    private readonly List<Service> _services;
    private readonly List<(SensorOutput Output, Rotation Rotation)> _rotations;
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly LineOutput _output = new(new FileDescriptor(1));
    private readonly PollSet _set = new();
    private readonly AutoResetEvent _reaped = new(false);
    private volatile bool _stopping;

    internal Supervisor(SensorPlan plan, TimeProvider clock)
    {
        _clock = clock;
        _rotations = [.. plan.Outputs.Select(o => (o, new Rotation(o)))];
        _services = [.. plan.Commands.Select(command => new Service(command, plan, _output, clock))];
    }

    /// <summary>Until SIGTERM or SIGINT; then the commands get SIGTERM and ten seconds.</summary>
    internal void Run()
    {
        // A signal reaches the first process of a PID namespace only if it has a handler for it (pid_namespaces(7)).
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
        var watch = new Thread(WatchChildren, 128 * 1024) { IsBackground = true, Name = "children" };
        watch.Start();
        while (!_stopping)
        {
            foreach (var service in _services)
                service.StartIfDue();
            Rotate();
            var wait = _services.Select(s => s.StartsIn).Min();
            Wait(_rotations.Count > 0 && (wait is null || wait > RotationInterval) ? RotationInterval : wait);
        }

        foreach (var service in _services)
            service.Signal(SIGTERM);
        var since = _clock.GetTimestamp();
        while (_services.Exists(s => s.Runs) && _clock.GetElapsedTime(since) < StopLimit)
            Wait(StopLimit - _clock.GetElapsedTime(since));
        foreach (var service in _services)
            service.Signal(SIGKILL);
        foreach (var service in _services)
            service.ReadOutput();
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        foreach (var service in _services)
            service.Dispose();
        // Not _wake and _reaped: the watching thread uses them to the end of the process.
    }

    private void Rotate()
    {
        foreach (var (output, rotation) in _rotations)
        {
            if (!rotation.TryRotate() || output.Signal == 0)
                continue;
            foreach (var service in _services.Where(s => output.Commands.Contains(s.Name)))
                service.Signal(output.Signal);
        }
    }

    private void Wait(TimeSpan? timeout)
    {
        _set.Clear();
        var wake = _set.Add(_wake.Descriptor);
        foreach (var service in _services)
            service.AddTo(_set);
        // All that had ended was reaped in the last turn, and what is to run has been started.
        _ = _reaped.Set();
        _ = _set.Wait(timeout);
        if (_set.IsReady(wake))
            _wake.Reset();
        foreach (var service in _services)
            service.ReadOutput();
        while (Reaping.TryReapAny() is { } ended)
            _services.Find(s => s.Pid == ended.Pid)?.Ended(ended.Status);
    }

    // Not by SIGCHLD: the runtime's own handler of it reaps every child, and nobody would learn how it ended.
    private void WatchChildren()
    {
        while (true)
        {
            if (Reaping.WaitForAny())
                _wake.Set();
            _ = _reaped.WaitOne();
        }
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stopping = true;
        _wake.Set();
    }
}
