using System.Runtime.InteropServices;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>How to start a program.</summary>
public sealed record SpawnRequest
{
    /// <summary>Absolute path of the program.</summary>
    public required string Program { get; init; }

    /// <summary>Arguments after <c>argv[0]</c>, which is the path.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The whole environment, <c>NAME=value</c>; null passes on ours.</summary>
    public IReadOnlyList<string>? Environment { get; init; }

    /// <summary>Descriptors that the program finds under the given numbers; all others are closed (O_CLOEXEC).</summary>
    public IReadOnlyList<(int Target, SafeHandle Descriptor)> Descriptors { get; init; } = [];

    /// <summary>Working directory; null keeps ours.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Start in a session of its own, so that no terminal signal reaches it and it outlives us.</summary>
    public bool NewSession { get; init; }
}

/// <summary>Starting programs with explicit descriptors (posix_spawn(3)).</summary>
public static class Spawn
{
    /// <summary>Starts a program. The caller owns the result and must reap it with <see cref="ChildProcess.Wait"/>.</summary>
    public static unsafe ChildProcess Start(SpawnRequest request)
    {
        var actions = stackalloc byte[LibC.OpaqueSpawnSize];
        var attributes = stackalloc byte[LibC.OpaqueSpawnSize];
        var signals = stackalloc byte[LibC.SigsetSize];
        Check(LibC.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        Check(LibC.posix_spawnattr_init(attributes), "posix_spawnattr_init");
        var copies = new List<FileDescriptor>();
        try
        {
            // The runtime ignores SIGPIPE and may block signals; a child must start as from a shell.
            _ = LibC.sigfillset(signals);
            Check(LibC.posix_spawnattr_setsigdefault(attributes, signals), "posix_spawnattr_setsigdefault");
            _ = LibC.sigemptyset(signals);
            Check(LibC.posix_spawnattr_setsigmask(attributes, signals), "posix_spawnattr_setsigmask");
            var flags = LibC.POSIX_SPAWN_SETSIGDEF | LibC.POSIX_SPAWN_SETSIGMASK;
            if (request.NewSession)
                flags |= LibC.POSIX_SPAWN_SETSID;
            Check(LibC.posix_spawnattr_setflags(attributes, (short)flags), "posix_spawnattr_setflags");

            // Copies above every target first, so that no dup2 overwrites a source of a later one.
            var above = request.Descriptors.Count == 0 ? 0 : request.Descriptors.Max(d => d.Target) + 1;
            foreach (var (target, descriptor) in request.Descriptors)
            {
                var copy = KernelException.Check(
                    LibC.fcntl((int)descriptor.DangerousGetHandle(), LibC.F_DUPFD_CLOEXEC, above), "fcntl(F_DUPFD_CLOEXEC)");
                copies.Add(new FileDescriptor(copy));
                Check(LibC.posix_spawn_file_actions_adddup2(actions, copy, target), "posix_spawn_file_actions_adddup2");
            }

            if (request.WorkingDirectory is { } directory)
                Check(LibC.posix_spawn_file_actions_addchdir_np(actions, directory), "posix_spawn_file_actions_addchdir_np");

            using var argv = new NativeStrings([request.Program, .. request.Arguments]);
            using var envp = new NativeStrings(request.Environment ?? CurrentEnvironment());
            // SAFETY: both vectors are null-terminated and live until after the call; so do actions and attributes.
            var error = LibC.posix_spawn(out var pid, request.Program, actions, attributes, argv.Pointer, envp.Pointer);
            if (error != 0)
                throw new KernelException("posix_spawn", (Errno)error, request.Program);
            GC.KeepAlive(request);
            return new ChildProcess(pid);
        }
        finally
        {
            foreach (var copy in copies)
                copy.Dispose();
            _ = LibC.posix_spawn_file_actions_destroy(actions);
            _ = LibC.posix_spawnattr_destroy(attributes);
        }
    }

    private static List<string> CurrentEnvironment()
    {
        var list = new List<string>();
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            list.Add($"{entry.Key}={entry.Value}");
        return list;
    }

    // The posix_spawn family returns the error number; it does not set errno.
    private static void Check(int error, string call)
    {
        if (error != 0)
            throw new KernelException(call, (Errno)error);
    }
}
