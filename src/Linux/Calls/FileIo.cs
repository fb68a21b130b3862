using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Reading, writing and listing by descriptor.</summary>
public static class FileIo
{
    /// <summary>Reads at a position without moving the descriptor's own (pread(2)); 0 at the end.</summary>
    public static unsafe int ReadAt(FileDescriptor file, Span<byte> buffer, long offset)
    {
        while (true)
        {
            long count;
            fixed (byte* start = buffer) // SAFETY: the kernel writes at most buffer.Length bytes.
                count = LibC.syscall(LibC.SYS_pread64, file.Number, (long)start, buffer.Length, offset, 0, 0);
            GC.KeepAlive(file);
            if (count >= 0)
                return (int)count;
            if (KernelException.LastErrno != Errno.EINTR)
                throw new KernelException("pread", KernelException.LastErrno);
        }
    }

    /// <summary>
    /// Where the next bytes after <paramref name="offset"/> stand that are not a hole (lseek(2), SEEK_DATA); null when there is nothing
    /// but a hole up to the end. File systems without holes say <paramref name="offset"/> itself.
    /// </summary>
    public static long? NextData(FileDescriptor file, long offset)
    {
        const int SEEK_DATA = 3;
        var result = LibC.syscall(LibC.SYS_lseek, file.Number, offset, SEEK_DATA, 0, 0, 0);
        GC.KeepAlive(file);
        if (result >= 0)
            return result;
        return KernelException.LastErrno == Errno.ENXIO ? null : throw new KernelException("lseek(SEEK_DATA)", KernelException.LastErrno);
    }

    /// <summary>Reads what is there; -1 when a non-blocking descriptor has nothing.</summary>
    public static unsafe int TryRead(FileDescriptor file, Span<byte> buffer)
    {
        while (true)
        {
            nint count;
            fixed (byte* start = buffer) // SAFETY: the kernel writes at most buffer.Length bytes.
                count = LibC.read(file.Number, start, (nuint)buffer.Length);
            GC.KeepAlive(file);
            if (count >= 0)
                return (int)count;
            var errno = KernelException.LastErrno;
            if (errno == Errno.EAGAIN)
                return -1;
            if (errno != Errno.EINTR)
                throw new KernelException("read", errno);
        }
    }

    /// <summary>One write(2): how much the kernel took, which may be a part; the errno where it took nothing.</summary>
    public static unsafe Errno TryWrite(FileDescriptor file, ReadOnlySpan<byte> bytes, out int written)
    {
        while (true)
        {
            nint count;
            fixed (byte* start = bytes) // SAFETY: the kernel reads at most bytes.Length bytes.
                count = LibC.write(file.Number, start, (nuint)bytes.Length);
            GC.KeepAlive(file);
            written = (int)Math.Max(count, 0);
            if (count >= 0)
                return Errno.None;
            if (KernelException.LastErrno != Errno.EINTR)
                return KernelException.LastErrno;
        }
    }

    /// <summary>Writes all of it at a position (pwrite(2)).</summary>
    public static unsafe void WriteAt(FileDescriptor file, ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            long count;
            fixed (byte* start = bytes) // SAFETY: the kernel reads at most bytes.Length bytes.
                count = LibC.syscall(LibC.SYS_pwrite64, file.Number, (long)start, bytes.Length, offset, 0, 0);
            GC.KeepAlive(file);
            if (count < 0 && KernelException.LastErrno != Errno.EINTR)
                throw new KernelException("pwrite", KernelException.LastErrno);
            bytes = bytes[(int)Math.Max(count, 0)..];
            offset += Math.Max(count, 0);
        }
    }

    /// <summary>Gives the room of a part of a file back; it reads as zeros from then on (fallocate(2), FALLOC_FL_PUNCH_HOLE).</summary>
    public static void PunchHole(FileDescriptor file, long offset, long length)
    {
        const int FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2;
        if (LibC.syscall(LibC.SYS_fallocate, file.Number, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, length, 0, 0) < 0)
            throw new KernelException("fallocate", KernelException.LastErrno);
        GC.KeepAlive(file);
    }

    /// <summary>Cuts a file (ftruncate(2)).</summary>
    public static void Truncate(FileDescriptor file, long length)
    {
        if (LibC.syscall(LibC.SYS_ftruncate, file.Number, length, 0, 0, 0, 0) < 0)
            throw new KernelException("ftruncate", KernelException.LastErrno);
        GC.KeepAlive(file);
    }

    /// <summary>Waits until a file's bytes are on the medium (fdatasync(2)). Returns the errno: the disk may be full or ill.</summary>
    public static Errno Synchronize(FileDescriptor file)
    {
        var result = LibC.syscall(LibC.SYS_fdatasync, file.Number, 0, 0, 0, 0, 0);
        GC.KeepAlive(file);
        return result < 0 ? KernelException.LastErrno : Errno.None;
    }

    /// <summary>Names in a directory, at most <paramref name="limit"/>; needs no path (getdents64(2)).</summary>
    public static unsafe IReadOnlyList<string> List(FileDescriptor directory, int limit)
    {
        if (LibC.syscall(LibC.SYS_lseek, directory.Number, 0, 0, 0, 0, 0) < 0)
            throw new KernelException("lseek", KernelException.LastErrno);
        var names = new List<string>();
        var buffer = new byte[16 * 1024];
        while (names.Count < limit)
        {
            long count;
            fixed (byte* start = buffer) // SAFETY: the kernel writes at most buffer.Length bytes.
                count = LibC.syscall(LibC.SYS_getdents64, directory.Number, (long)start, buffer.Length, 0, 0, 0);
            GC.KeepAlive(directory);
            if (count < 0)
                throw new KernelException("getdents64", KernelException.LastErrno);
            if (count == 0)
                break;
            // struct linux_dirent64: u64 inode, s64 offset, u16 length at 16, u8 type, name at 19, null-terminated.
            for (var at = 0; at < count && names.Count < limit; at += BitConverter.ToUInt16(buffer, at + 16))
            {
                var rest = buffer.AsSpan(at + 19);
                var name = System.Text.Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
                if (name is not ("." or ".."))
                    names.Add(name);
            }
        }

        return names;
    }
}
