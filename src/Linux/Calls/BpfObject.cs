using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>
/// A compiled eBPF object on its way into the kernel. What was attached or bound stays in the kernel after this is disposed; all else
/// goes with it.
/// </summary>
public sealed unsafe class BpfObject : IDisposable
{
    private readonly string _path;
    private void* _object;

    private BpfObject(string path, void* bpfObject)
    {
        _path = path;
        _object = bpfObject;
    }

    /// <summary>Reads an object file.</summary>
    public static BpfObject Open(string path)
    {
        LibBpf.Silence();
        var bpfObject = LibBpf.bpf_object__open_file(path, null);
        return bpfObject != null
            ? new BpfObject(path, bpfObject)
            : throw new KernelException("bpf_object__open", KernelException.LastErrno, path);
    }

    /// <summary>Before <see cref="Load"/>: use an existing map in the place of a new one.</summary>
    public void Reuse(string map, BpfMap existing)
    {
        // libbpf makes a duplicate of its own.
        _ = LibBpf.Check(LibBpf.bpf_map__reuse_fd(Map(map), existing.Descriptor.Number), "bpf_map__reuse_fd", map);
        GC.KeepAlive(existing);
    }

    /// <summary>Has the kernel verify the programs and makes the maps.</summary>
    public void Load() => _ = LibBpf.Check(LibBpf.bpf_object__load(_object), "bpf_object__load", _path);

    /// <summary>A loaded program.</summary>
    public BpfProgram Program(string name)
    {
        var program = LibBpf.bpf_object__find_program_by_name(_object, name);
        return program != null
            ? new BpfProgram(Duplicate(LibBpf.bpf_program__fd(program), name))
            : throw new KernelException("bpf_object__find_program_by_name", Errno.ENOENT, name);
    }

    /// <summary>A map of a loaded object.</summary>
    public BpfMap OpenMap(string name) => new(Duplicate(LibBpf.bpf_map__fd(Map(name)), name));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_object != null)
            LibBpf.bpf_object__close(_object);
        _object = null;
    }

    private void* Map(string name)
    {
        var map = LibBpf.bpf_object__find_map_by_name(_object, name);
        return map != null ? map : throw new KernelException("bpf_object__find_map_by_name", Errno.ENOENT, name);
    }

    // libbpf closes its descriptors with the object; ours live as long as their handles.
    private static FileDescriptor Duplicate(int descriptor, string subject) =>
        new(KernelException.Check(LibC.fcntl(descriptor, LibC.F_DUPFD_CLOEXEC, 3), "fcntl(F_DUPFD_CLOEXEC)", subject));
}
