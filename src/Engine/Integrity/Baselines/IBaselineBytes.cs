using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Integrity.Baselines;

/// <summary>The bytes of a baseline: a file's, or an array's.</summary>
internal interface IBaselineBytes : IDisposable
{
    long Length { get; }

    /// <summary>Fills a span; false if the bytes end before.</summary>
    bool TryRead(long offset, Span<byte> into);
}

/// <summary>Those of an open file.</summary>
internal sealed class FileBytes(FileDescriptor file) : IBaselineBytes
{
    public long Length { get; } = FileStatus.Of(file).Size;

    public bool TryRead(long offset, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            var count = FileIo.ReadAt(file, into, offset);
            if (count == 0)
                return false;
            into = into[count..];
            offset += count;
        }

        return true;
    }

    public void Dispose() => file.Dispose();
}

/// <summary>Those of an array.</summary>
internal sealed class MemoryBytes(byte[] bytes) : IBaselineBytes
{
    public long Length => bytes.Length;

    public bool TryRead(long offset, Span<byte> into)
    {
        if (offset > bytes.Length - into.Length)
            return false;
        bytes.AsSpan((int)offset, into.Length).CopyTo(into);
        return true;
    }

    public void Dispose() { }
}
