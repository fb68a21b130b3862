namespace HyperSpector.Linux.Calls;

/// <summary>The two places of an interface where a program can be attached (tc-bpf(8)).</summary>
public enum TrafficDirection
{
    /// <summary>Frames that arrive.</summary>
    Ingress = LibBpf.BPF_TC_INGRESS,

    /// <summary>Frames that leave.</summary>
    Egress = LibBpf.BPF_TC_EGRESS,
}

/// <summary>Programs on interfaces of the calling thread's network namespace, in clsact's classic form (Linux ≥ 4.5).</summary>
public static class TrafficControl
{
    // Every filter of ours has this number within its priority.
    private const uint Handle = 1;

    /// <summary>Makes an interface ready for programs.</summary>
    public static unsafe void Prepare(uint index)
    {
        var hook = Hook(index, (TrafficDirection)(LibBpf.BPF_TC_INGRESS | LibBpf.BPF_TC_EGRESS));
        // SAFETY: libbpf only reads the structure. EEXIST: clsact is there already.
        var result = LibBpf.bpf_tc_hook_create(&hook);
        if (result != -(int)Errno.EEXIST)
            _ = LibBpf.Check(result, "bpf_tc_hook_create");
    }

    /// <summary>Attaches a program; false if the priority is taken.</summary>
    public static unsafe bool TryAttach(uint index, TrafficDirection direction, uint priority, BpfProgram program)
    {
        var hook = Hook(index, direction);
        var options = new LibBpf.TcOptions
        {
            Size = (ulong)sizeof(LibBpf.TcOptions),
            Program = program.Descriptor.Number,
            Handle = Handle,
            Priority = priority,
        };
        // SAFETY: both structures outlive the call.
        var result = LibBpf.bpf_tc_attach(&hook, &options);
        GC.KeepAlive(program);
        if (result == -(int)Errno.EEXIST)
            return false;
        _ = LibBpf.Check(result, "bpf_tc_attach");
        return true;
    }

    /// <summary>Puts a program in the place of another one, in one step: no frame passes between the two.</summary>
    public static unsafe void Replace(uint index, TrafficDirection direction, uint priority, BpfProgram program)
    {
        var hook = Hook(index, direction);
        var options = new LibBpf.TcOptions
        {
            Size = (ulong)sizeof(LibBpf.TcOptions),
            Program = program.Descriptor.Number,
            Flags = LibBpf.BPF_TC_F_REPLACE,
            Handle = Handle,
            Priority = priority,
        };
        // SAFETY: both structures outlive the call.
        _ = LibBpf.Check(LibBpf.bpf_tc_attach(&hook, &options), "bpf_tc_attach");
        GC.KeepAlive(program);
    }

    /// <summary>Detaches what has a priority; nothing being there is no error.</summary>
    public static unsafe void Detach(uint index, TrafficDirection direction, uint priority)
    {
        var hook = Hook(index, direction);
        var options = new LibBpf.TcOptions { Size = (ulong)sizeof(LibBpf.TcOptions), Handle = Handle, Priority = priority };
        // SAFETY: both structures outlive the call.
        var result = LibBpf.bpf_tc_detach(&hook, &options);
        if (result is not (-(int)Errno.ENOENT or -(int)Errno.EINVAL or -(int)Errno.ENODEV))
            _ = LibBpf.Check(result, "bpf_tc_detach");
    }

    /// <summary>The program that has a priority; null if there is none.</summary>
    public static unsafe BpfProgram? Find(uint index, TrafficDirection direction, uint priority)
    {
        var hook = Hook(index, direction);
        var options = new LibBpf.TcOptions { Size = (ulong)sizeof(LibBpf.TcOptions), Handle = Handle, Priority = priority };
        // SAFETY: both structures outlive the call. ENOENT: no such filter; EINVAL: no clsact at all.
        var result = LibBpf.bpf_tc_query(&hook, &options);
        if (result is -(int)Errno.ENOENT or -(int)Errno.EINVAL or -(int)Errno.ENODEV)
            return null;
        _ = LibBpf.Check(result, "bpf_tc_query");
        return BpfProgram.TryOpen(options.ProgramId);
    }

    private static unsafe LibBpf.TcHook Hook(uint index, TrafficDirection direction)
    {
        LibBpf.Silence();
        return new() { Size = (ulong)sizeof(LibBpf.TcHook), Interface = (int)index, AttachPoint = (int)direction };
    }
}
