using HyperSpector.Engine.Fuse.Operations;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// Every request of the protocol. What modifies is EROFS: the mount is read-only, so that the kernel says so before it asks us, and
/// this is the second lock on that door. What has no row is ENOSYS.
/// </summary>
/// <remarks>
/// ENOSYS has a meaning of its own here: the kernel does not ask again, and does what a file system without that operation does. So
/// flush and fsync succeed at once, locks are the mount's own and never reach the server VM, and poll says what it says of any regular
/// file (fs/fuse/file.c).
/// </remarks>
internal static class FuseTable
{
    private static readonly FuseOperation?[] s_rows = ByOpcode(
    [
        FuseOperation.Serve(fuse_opcode.FUSE_INIT, InitOperation.Init),
        FuseOperation.Serve(fuse_opcode.FUSE_DESTROY, InitOperation.Destroy),
        FuseOperation.Note(fuse_opcode.FUSE_INTERRUPT, Ignore),
        FuseOperation.Note(fuse_opcode.FUSE_NOTIFY_REPLY, Ignore),

        FuseOperation.Serve(fuse_opcode.FUSE_LOOKUP, NodeOperations.Lookup),
        FuseOperation.Note(fuse_opcode.FUSE_FORGET, NodeOperations.Forget),
        FuseOperation.Note(fuse_opcode.FUSE_BATCH_FORGET, NodeOperations.ForgetMany),
        FuseOperation.Serve(fuse_opcode.FUSE_GETATTR, NodeOperations.GetAttributes),
        FuseOperation.Serve(fuse_opcode.FUSE_STATX, NodeOperations.Statx),
        FuseOperation.Serve(fuse_opcode.FUSE_READLINK, NodeOperations.ReadLink),
        FuseOperation.Serve(fuse_opcode.FUSE_STATFS, NodeOperations.GetFileSystem),
        FuseOperation.Serve(fuse_opcode.FUSE_ACCESS, NodeOperations.Access),
        FuseOperation.Serve(fuse_opcode.FUSE_GETXATTR, ExtendedAttributeOperations.Get),
        FuseOperation.Serve(fuse_opcode.FUSE_LISTXATTR, ExtendedAttributeOperations.List),

        FuseOperation.Serve(fuse_opcode.FUSE_OPEN, FileOperations.Open),
        FuseOperation.Serve(fuse_opcode.FUSE_READ, FileOperations.Read),
        FuseOperation.Serve(fuse_opcode.FUSE_LSEEK, FileOperations.Seek),
        FuseOperation.Serve(fuse_opcode.FUSE_RELEASE, FileOperations.Release),
        FuseOperation.Serve(fuse_opcode.FUSE_IOCTL, FileOperations.Control),
        FuseOperation.Serve(fuse_opcode.FUSE_OPENDIR, DirectoryOperations.Open),
        FuseOperation.Serve(fuse_opcode.FUSE_READDIR, DirectoryOperations.Read),
        FuseOperation.Serve(fuse_opcode.FUSE_READDIRPLUS, DirectoryOperations.ReadPlus),
        FuseOperation.Serve(fuse_opcode.FUSE_RELEASEDIR, DirectoryOperations.Release),

        FuseOperation.Refuse(fuse_opcode.FUSE_SETATTR, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_SYMLINK, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_MKNOD, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_MKDIR, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_UNLINK, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_RMDIR, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_RENAME, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_RENAME2, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_LINK, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_WRITE, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_SETXATTR, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_REMOVEXATTR, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_CREATE, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_TMPFILE, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_FALLOCATE, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_COPY_FILE_RANGE, Errno.EROFS),
        FuseOperation.Refuse(fuse_opcode.FUSE_COPY_FILE_RANGE_64, Errno.EROFS),

        FuseOperation.Refuse(fuse_opcode.FUSE_FLUSH, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_FSYNC, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_FSYNCDIR, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_SYNCFS, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_GETLK, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_SETLK, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_SETLKW, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_POLL, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_BMAP, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_SETUPMAPPING, Errno.ENOSYS),
        FuseOperation.Refuse(fuse_opcode.FUSE_REMOVEMAPPING, Errno.ENOSYS),
    ]);

    internal static FuseOperation? Find(uint opcode) => opcode < (uint)s_rows.Length ? s_rows[opcode] : null;

    private static FuseOperation?[] ByOpcode(FuseOperation[] rows)
    {
        var table = new FuseOperation?[64];
        foreach (var row in rows)
            table[(int)row.Opcode] = row;
        return table;
    }

    // An interrupted caller gets its answer all the same: none of ours takes long enough for more.
    private static Errno Ignore(FuseServer server, in Wire.FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        return Errno.None;
    }
}
