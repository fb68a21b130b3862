using System.Buffers.Binary;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Cryptography;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>Measures files: one for each thread.</summary>
internal sealed class Meter : IDisposable
{
    private const int LongestTarget = 4096;

    // The kernel's own bound of a list and of a value (XATTR_LIST_MAX, XATTR_SIZE_MAX in linux/limits.h).
    private const int LongestAttribute = 65536;

    private readonly Sha256 _hash = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(256 * 1024);
    private readonly byte[] _names = GC.AllocateUninitializedArray<byte>(LongestAttribute);

    public void Dispose() => _hash.Dispose();

    /// <summary>Measures one file; what it is goes into it.</summary>
    internal void Measure(Measurement file)
    {
        var status = file.Status;
        byte[]? content = null, target = null;
        var error = Errno.None;
        if (status.IsRegular && (file.Wanted & Attributes.AnyContent) != 0)
            error = Content(file, ref status, out content);
        else if (status.IsLink && (file.Wanted & Attributes.Target) != 0)
            error = Target(file, out target);
        byte[]? acl = null, capability = null, extended = null;
        if (error == Errno.None && (file.Wanted & Attributes.AnyExtended) != 0)
            error = Extended(file, out acl, out capability, out extended);
        file.Error = error;
        if (error == Errno.None)
        {
            file.Result = new FileState
            {
                Status = status,
                Content = content,
                Target = target,
                Acl = acl,
                Capability = capability,
                Extended = extended,
            };
        }
    }

    // What is opened is what is told: somebody may exchange it between two looks.
    private Errno Content(Measurement file, ref EntryStatus status, out byte[]? digest)
    {
        digest = null;
        var errno = Entries.TryOpenFile(file.Directory.Merged, file.Name, out var opened);
        if (errno != Errno.None)
            return errno;
        using (opened)
        {
            errno = Entries.TryStatus(opened!, out status);
            if (errno != Errno.None || !status.IsRegular)
                return errno == Errno.None ? Errno.ESTALE : errno;
            try
            {
                digest = Hash(opened!, Math.Min(status.Size, file.ContentLength));
            }
            catch (KernelException failed)
            {
                return failed.Errno;
            }
        }

        return Errno.None;
    }

    // Never past the length: a file may grow as fast as it is read.
    private byte[] Hash(FileDescriptor file, ulong length)
    {
        for (ulong at = 0; at < length;)
        {
            var want = (int)Math.Min((ulong)_buffer.Length, length - at);
            var count = FileIo.ReadAt(file, _buffer.AsSpan(0, want), (long)at);
            if (count == 0)
                break;
            _hash.Add(_buffer.AsSpan(0, count));
            at += (ulong)count;
        }

        var digest = new byte[Sha256.Size];
        _hash.Finish(digest);
        return digest;
    }

    private Errno Target(Measurement file, out byte[]? target)
    {
        var errno = Entries.TryReadLink(file.Directory.Merged, file.Name, _buffer.AsSpan(0, LongestTarget), out var count);
        target = errno == Errno.None ? _buffer.AsSpan(0, count).ToArray() : null;
        return errno;
    }

    private Errno Extended(Measurement file, out byte[]? acl, out byte[]? capability, out byte[]? extended)
    {
        (acl, capability, extended) = (null, null, null);
        if (!file.Directory.MayHaveAttributes(file.Name, _buffer))
            return Errno.None;
        var errno = Entries.TryListAttributes(file.Directory.Merged, file.Name, _names, out var length);
        if (errno != Errno.None || length == 0)
            return errno == Errno.EOPNOTSUPP ? Errno.None : errno;
        var names = new List<byte[]>();
        for (var rest = _names.AsSpan(0, length); !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)0);
            if (end < 0)
                return Errno.EIO;
            names.Add(rest[..(end + 1)].ToArray());
            rest = rest[(end + 1)..];
        }

        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        errno = Digest(file, names, Attributes.Acl, out acl);
        if (errno == Errno.None)
            errno = Digest(file, names, Attributes.Capability, out capability);
        return errno == Errno.None ? Digest(file, names, Attributes.Extended, out extended) : errno;
    }

    // Each name and each value with its length before it: no two sets give the same bytes.
    private Errno Digest(Measurement file, List<byte[]> names, Attributes kind, out byte[]? digest)
    {
        digest = null;
        if ((file.Wanted & kind) == 0)
            return Errno.None;
        Span<byte> length = stackalloc byte[8];
        foreach (var name in names)
        {
            if (KindOf(name) != kind)
                continue;
            var errno = Entries.TryGetAttribute(file.Directory.Merged, file.Name, name, _buffer.AsSpan(0, LongestAttribute), out var count);
            if (errno == Errno.ENODATA)
                continue;
            if (errno != Errno.None)
                return Failed(errno);
            BinaryPrimitives.WriteInt32LittleEndian(length, name.Length);
            BinaryPrimitives.WriteInt32LittleEndian(length[4..], count);
            _hash.Add(length);
            _hash.Add(name);
            _hash.Add(_buffer.AsSpan(0, count));
            digest ??= new byte[Sha256.Size];
        }

        if (digest is not null)
            _hash.Finish(digest);
        return Errno.None;
    }

    // What was begun must not be part of the next digest.
    private Errno Failed(Errno errno)
    {
        Span<byte> forgotten = stackalloc byte[Sha256.Size];
        _hash.Finish(forgotten);
        return errno;
    }

    private static Attributes KindOf(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("system.posix_acl_"u8))
            return Attributes.Acl;
        if (name.SequenceEqual("security.capability\0"u8))
            return Attributes.Capability;
        // Of the views and of overlayfs: not the file's own.
        var own = name.StartsWith("system.hyperspector."u8) || name.StartsWith("trusted.overlay."u8);
        return own ? Attributes.None : Attributes.Extended;
    }
}
