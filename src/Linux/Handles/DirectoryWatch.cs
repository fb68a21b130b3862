using System.Buffers.Binary;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>What changed in a watched directory (inotify(7)).</summary>
[Flags]
public enum DirectoryChange : uint
{
    /// <summary>The content of a file.</summary>
    Modified = LibC.IN_MODIFY,

    /// <summary>Attributes of a file or of the directory itself.</summary>
    Attributes = LibC.IN_ATTRIB,

    /// <summary>A name went away by a rename.</summary>
    MovedFrom = LibC.IN_MOVED_FROM,

    /// <summary>A name came by a rename, perhaps in the place of another.</summary>
    MovedTo = LibC.IN_MOVED_TO,

    /// <summary>A name was made.</summary>
    Created = LibC.IN_CREATE,

    /// <summary>A name was removed.</summary>
    Deleted = LibC.IN_DELETE,

    /// <summary>The directory itself was removed.</summary>
    SelfDeleted = LibC.IN_DELETE_SELF,

    /// <summary>The directory itself was renamed.</summary>
    SelfMoved = LibC.IN_MOVE_SELF,

    /// <summary>More happened than the kernel kept: anything may have changed in any directory.</summary>
    Overflow = LibC.IN_Q_OVERFLOW,

    /// <summary>All of the above but <see cref="Overflow"/>.</summary>
    All = Modified | Attributes | MovedFrom | MovedTo | Created | Deleted | SelfDeleted | SelfMoved,

    /// <summary>The watch is gone, with its directory or by <see cref="DirectoryWatch.Remove"/>; its number may be used again.</summary>
    Ended = LibC.IN_IGNORED,
}

/// <summary>One event: where, what, and the name in that directory (empty: the directory itself).</summary>
public readonly ref struct DirectoryEvent(int watch, DirectoryChange change, ReadOnlySpan<byte> name)
{
    /// <summary>The number that <see cref="DirectoryWatch.TryAdd"/> gave; -1 for <see cref="DirectoryChange.Overflow"/>.</summary>
    public int Watch => watch;

    /// <summary>What happened.</summary>
    public DirectoryChange Change => change;

    /// <summary>To which name.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;
}

/// <summary>Watches directories for changes of their names and of the files in them (inotify(7)); needs no privilege.</summary>
public sealed unsafe class DirectoryWatch : IDisposable
{
    private const uint Changes =
        LibC.IN_MODIFY | LibC.IN_ATTRIB | LibC.IN_MOVED_FROM | LibC.IN_MOVED_TO | LibC.IN_CREATE | LibC.IN_DELETE
        | LibC.IN_DELETE_SELF | LibC.IN_MOVE_SELF | LibC.IN_ONLYDIR | LibC.IN_EXCL_UNLINK;

    /// <summary>Makes one without directories.</summary>
    public DirectoryWatch() => Descriptor = new FileDescriptor(
        KernelException.Check(LibC.inotify_init1(LibC.IN_NONBLOCK | LibC.IN_CLOEXEC), "inotify_init1"));

    /// <summary>Readable when there are events.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>
    /// Adds a directory; the same one twice gives the same number. ENOSPC: the user has too many (fs.inotify.max_user_watches).
    /// </summary>
    public Errno TryAdd(FileDescriptor directory, out int watch)
    {
        watch = LibC.inotify_add_watch(Descriptor.Number, directory.ProcPath, Changes);
        GC.KeepAlive(directory);
        return watch < 0 ? KernelException.LastErrno : Errno.None;
    }

    /// <summary>Removes one; <see cref="DirectoryChange.Ended"/> follows. Does nothing if it is gone already.</summary>
    public void Remove(int watch)
    {
        _ = LibC.syscall(LibC.SYS_inotify_rm_watch, Descriptor.Number, watch, 0, 0, 0, 0);
        GC.KeepAlive(this);
    }

    /// <summary>What happened, as much as fits; empty: nothing more.</summary>
    public Events Read(Span<byte> buffer)
    {
        var count = FileIo.TryRead(Descriptor, buffer);
        return new Events(buffer[..Math.Max(count, 0)]);
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>Events that were read.</summary>
    public ref struct Events(ReadOnlySpan<byte> read)
    {
        // struct inotify_event: s32 watch, u32 mask, u32 cookie, u32 length, then the name, null-terminated and padded.
        private const int Header = 16;

        private ReadOnlySpan<byte> _rest = read;

        /// <summary>There are none.</summary>
        public readonly bool IsEmpty => _rest.IsEmpty;

        /// <summary>The event that <see cref="MoveNext"/> came to.</summary>
        public DirectoryEvent Current { get; private set; }

        /// <summary>Goes on to the next event.</summary>
        public bool MoveNext()
        {
            if (_rest.Length < Header)
                return false;
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(_rest[12..]);
            var name = _rest.Slice(Header, length);
            var end = name.IndexOf((byte)0);
            Current = new DirectoryEvent(
                BinaryPrimitives.ReadInt32LittleEndian(_rest),
                (DirectoryChange)BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]),
                end < 0 ? name : name[..end]);
            _rest = _rest[(Header + length)..];
            return true;
        }

        /// <summary>For foreach.</summary>
        public readonly Events GetEnumerator() => this;
    }
}
