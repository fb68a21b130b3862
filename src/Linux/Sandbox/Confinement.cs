using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Sandbox;

/// <summary>
/// How one of our programs confines itself. Capabilities, no_new_privs and Landlock belong to a thread, and a .NET program has
/// several before its first line runs. So a program runs twice: first as root, opening what it needs; then
/// <see cref="Enter"/> restricts the calling thread and replaces the program by itself (execveat(2)), which ends all other
/// threads and lets every later one inherit the restrictions. The second image applies its seccomp filter first
/// (<see cref="SeccompPolicy"/>, which synchronizes all threads) and then meets hostile bytes.
/// </summary>
public sealed record Confinement
{
    /// <summary>The argument by which the second image knows itself.</summary>
    public const string Argument = "--confined";

    /// <summary>User to become.</summary>
    public required uint User { get; init; }

    /// <summary>Group to become.</summary>
    public required uint Group { get; init; }

    /// <summary>Capabilities that the second image has; usually none.</summary>
    public IReadOnlyList<Capability> Keep { get; init; } = [];

    /// <summary>What it may still open by path; the program itself and its libraries are added.</summary>
    public IReadOnlyList<LandlockRule> Rules { get; init; } = [];

    /// <summary>Hard limits.</summary>
    public IReadOnlyList<ResourceLimit> Limits { get; init; } = [];

    /// <summary>Niceness of the second image (nice(2)): who has much to do on a VM's behalf yields to those that serve.</summary>
    public int Nice { get; init; }

    /// <summary>Descriptors that stay open, under the numbers they have; all others but 0 to 2 end.</summary>
    public IReadOnlyList<FileDescriptor> Descriptors { get; init; } = [];

    /// <summary>True in the second image, and only if its restrictions hold.</summary>
    /// <exception cref="InvalidOperationException">Somebody gave the argument to a process that is not confined.</exception>
    public static bool IsInside(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || arguments[0] != Argument)
            return false;
        if (!Privileges.HasNoNewPrivileges || Privileges.EffectiveUser == 0)
            throw new InvalidOperationException($"{Argument} is for our own use: this process is not confined");
        // Capabilities are dropped, yet the user id is one that a VM's processes have too.
        Privileges.ForbidInspection();
        // execveat by descriptor leaves a number for a name.
        Privileges.SetName(Path.GetFileName(Environment.GetCommandLineArgs()[0]));
        return true;
    }

    /// <summary>
    /// Starts the program anew, restricted, as <c>program --confined arguments…</c>. Does not return. Must be called from the
    /// thread that did nothing else privileged: everything after this call's first step holds for that thread alone until execve.
    /// </summary>
    public void Enter(IReadOnlyList<string> arguments)
    {
        var own = ProgramFiles.Open();
        try
        {
            foreach (var limit in Limits)
                limit.Apply();
            if (Nice != 0)
                Privileges.SetNice(Nice);
            CloseOthersOnExec();
            foreach (var descriptor in Descriptors)
                Inherit(descriptor);
            Privileges.DropBoundingSet(Keep);
            if (Keep.Count > 0)
                Privileges.KeepCapabilitiesOverUserChange();
            Privileges.DropTo(User, Group);
            Privileges.SetCapabilities(Keep);
            Privileges.NoNewPrivileges();
            _ = Landlock.Restrict([.. own.Rules, .. Rules]);
            Replace(own.Program, [Environment.GetCommandLineArgs()[0], Argument, .. arguments]);
        }
        finally
        {
            own.Dispose();
        }
    }

    // What somebody let slip through to us must not slip through to the second image. Kernels before 5.11 cannot do this.
    private static void CloseOthersOnExec() =>
        _ = LibC.syscall(LibC.SYS_close_range, 3, uint.MaxValue, LibC.CLOSE_RANGE_CLOEXEC, 0, 0, 0);

    private static void Inherit(FileDescriptor descriptor) =>
        _ = KernelException.Check(LibC.fcntl(descriptor.Number, LibC.F_SETFD, 0), "fcntl(F_SETFD)");

    private static unsafe void Replace(FileDescriptor program, IReadOnlyList<string> arguments)
    {
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings([]);
        byte empty = 0;
        // SAFETY: both vectors end with a null pointer, the path is an empty C string. An empty environment: nothing in ours may
        // steer the second image's runtime.
        _ = LibC.syscall(
            LibC.SYS_execveat, program.Number, (long)(&empty), (long)argv.Pointer, (long)envp.Pointer, LibC.AT_EMPTY_PATH, 0);
        throw new KernelException("execveat", KernelException.LastErrno, arguments[0]);
    }
}
