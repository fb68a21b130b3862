using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Sandbox;

/// <summary>What a process may use at most (RLIMIT_* of asm-generic/resource.h; getrlimit(2)).</summary>
public enum LimitedResource
{
    /// <summary>Size of a written file, bytes.</summary>
    FileSize = 1,

    /// <summary>Size of a core dump, bytes.</summary>
    CoreSize = 4,

    /// <summary>Open descriptors.</summary>
    Descriptors = 7,

    /// <summary>Locked memory, bytes.</summary>
    LockedMemory = 8,

    /// <summary>Address space, bytes. The runtime reserves far more than it uses: leave it unlimited for .NET programs.</summary>
    AddressSpace = 9,
}

/// <summary>A hard limit: at most so much. Where there is less already, it stays: only CAP_SYS_RESOURCE may raise it.</summary>
public sealed record ResourceLimit(LimitedResource Resource, ulong Value)
{
    /// <summary>Sets soft and hard limit of this process.</summary>
    public unsafe void Apply()
    {
        LibC.ResourceLimitValue value;
        // SAFETY: the kernel writes, and then reads, one structure of 16 bytes.
        if (LibC.syscall(LibC.SYS_prlimit64, 0, (long)Resource, 0, (long)&value, 0, 0) < 0)
            throw new KernelException("prlimit", KernelException.LastErrno, $"{Resource}");
        value.Soft = value.Hard = Math.Min(value.Hard, Value);
        if (LibC.syscall(LibC.SYS_prlimit64, 0, (long)Resource, (long)&value, 0, 0, 0) < 0)
            throw new KernelException("prlimit", KernelException.LastErrno, $"{Resource}");
    }
}
