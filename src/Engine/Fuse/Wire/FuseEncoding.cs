using System.Runtime.InteropServices;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse.Wire;

/// <summary>Our words in the kernel's.</summary>
internal static class FuseEncoding
{
    internal static fuse_attr Attributes(in FuseAttributes from) => new()
    {
        ino = from.Inode,
        size = from.Size,
        blocks = from.Blocks,
        atime = unchecked((ulong)from.Accessed.Seconds),
        mtime = unchecked((ulong)from.Modified.Seconds),
        ctime = unchecked((ulong)from.Changed.Seconds),
        atimensec = from.Accessed.Nanoseconds,
        mtimensec = from.Modified.Nanoseconds,
        ctimensec = from.Changed.Nanoseconds,
        mode = from.Mode,
        nlink = from.Links,
        uid = from.User,
        gid = from.Group,
        rdev = from.Device,
        blksize = from.BlockSize,
    };

    internal static fuse_statx Statx(in FuseAttributes from) => new()
    {
        mask = FuseProtocol.STATX_BASIC_STATS | (from.Born is null ? 0 : FuseProtocol.STATX_BTIME),
        blksize = from.BlockSize,
        nlink = from.Links,
        uid = from.User,
        gid = from.Group,
        mode = (ushort)from.Mode,
        ino = from.Inode,
        size = from.Size,
        blocks = from.Blocks,
        atime = Time(from.Accessed),
        btime = Time(from.Born ?? default),
        ctime = Time(from.Changed),
        mtime = Time(from.Modified),
        // The opposite of new_encode_dev(): major in bits 8 to 19, minor in the others.
        rdev_major = (from.Device >> 8) & 0xfff,
        rdev_minor = (from.Device & 0xff) | ((from.Device >> 12) & 0xfff00),
    };

    internal static fuse_entry_out Entry(in FuseEntry from)
    {
        Valid(from.EntryValid, out var entrySeconds, out var entryNanoseconds);
        Valid(from.AttributesValid, out var attributeSeconds, out var attributeNanoseconds);
        return new fuse_entry_out
        {
            nodeid = from.Node,
            generation = from.Generation,
            entry_valid = entrySeconds,
            attr_valid = attributeSeconds,
            entry_valid_nsec = entryNanoseconds,
            attr_valid_nsec = attributeNanoseconds,
            // Of nothing there are no attributes; the kernel does not look at them.
            attr = from.Node == 0 ? default : Attributes(from.Attributes),
        };
    }

    /// <summary>A time as the kernel takes it; it stops at its own maximum, and less than nothing is nothing.</summary>
    internal static void Valid(TimeSpan time, out ulong seconds, out uint nanoseconds)
    {
        var ticks = (ulong)Math.Max(0, time.Ticks);
        seconds = ticks / TimeSpan.TicksPerSecond;
        nanoseconds = (uint)(ticks % TimeSpan.TicksPerSecond) * 100;
    }

    /// <summary>Writes a structure at the beginning of an answer.</summary>
    internal static int Write<T>(Span<byte> body, in T value) where T : unmanaged
    {
        MemoryMarshal.Write(body, in value);
        return MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).Length;
    }

    private static fuse_sx_time Time(FuseTime from) => new() { tv_sec = from.Seconds, tv_nsec = from.Nanoseconds };
}
