using HyperSpector.Api.Plans;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Sensor;

/// <summary>One command of the plan: its process, its output, and when it is due again.</summary>
internal sealed class Service : IDisposable
{
    private readonly SensorCommand _command;
    private readonly SensorPlan _plan;
    private readonly LineOutput _output;
    private readonly LinePrefix _lines;
    private readonly DueTime _due;
    private FileDescriptor? _pipe;
    private int _place = -1;
    private ChildProcess? _child;

    internal Service(SensorCommand command, SensorPlan plan, LineOutput output, TimeProvider clock)
    {
        _command = command;
        _plan = plan;
        _output = output;
        _lines = new LinePrefix(command.Name, output);
        _due = new DueTime(command.Every, clock);
    }

    /// <summary>Its process; 0 while there is none.</summary>
    internal int Pid => _child?.Pid ?? 0;

    internal bool Runs => _child is not null;

    /// <summary>When it is due; null while it runs.</summary>
    internal TimeSpan? StartsIn => Runs ? null : _due.Left;

    internal void StartIfDue()
    {
        if (StartsIn != TimeSpan.Zero)
            return;
        try
        {
            Start();
        }
        catch (KernelException failed)
        {
            Say($"cannot start: {failed.Message}");
            _due.CouldNotStart();
        }
    }

    internal void Ended(ExitStatus status)
    {
        // What it wrote last comes before the note that it has ended.
        ReadOutput();
        Say($"ended, {status}");
        _child!.Dispose();
        _child = null;
        _due.Ended(status);
    }

    internal string Name => _command.Name;

    internal void Signal(int signal) => _ = _child?.PidFd.Signal(signal);

    internal void AddTo(PollSet set) => _place = _pipe is null ? -1 : set.Add(_pipe);

    /// <summary>Hands on what it has written, a bounded share at a time.</summary>
    internal void ReadOutput()
    {
        if (_pipe is null)
            return;
        Span<byte> buffer = stackalloc byte[16 * 1024];
        for (var turn = 0; turn < 16; turn++)
        {
            var count = FileIo.TryRead(_pipe, buffer);
            if (count < 0)
                return;
            if (count == 0)
            {
                _lines.Finish();
                _pipe.Dispose();
                _pipe = null;
                return;
            }

            _lines.Append(buffer[..count]);
        }
    }

    public void Dispose()
    {
        _lines.Finish();
        _pipe?.Dispose();
        _child?.Dispose();
    }

    private void Start()
    {
        var (read, write) = Pipe.Create();
        using (write)
        {
            Pipe.MakeNonBlocking(read);
            // A grandchild that outlived its parent may still hold the old pipe: its words are not waited for.
            _pipe?.Dispose();
            _pipe = read;
            _child = Spawn.Start(new SpawnRequest
            {
                Program = _command.Arguments[0],
                Arguments = [.. _command.Arguments.Skip(1)],
                Environment = _plan.Environment is { } names ? [.. names.Select(n => $"{n.Key}={n.Value}")] : null,
                WorkingDirectory = _plan.WorkingDirectory,
                Descriptors = [(1, write), (2, write)],
                NewSession = true,
            });
        }

        _due.Started();
        Say($"started, pid {_child.Pid}");
    }

    private void Say(string what) => _output.Write($"hyperspector-sensor: {_command.Name}: {what}\n");
}
