using System.Runtime.InteropServices;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Mediator;

/// <summary>A trapped system call. Every field but the id is chosen by the IDS VM: hostile.</summary>
public readonly struct Notification
{
    private readonly seccomp_notif _raw;

    private Notification(in seccomp_notif raw) => _raw = raw;

    /// <summary>Names it in the answer.</summary>
    public ulong Id => _raw.id;

    /// <summary>The calling thread as our pid namespace sees it.</summary>
    public uint Pid => _raw.pid;

    /// <summary>AUDIT_ARCH_* of the call.</summary>
    public uint Architecture => _raw.data.arch;

    /// <summary>Its number on that architecture.</summary>
    public int Number => _raw.data.nr;

    /// <summary>
    /// A parameter of C type int. The kernel takes the lower half of the register and ignores the rest, so we do: a filter or a
    /// mediator that compared all 64 bits could be passed by with a bit above.
    /// </summary>
    public int LowerHalf(int index) => unchecked((int)_raw.data.args[index]);

    /// <summary>The whole register.</summary>
    public ulong Register(int index) => _raw.data.args[index];

    /// <summary>Parses what the kernel wrote; false if it is too short, or empty. A newer kernel's structure may be longer.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Notification notification)
    {
        notification = default;
        if (!MemoryMarshal.TryRead<seccomp_notif>(bytes, out var raw) || raw.id == 0)
            return false;
        notification = new Notification(raw);
        return true;
    }
}
