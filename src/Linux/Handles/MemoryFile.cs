using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>A file without a name, in memory (memfd_create(2)), to hand something to another process.</summary>
public static class MemoryFile
{
    /// <summary>Makes one that holds these bytes.</summary>
    /// <param name="name">For people who look into /proc.</param>
    /// <param name="content">What it holds.</param>
    public static FileDescriptor Create(string name, ReadOnlySpan<byte> content)
    {
        var file = new FileDescriptor(KernelException.Check(LibC.memfd_create(name, LibC.MFD_CLOEXEC), "memfd_create", name));
        FileIo.WriteAt(file, content, 0);
        return file;
    }
}
