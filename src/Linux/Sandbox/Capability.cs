namespace HyperSpector.Linux.Sandbox;

/// <summary>The capabilities that a part of ours may keep (linux/capability.h); all others are dropped for good.</summary>
public enum Capability
{
    /// <summary>Read any file and search any directory.</summary>
    CAP_DAC_READ_SEARCH = 2,

    /// <summary>Send signals to any process.</summary>
    CAP_KILL = 5,

    /// <summary>Administer networks.</summary>
    CAP_NET_ADMIN = 12,

    /// <summary>Raw and packet sockets.</summary>
    CAP_NET_RAW = 13,

    /// <summary>Inspect any process.</summary>
    CAP_SYS_PTRACE = 19,

    /// <summary>Mounts and many other things.</summary>
    CAP_SYS_ADMIN = 21,

    /// <summary>Perform performance monitoring.</summary>
    CAP_PERFMON = 38,

    /// <summary>Load and use BPF programs.</summary>
    CAP_BPF = 39,
}
