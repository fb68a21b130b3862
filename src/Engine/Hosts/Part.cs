using System.Globalization;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// One of our long-lived programs (keeper, monitor, reader): it outlives who started it, and is found again by a file that holds
/// <c>pid starttime</c>. The start time makes sure that it is the same process and not a later one with the same pid.
/// </summary>
public sealed class PartProcess : IDisposable
{
    private const int SIGTERM = 15;
    private const int SIGKILL = 9;
    private readonly ChildProcess? _child;
    private readonly string? _pidFile;

    private PartProcess(PidFd process, ChildProcess? child, string? pidFile)
    {
        Process = process;
        _child = child;
        _pidFile = pidFile;
    }

    /// <summary>The process; its end can be waited for.</summary>
    public PidFd Process { get; }

    /// <summary>Its pid.</summary>
    public int Pid => Process.Pid;

    /// <summary>True while it runs. A child of ours that has ended is reaped.</summary>
    public bool IsAlive
    {
        get
        {
            if (!Process.HasEnded)
                return true;
            _ = TryReap(TimeSpan.Zero);
            return false;
        }
    }

    /// <summary>
    /// Starts a program of ours in a session of its own, with standard error appended to <paramref name="logFile"/> and nothing
    /// else open. With a <paramref name="pidFile"/> it can be found again; keepers and readers write their own.
    /// </summary>
    /// <param name="program">Name beside the running program, or an absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="logFile">Made with mode 0600.</param>
    /// <param name="pidFile">Where to note it, or null.</param>
    /// <param name="descriptors">What it inherits besides.</param>
    public static PartProcess Start(
        string program, IReadOnlyList<string> arguments, string logFile, string? pidFile = null,
        IReadOnlyList<(int Target, System.Runtime.InteropServices.SafeHandle Descriptor)>? descriptors = null)
    {
        using var log = new FileStream(logFile, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var child = Spawn.Start(new SpawnRequest
        {
            Program = Path.Combine(AppContext.BaseDirectory, program),
            Arguments = arguments,
            Descriptors = [(0, nothing), (1, log.SafeFileHandle), (2, log.SafeFileHandle), .. descriptors ?? []],
            NewSession = true,
            WorkingDirectory = "/",
        });
        try
        {
            if (pidFile is not null)
                WritePidFile(pidFile, child.Pid);
            return new PartProcess(child.PidFd, child, pidFile);
        }
        catch
        {
            _ = child.PidFd.Signal(SIGKILL);
            _ = child.Wait(Timeout.InfiniteTimeSpan);
            child.Dispose();
            throw;
        }
    }

    /// <summary>The living process that a pid file names, or null. The file may be missing, torn or stale.</summary>
    public static PartProcess? Find(string pidFile)
    {
        if (!TryRead(pidFile, out var pid, out var startTime))
            return null;
        // Opened first and compared afterwards: once we hold the pidfd the pid cannot change hands unnoticed.
        var process = PidFd.TryOpen(pid);
        if (process is null)
            return null;
        if (ProcStat.Read(pid)?.StartTime == startTime && !process.HasEnded)
            return new PartProcess(process, null, pidFile);
        process.Dispose();
        return null;
    }

    /// <summary>
    /// Does it run the program file that is installed now? After an upgrade another file bears the name; the old one, which the process
    /// runs on, keeps its inode, and no new file gets that number meanwhile.
    /// </summary>
    /// <param name="program">Name beside the running program, or an absolute path.</param>
    public bool Runs(string program)
    {
        try
        {
            using var running = Files.OpenPath($"/proc/{Pid}/exe");
            using var installed = Files.OpenPath(Path.Combine(AppContext.BaseDirectory, program));
            var (one, other) = (NodeStatus.Of(running), NodeStatus.Of(installed));
            return one.Inode == other.Inode && one.Device == other.Device;
        }
        catch (KernelException)
        {
            // It has ended, or our own programs are being replaced at this moment: nothing to be replaced by.
            return true;
        }
    }

    /// <summary>Ends it at once, without a chance to clean up.</summary>
    public void Kill()
    {
        _ = Process.Signal(SIGKILL);
        _ = Process.WaitForEnd(Timeout.InfiniteTimeSpan);
        _ = TryReap(Timeout.InfiniteTimeSpan);
    }

    /// <summary>Notes a process (ours by default) in a file, atomically.</summary>
    public static void WritePidFile(string pidFile, int? pid = null)
    {
        var number = pid ?? Environment.ProcessId;
        var stat = ProcStat.Read(number) ?? throw new KernelException("open", Errno.ESRCH, $"/proc/{number}/stat");
        var temporary = $"{pidFile}.new";
        File.WriteAllText(temporary, string.Create(CultureInfo.InvariantCulture, $"{number} {stat.StartTime}\n"));
        File.Move(temporary, pidFile, overwrite: true);
    }

    /// <summary>Reads a pid file; false if it is missing or malformed.</summary>
    public static bool TryRead(string pidFile, out int pid, out ulong startTime)
    {
        (pid, startTime) = (0, 0);
        string text;
        try
        {
            text = File.ReadAllText(pidFile);
        }
        catch (IOException)
        {
            return false;
        }

        var words = text.Split(' ');
        return words.Length == 2 && text.EndsWith('\n')
            && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out pid) && pid > 0
            && ulong.TryParse(words[1].AsSpan().TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out startTime);
    }

    /// <summary>Ends it: politely, after <paramref name="grace"/> by SIGKILL; returns when it is gone, its pid file removed.</summary>
    public void Stop(TimeSpan grace)
    {
        if (Process.Signal(SIGTERM) && !Process.WaitForEnd(grace))
        {
            _ = Process.Signal(SIGKILL);
            _ = Process.WaitForEnd(Timeout.InfiniteTimeSpan);
        }

        _ = TryReap(Timeout.InfiniteTimeSpan);
        // Gone already where the VM's run directory went first.
        if (File.Exists(_pidFile))
            File.Delete(_pidFile);
    }

    /// <inheritdoc/>
    public void Dispose() => Process.Dispose();

    private ExitStatus? TryReap(TimeSpan limit)
    {
        try
        {
            return _child?.Wait(limit);
        }
        catch (KernelException reaped) when (reaped.Errno == Errno.ECHILD)
        {
            // Somebody else of this program reaps orphans and was faster.
            return null;
        }
    }
}
