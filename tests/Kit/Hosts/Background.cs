using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Hosts;

/// <summary>A program that runs beside a test (a listener, a capture); ended, by its pid, when disposed.</summary>
public sealed class Background : IDisposable
{
    private const int SIGTERM = 15;
    private const int SIGKILL = 9;
    private readonly string _output = Path.GetTempFileName();
    private readonly ChildProcess _process;

    /// <summary>Starts a program; what it writes goes to a file (<see cref="Output"/>).</summary>
    public Background(string program, IReadOnlyList<string> arguments)
    {
        using var output = File.OpenHandle(_output, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        using var none = File.OpenHandle("/dev/null");
        _process = Spawn.Start(new SpawnRequest
        {
            Program = Tool.Find(program) ?? throw new IOException($"{program} is not installed"),
            Arguments = arguments,
            Descriptors = [(0, none), (1, output), (2, output)],
            NewSession = true,
        });
    }

    /// <summary>Its pid (nsenter becomes the program, so it is the program's).</summary>
    public int Pid => _process.Pid;

    /// <summary>Has it ended?</summary>
    public bool HasEnded => _process.PidFd.HasEnded;

    /// <summary>What it has written so far.</summary>
    public string Output => File.ReadAllText(_output);

    /// <summary>Waits until it has written something that contains <paramref name="text"/>.</summary>
    /// <exception cref="IOException">It ended, or half a minute passed.</exception>
    public void WaitFor(string text)
    {
        for (var i = 0; i < 600; i++)
        {
            if (Output.Contains(text, StringComparison.Ordinal))
                return;
            if (_process.PidFd.WaitForEnd(TimeSpan.FromMilliseconds(50)) && !Output.Contains(text, StringComparison.Ordinal))
                break;
        }

        throw new IOException($"no '{text}' from pid {Pid}, which has {(HasEnded ? "ended" : "gone silent")}: {Output}");
    }

    /// <summary>Waits for its end.</summary>
    public bool WaitForEnd(TimeSpan limit) => _process.PidFd.WaitForEnd(limit);

    /// <summary>Asks it to end (SIGTERM, then SIGKILL) and reaps it; what it wrote stays readable.</summary>
    public void Stop()
    {
        _ = _process.PidFd.Signal(SIGTERM);
        if (!_process.PidFd.WaitForEnd(TimeSpan.FromSeconds(3)))
            _ = _process.PidFd.Signal(SIGKILL);
        _ = _process.PidFd.WaitForEnd(Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        Stop();
        _ = _process.Wait(Timeout.InfiniteTimeSpan);
        _process.Dispose();
        File.Delete(_output);
    }
}
