using System.Runtime.InteropServices;
using System.Text;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>An eBPF array map: values by number.</summary>
public sealed class BpfMap(FileDescriptor descriptor) : IDisposable
{
    /// <summary>The map.</summary>
    public FileDescriptor Descriptor => descriptor;

    /// <summary>Opens a map by its id; null if it is gone.</summary>
    public static BpfMap? TryOpen(uint id)
    {
        var result = LibBpf.bpf_map_get_fd_by_id(id);
        if (result == -(int)Errno.ENOENT)
            return null;
        return new BpfMap(new FileDescriptor(LibBpf.Check(result, "bpf_map_get_fd_by_id")));
    }

    /// <summary>
    /// Makes what a mirror's flag is, without the program around it: an array of one 32-bit number that processes can map.
    /// </summary>
    public static unsafe BpfMap CreateFlag()
    {
        const int BPF_MAP_CREATE = 0;
        const uint BPF_MAP_TYPE_ARRAY = 2;
        const uint BPF_F_MMAPABLE = 1 << 10;
        // union bpf_attr, for BPF_MAP_CREATE: type, key size, value size, entries, flags (linux/bpf.h).
        var attributes = stackalloc uint[5] { BPF_MAP_TYPE_ARRAY, sizeof(uint), sizeof(uint), 1, BPF_F_MMAPABLE };
        // SAFETY: the kernel reads 5 numbers.
        var result = LibC.syscall(LibC.SYS_bpf, BPF_MAP_CREATE, (long)attributes, 5 * sizeof(uint), 0, 0, 0);
        return new BpfMap(new FileDescriptor(KernelException.Check((int)result, "bpf(BPF_MAP_CREATE)")));
    }

    /// <summary>Its id and name.</summary>
    public unsafe (uint Id, string Name) Describe()
    {
        var info = default(LibBpf.MapInfo);
        var length = (uint)sizeof(LibBpf.MapInfo);
        // SAFETY: the kernel writes at most `length` bytes into info.
        _ = LibBpf.Check(LibBpf.bpf_obj_get_info_by_fd(descriptor.Number, &info, &length), "BPF_OBJ_GET_INFO_BY_FD");
        GC.KeepAlive(descriptor);
        return (info.Id, Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(info.Name)));
    }

    /// <summary>Another descriptor of the same map, for whoever keeps it.</summary>
    public FileDescriptor Duplicate() => new(KernelException.Check(
        LibC.fcntl(descriptor.Number, LibC.F_DUPFD_CLOEXEC, 3), "fcntl(F_DUPFD_CLOEXEC)"));

    /// <summary>Reads a value of exactly the map's value size.</summary>
    public unsafe T Read<T>(uint key) where T : unmanaged
    {
        var value = default(T);
        RequireSize(sizeof(T));
        // SAFETY: the map's values are sizeof(T) bytes, as just checked.
        _ = LibBpf.Check(LibBpf.bpf_map_lookup_elem(descriptor.Number, &key, &value), "BPF_MAP_LOOKUP_ELEM");
        GC.KeepAlive(descriptor);
        return value;
    }

    /// <summary>Reads the value of every possible processor of a per-CPU map.</summary>
    public unsafe T[] ReadEach<T>(uint key) where T : unmanaged
    {
        RequireSize(sizeof(T));
        if (sizeof(T) % 8 != 0)
            throw new ArgumentException("values of per-CPU maps are padded to eight bytes");
        var values = new T[LibBpf.Check(LibBpf.libbpf_num_possible_cpus(), "libbpf_num_possible_cpus")];
        fixed (T* first = values) // SAFETY: the kernel writes one value per possible processor.
            _ = LibBpf.Check(LibBpf.bpf_map_lookup_elem(descriptor.Number, &key, first), "BPF_MAP_LOOKUP_ELEM");
        GC.KeepAlive(descriptor);
        return values;
    }

    /// <summary>Writes a value of exactly the map's value size.</summary>
    public unsafe void Write<T>(uint key, T value) where T : unmanaged
    {
        RequireSize(sizeof(T));
        // SAFETY: the kernel reads sizeof(T) bytes, as just checked.
        _ = LibBpf.Check(LibBpf.bpf_map_update_elem(descriptor.Number, &key, &value, 0), "BPF_MAP_UPDATE_ELEM");
        GC.KeepAlive(descriptor);
    }

    /// <inheritdoc/>
    public void Dispose() => descriptor.Dispose();

    /// <summary>Are its values of this size?</summary>
    public unsafe bool Fits<T>() where T : unmanaged => ValueSize() == sizeof(T);

    private unsafe uint ValueSize()
    {
        var info = default(LibBpf.MapInfo);
        var length = (uint)sizeof(LibBpf.MapInfo);
        // SAFETY: the kernel writes at most `length` bytes into info.
        _ = LibBpf.Check(LibBpf.bpf_obj_get_info_by_fd(descriptor.Number, &info, &length), "BPF_OBJ_GET_INFO_BY_FD");
        GC.KeepAlive(descriptor);
        return info.ValueSize;
    }

    private void RequireSize(int size)
    {
        if (ValueSize() is var bytes && bytes != size)
            throw new KernelException("bpf", Errno.EINVAL, $"a map value has {bytes} bytes, not {size}: another version made it");
    }
}
