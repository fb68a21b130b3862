using System.Runtime.InteropServices;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>
/// One page of shared memory (mmap(2), MAP_SHARED): of a mmapable BPF map, whose programs see each store at once, or of a memfd.
/// Used by one thread at a time.
/// </summary>
public sealed unsafe class MappedPage : IDisposable
{
    /// <summary>Its size.</summary>
    public const int Size = 4096;

    private byte* _start;

    /// <summary>Maps the first page of what a descriptor refers to. The mapping outlives the descriptor.</summary>
    public MappedPage(FileDescriptor descriptor)
    {
        var start = LibC.mmap(null, Size, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED, descriptor.Number, 0);
        GC.KeepAlive(descriptor);
        if ((nint)start == -1)
            throw new KernelException("mmap", KernelException.LastErrno);
        _start = (byte*)start;
    }

    /// <summary>The page; not to be used after <see cref="Dispose"/>.</summary>
    public Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            // SAFETY: the mapping has Size bytes and lives until Dispose.
            return new Span<byte>(_start, Size);
        }
    }

    /// <summary>The first 32-bit word, as others see it now.</summary>
    public uint Load() => Volatile.Read(ref MemoryMarshal.AsRef<uint>(Bytes));

    /// <summary>Stores the first 32-bit word; when this returns every processor sees it (full fence).</summary>
    public void Store(uint value)
    {
        Volatile.Write(ref MemoryMarshal.AsRef<uint>(Bytes), value);
        Interlocked.MemoryBarrier();
    }

    /// <summary>An anonymous file of one zeroed page that several processes can map (memfd_create(2)).</summary>
    public static FileDescriptor CreateFile(string name)
    {
        var descriptor = new FileDescriptor(KernelException.Check(LibC.memfd_create(name, LibC.MFD_CLOEXEC), "memfd_create", name));
        _ = KernelException.Check(LibC.ftruncate(descriptor.Number, Size), "ftruncate", name);
        return descriptor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // SAFETY: unmapped once, exactly as mapped; Bytes refuses afterwards.
        if (_start is not null)
            _ = LibC.munmap(_start, Size);
        _start = null;
    }
}
