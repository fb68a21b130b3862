using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Abi;

/// <summary>User notification of system calls (seccomp_unotify(2)).</summary>
[Header("linux/seccomp.h")]
public static class Seccomp
{
    /// <summary>seccomp(2) operation: fills <see cref="seccomp_notif_sizes"/>.</summary>
    public const int SECCOMP_GET_NOTIF_SIZES = 3;
    /// <summary>Response: let the call run as if it had not been trapped. Its arguments in memory may have changed since.</summary>
    public const uint SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
    /// <summary>Listener: wake the other side on the same core; the round trip is then ten times shorter.</summary>
    [Since("6.6")]
    public const ulong SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;
    /// <summary>ioctl: receive a notification; the buffer must be zeroed.</summary>
    public const uint SECCOMP_IOCTL_NOTIF_RECV = 0xC0502100;
    /// <summary>ioctl: answer one.</summary>
    public const uint SECCOMP_IOCTL_NOTIF_SEND = 0xC0182101;
    /// <summary>ioctl: is the caller of this id still waiting?</summary>
    public const uint SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102;
    /// <summary>ioctl: sets flags of the listener; the value is passed in place of a pointer.</summary>
    [Since("6.6")]
    public const uint SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104;
}

/// <summary>A trapped call, as the filter saw it.</summary>
[Header("linux/seccomp.h")]
[StructLayout(LayoutKind.Sequential)]
public struct seccomp_data
{
    /// <summary>System call number of <see cref="arch"/>.</summary>
    public int nr;
    /// <summary>AUDIT_ARCH_*.</summary>
    public uint arch;
    /// <summary>Where the call was made.</summary>
    public ulong instruction_pointer;
    /// <summary>The registers, unabridged: a 32-bit parameter is their lower half only.</summary>
    public SixRegisters args;

    /// <summary>Six 64-bit registers.</summary>
    [InlineArray(6)]
    public struct SixRegisters
    {
        private ulong _first;
    }
}

/// <summary>One notification.</summary>
[Header("linux/seccomp.h")]
[StructLayout(LayoutKind.Sequential)]
public struct seccomp_notif
{
    /// <summary>Names it in the answer; never 0.</summary>
    public ulong id;
    /// <summary>The calling thread, in the listener's pid namespace; 0 if it is not visible there.</summary>
    public uint pid;
    /// <summary>None defined.</summary>
    public uint flags;
    /// <summary>The call.</summary>
    public seccomp_data data;
}

/// <summary>One answer.</summary>
[Header("linux/seccomp.h")]
[StructLayout(LayoutKind.Sequential)]
public struct seccomp_notif_resp
{
    /// <summary>Of the notification.</summary>
    public ulong id;
    /// <summary>What the call returns when <see cref="error"/> is 0.</summary>
    public long val;
    /// <summary>A negative errno, or 0.</summary>
    public int error;
    /// <summary><see cref="Seccomp.SECCOMP_USER_NOTIF_FLAG_CONTINUE"/> or 0.</summary>
    public uint flags;
}

/// <summary>How large the kernel's structures are; a newer kernel's may be larger than ours.</summary>
[Header("linux/seccomp.h")]
[StructLayout(LayoutKind.Sequential)]
public struct seccomp_notif_sizes
{
    /// <summary>Of <see cref="Abi.seccomp_notif"/>.</summary>
    public ushort seccomp_notif;
    /// <summary>Of <see cref="Abi.seccomp_notif_resp"/>.</summary>
    public ushort seccomp_notif_resp;
    /// <summary>Of <see cref="Abi.seccomp_data"/>.</summary>
    public ushort seccomp_data;
}

/// <summary>Architectures as seccomp names them.</summary>
[Header("linux/audit.h")]
public static class AuditArch
{
    /// <summary>x86-64, and x32 with its bit in the call number.</summary>
    public const uint AUDIT_ARCH_X86_64 = 0xC000003E;
    /// <summary>32-bit x86.</summary>
    public const uint AUDIT_ARCH_I386 = 0x40000003;
}
