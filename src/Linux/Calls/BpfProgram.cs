using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>An eBPF program in the kernel.</summary>
public sealed class BpfProgram(FileDescriptor descriptor) : IDisposable
{
    private const int MaximumMaps = 64;

    /// <summary>The program.</summary>
    public FileDescriptor Descriptor => descriptor;

    /// <summary>Opens a program by its id; null if it is gone.</summary>
    public static BpfProgram? TryOpen(uint id)
    {
        var result = LibBpf.bpf_prog_get_fd_by_id(id);
        if (result == -(int)Errno.ENOENT)
            return null;
        return new BpfProgram(new FileDescriptor(LibBpf.Check(result, "bpf_prog_get_fd_by_id")));
    }

    /// <summary>Makes a map live as long as this program (BPF_PROG_BIND_MAP).</summary>
    public unsafe void Bind(BpfMap map)
    {
        var result = LibBpf.bpf_prog_bind_map(descriptor.Number, map.Descriptor.Number, null);
        if (result != -(int)Errno.EEXIST)
            _ = LibBpf.Check(result, "bpf_prog_bind_map");
        GC.KeepAlive(this);
        GC.KeepAlive(map);
    }

    /// <summary>The map of a name that this program uses or is bound to; null if there is none.</summary>
    public BpfMap? FindMap(string name)
    {
        foreach (var id in MapIds())
        {
            var map = BpfMap.TryOpen(id);
            if (map?.Describe().Name == name)
                return map;
            map?.Dispose();
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => descriptor.Dispose();

    private unsafe uint[] MapIds()
    {
        var ids = stackalloc uint[MaximumMaps];
        var info = new LibBpf.ProgramInfo { MapCount = MaximumMaps, MapIds = (ulong)ids };
        var length = (uint)sizeof(LibBpf.ProgramInfo);
        // SAFETY: the kernel writes at most `length` bytes into info and MaximumMaps numbers into ids.
        _ = LibBpf.Check(LibBpf.bpf_obj_get_info_by_fd(descriptor.Number, &info, &length), "BPF_OBJ_GET_INFO_BY_FD");
        GC.KeepAlive(descriptor);
        return new ReadOnlySpan<uint>(ids, (int)Math.Min(info.MapCount, MaximumMaps)).ToArray();
    }
}
