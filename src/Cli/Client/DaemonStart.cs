using System.Diagnostics;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Cli.Client;

/// <summary>Starts a daemon where none runs: it lives until nothing is left to look after.</summary>
/// <param name="paths">The host.</param>
/// <param name="prefix">The <c>--state-prefix</c>, if one was given.</param>
internal sealed class DaemonStart(HostPaths paths, string? prefix)
{
    private const string ProgramName = "hyperspectord";

    // To say that something is wrong; a daemon that lives on and has much to take over gets longer.
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private string LogPath => $"{paths.Run}/{ProgramName}.log";

    /// <summary>
    /// Does something with a daemon that is started if need be. An on-demand daemon that was about to end when we came is waited
    /// for, and the operation begun again with the next one.
    /// </summary>
    internal async Task WithDaemonAsync(DaemonClient client, Action<string> remark, Func<Task> operation, CancellationToken cancellation)
    {
        await EnsureAsync(client, remark, cancellation);
        try
        {
            await operation();
        }
        catch (Exception error) when (error is DaemonAbsentException or GoneException { BeforeAnswer: true })
        {
            await EnsureAsync(client, remark, cancellation);
            await operation();
        }
    }

    /// <summary>Returns once a daemon listens.</summary>
    internal async Task EnsureAsync(DaemonClient client, Action<string> remark, CancellationToken cancellation)
    {
        if (await client.IsThereAsync(cancellation))
            return;
        var program = Path.Join(AppContext.BaseDirectory, ProgramName);
        if (!File.Exists(program))
            throw new CliException($"{program}: not there; install hyperspectord beside hyperspector ('make install')");
        PrepareRunDirectory();
        if (await EarlierIsThereAsync(client, cancellation))
            return;
        using var log = OpenLog(out var earlier);
        using var daemon = Launch(program, log);
        var started = Stopwatch.GetTimestamp();
        var remarked = false;
        ExitStatus? ended = null;
        while (!await client.IsThereAsync(cancellation))
        {
            // Ended: perhaps because another call of ours was quicker and its daemon is about to listen.
            ended ??= daemon.Wait(TimeSpan.Zero);
            var elapsed = Stopwatch.GetElapsedTime(started);
            if (ended is not null && (!LastWords(earlier).Contains("running already", StringComparison.Ordinal) || elapsed > Usual))
                throw new CliException($"hyperspectord did not start ({ended}): {LastWords(earlier)}");
            if (elapsed > Longest)
                throw new CliException($"hyperspectord (pid {daemon.Pid}) does not listen after {Longest.TotalSeconds:0} s: {LastWords(earlier)}");
            if (elapsed > Usual && !remarked)
            {
                remarked = true;
                remark($"hyperspectord (pid {daemon.Pid}) is taking over what an earlier one left; its log is {LogPath}");
            }

            await Task.Delay(10, cancellation);
        }
    }

    /// <summary>
    /// Waits for the end of a daemon that does not listen: it is ending, or only beginning. True if it has begun to listen.
    /// </summary>
    internal async Task<bool> EarlierIsThereAsync(DaemonClient client, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (IsLocked())
        {
            if (await client.IsThereAsync(cancellation))
                return true;
            if (Stopwatch.GetElapsedTime(started) > Longest)
                throw new CliException($"a hyperspectord of host '{paths.Name}' runs but does not listen on {paths.Socket}; see {LogPath}");
            await Task.Delay(20, cancellation);
        }

        return await client.IsThereAsync(cancellation);
    }

    /// <summary>Removes what starting made, after the daemon has ended with nothing left.</summary>
    internal void RemoveTraces()
    {
        if (!Directory.Exists(paths.Run))
            return;
        File.Delete(LogPath);
        PrivateDirectory.RemoveIfEmpty(paths.Run);
    }

    private void PrepareRunDirectory()
    {
        try
        {
            PrivateDirectory.CreatePassage(paths.Run);
        }
        catch (UnauthorizedAccessException error) when (!System.Environment.IsPrivilegedProcess)
        {
            throw new CliException("starting hyperspectord takes root; try it with sudo", cause: error);
        }
    }

    // The daemon's own lock (flock(2)), which the kernel undoes when it ends, however it ends.
    private bool IsLocked()
    {
        var path = $"{paths.Run}/{ProgramName}.lock";
        if (!File.Exists(path))
            return false;
        try
        {
            using var file = Files.OpenRead(path);
            return !Files.TryLock(file);
        }
        catch (KernelException error) when (error.Errno == Errno.ENOENT)
        {
            return false;
        }
    }

    private FileDescriptor OpenLog(out long length)
    {
        using var directory = Files.OpenDirectory(paths.Run);
        var name = Path.GetFileName(LogPath);
        var errno = Files.TryOpenAppend(directory, name, create: true, out var log);
        if (errno == Errno.EEXIST)
            errno = Files.TryOpenAppend(directory, name, create: false, out log);
        if (log is null)
            throw new KernelException("openat2", errno, LogPath);
        length = FileStatus.Of(log).Size;
        return log;
    }

    private ChildProcess Launch(string program, FileDescriptor log)
    {
        using var nothing = Files.OpenRead("/dev/null");
        StandardDescriptors.KeepOthersFromChildren();
        List<string> arguments = ["--host", paths.Name, "--on-demand"];
        if (prefix is not null)
            arguments.AddRange(["--state-prefix", prefix]);
        return Spawn.Start(new SpawnRequest
        {
            Program = program,
            Arguments = arguments,
            Environment = Environment(),
            Descriptors = [(0, nothing), (1, log), (2, log)],
            // Not the directory of whoever called us: that file system must stay free to be unmounted.
            WorkingDirectory = "/",
            NewSession = true,
        });
    }

    // The daemon outlives the session that happened to start it, and is the same whoever that was.
    private static List<string> Environment()
    {
        var kept = new List<string>();
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (name is "PATH" or "TZ" or "HOME" || name.StartsWith("HYPERSPECTOR_", StringComparison.Ordinal)
                || name.StartsWith("DOTNET_", StringComparison.Ordinal))
                kept.Add($"{name}={entry.Value}");
        }

        return kept;
    }

    private string LastWords(long from)
    {
        using var log = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        // The end tells; a daemon's complaint is not long.
        log.Position = Math.Max(from, log.Length - 4096);
        using var reader = new StreamReader(log);
        var last = reader.ReadToEnd().TrimEnd().Split('\n')[^1].Trim();
        return last.Length == 0 ? $"it said nothing; its log is {LogPath}" : last;
    }
}
