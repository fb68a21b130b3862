using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Sandbox;

/// <summary>
/// Steps of giving up privilege (capabilities(7), prctl(2)). Capabilities and no_new_privs belong to the calling thread:
/// <see cref="Confinement"/> calls these in the right order and then replaces the program, so that every thread of the new
/// image has inherited them.
/// </summary>
public static class Privileges
{
    // CAP_LAST_CAP grows with the kernel; a set has 64 bits.
    private const int CapabilityLimit = 64;

    /// <summary>True once execve(2) can no longer grant the calling thread anything.</summary>
    public static bool HasNoNewPrivileges => LibC.syscall(LibC.SYS_prctl, LibC.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0) == 1;

    /// <summary>The user that we act as.</summary>
    public static uint EffectiveUser => LibC.geteuid();

    /// <summary>
    /// Sets the niceness of the calling thread, which execve(2) keeps and later threads inherit (setpriority(2), "C library/kernel
    /// differences").
    /// </summary>
    internal static void SetNice(int nice)
    {
        const long PRIO_PROCESS = 0;
        if (LibC.syscall(LibC.SYS_setpriority, PRIO_PROCESS, 0, nice, 0, 0, 0) < 0)
            throw new KernelException("setpriority", KernelException.LastErrno, $"{nice}");
    }

    /// <summary>
    /// Becomes a user and group for good (real, effective, saved) without supplementary groups, in every thread of the process.
    /// Going from root to another user also empties each thread's permitted and effective capabilities.
    /// </summary>
    public static unsafe void DropTo(uint user, uint group)
    {
        _ = KernelException.Check(LibC.setgroups(0, null), "setgroups");
        _ = KernelException.Check(LibC.setresgid(group, group, group), "setresgid", $"{group}");
        _ = KernelException.Check(LibC.setresuid(user, user, user), "setresuid", $"{user}");
    }

    /// <summary>Empties every capability set of the calling thread, the bounding set too as far as it may.</summary>
    public static void DropAllCapabilities()
    {
        DropBoundingSet([]);
        SetCapabilities([]);
    }

    /// <summary>execve(2) grants nothing any more to the calling thread and what it starts.</summary>
    public static void NoNewPrivileges() => Control(LibC.PR_SET_NO_NEW_PRIVS, 1, 0, "prctl(PR_SET_NO_NEW_PRIVS)");

    /// <summary>No core dumps, and no ptrace or procfs access by other processes of the same user id (the whole process).</summary>
    public static void ForbidInspection() => Control(LibC.PR_SET_DUMPABLE, 0, 0, "prctl(PR_SET_DUMPABLE)");

    /// <summary>The calling thread's name, as ps shows it; on the main thread the process's. Cut at 15 bytes.</summary>
    internal static unsafe void SetName(string name)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(name + "\0");
        // SAFETY: the kernel reads up to 16 bytes, or to the null.
        fixed (byte* start = bytes)
            Control(LibC.PR_SET_NAME, (long)start, 0, "prctl(PR_SET_NAME)");
    }

    /// <summary>Takes all but <paramref name="keep"/> out of the calling thread's bounding set. Needs CAP_SETPCAP.</summary>
    internal static void DropBoundingSet(IReadOnlyCollection<Capability> keep)
    {
        for (var capability = 0; capability < CapabilityLimit; capability++)
        {
            // EINVAL: the kernel knows no such capability.
            var present = LibC.syscall(LibC.SYS_prctl, LibC.PR_CAPBSET_READ, capability, 0, 0, 0, 0);
            if (present == 1 && !keep.Contains((Capability)capability))
                Control(LibC.PR_CAPBSET_DROP, capability, 0, "prctl(PR_CAPBSET_DROP)");
        }
    }

    /// <summary>Permitted, effective, inheritable and ambient become exactly <paramref name="keep"/>, so that they pass execve.</summary>
    internal static unsafe void SetCapabilities(IReadOnlyCollection<Capability> keep)
    {
        ulong mask = 0;
        foreach (var capability in keep)
            mask |= 1UL << (int)capability;
        var header = new LibC.CapabilityHeader { Version = LibC.CapabilityVersion };
        var data = stackalloc LibC.CapabilityData[2];
        for (var word = 0; word < 2; word++)
        {
            var bits = (uint)(mask >> (32 * word));
            data[word] = new LibC.CapabilityData { Effective = bits, Permitted = bits, Inheritable = bits };
        }

        Control(LibC.PR_CAP_AMBIENT, LibC.PR_CAP_AMBIENT_CLEAR_ALL, 0, "prctl(PR_CAP_AMBIENT_CLEAR_ALL)");
        // SAFETY: version 3 reads one header and two data structures.
        if (LibC.syscall(LibC.SYS_capset, (long)&header, (long)data, 0, 0, 0, 0) < 0)
            throw new KernelException("capset", KernelException.LastErrno);
        foreach (var capability in keep)
            Control(LibC.PR_CAP_AMBIENT, LibC.PR_CAP_AMBIENT_RAISE, (long)capability, "prctl(PR_CAP_AMBIENT_RAISE)");
    }

    /// <summary>Lets the calling thread's permitted set survive the next change of user.</summary>
    internal static void KeepCapabilitiesOverUserChange() => Control(LibC.PR_SET_KEEPCAPS, 1, 0, "prctl(PR_SET_KEEPCAPS)");

    private static void Control(int option, long a, long b, string call)
    {
        if (LibC.syscall(LibC.SYS_prctl, option, a, b, 0, 0, 0) < 0)
            throw new KernelException(call, KernelException.LastErrno);
    }
}
