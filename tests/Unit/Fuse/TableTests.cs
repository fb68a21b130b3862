using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Unit.Fuse;

public sealed class TableTests
{
    private readonly ServerScene _scene = new();

    public static TheoryData<fuse_opcode> Modifying() =>
    [
        fuse_opcode.FUSE_SETATTR, fuse_opcode.FUSE_SYMLINK, fuse_opcode.FUSE_MKNOD, fuse_opcode.FUSE_MKDIR, fuse_opcode.FUSE_UNLINK,
        fuse_opcode.FUSE_RMDIR, fuse_opcode.FUSE_RENAME, fuse_opcode.FUSE_RENAME2, fuse_opcode.FUSE_LINK, fuse_opcode.FUSE_WRITE,
        fuse_opcode.FUSE_SETXATTR, fuse_opcode.FUSE_REMOVEXATTR, fuse_opcode.FUSE_CREATE, fuse_opcode.FUSE_TMPFILE,
        fuse_opcode.FUSE_FALLOCATE, fuse_opcode.FUSE_COPY_FILE_RANGE, fuse_opcode.FUSE_COPY_FILE_RANGE_64,
    ];

    [Fact]
    public void EveryOpcode_HasARow()
    {
        foreach (var opcode in Enum.GetValues<fuse_opcode>().Where(o => o != fuse_opcode.CUSE_INIT))
            Assert.Equal(opcode, FuseTable.Find((uint)opcode)?.Opcode);
    }

    [Theory]
    [MemberData(nameof(Modifying))]
    public void Modifying_IsRefused_WhateverItSays(fuse_opcode opcode)
    {
        Assert.Equal(Errno.EROFS, _scene.Error(FuseMessage.Request(opcode, 1)));
        Assert.Equal(Errno.EROFS, _scene.Error(FuseMessage.Request(opcode, 1, new byte[200])));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(7u)]
    [InlineData(54u)]
    [InlineData(63u)]
    [InlineData(64u)]
    [InlineData(4096u)]
    [InlineData(uint.MaxValue)]
    public void Unknown_IsNotImplemented(uint opcode) =>
        Assert.Equal(Errno.ENOSYS, _scene.Error(FuseMessage.Request((fuse_opcode)opcode, 1)));

    [Theory]
    [InlineData(fuse_opcode.FUSE_FORGET)]
    [InlineData(fuse_opcode.FUSE_BATCH_FORGET)]
    [InlineData(fuse_opcode.FUSE_INTERRUPT)]
    [InlineData(fuse_opcode.FUSE_NOTIFY_REPLY)]
    public void Note_IsNotAnswered(fuse_opcode opcode)
    {
        Assert.Empty(_scene.Ask(FuseMessage.Request(opcode, 1)));
        Assert.Empty(_scene.Ask(FuseMessage.Request(opcode, 1, new byte[64])));
    }

    [Theory]
    [InlineData(fuse_opcode.FUSE_LOOKUP)]
    [InlineData(fuse_opcode.FUSE_OPEN)]
    [InlineData(fuse_opcode.FUSE_READ)]
    [InlineData(fuse_opcode.FUSE_RELEASE)]
    [InlineData(fuse_opcode.FUSE_LSEEK)]
    [InlineData(fuse_opcode.FUSE_IOCTL)]
    [InlineData(fuse_opcode.FUSE_OPENDIR)]
    [InlineData(fuse_opcode.FUSE_READDIR)]
    [InlineData(fuse_opcode.FUSE_READDIRPLUS)]
    [InlineData(fuse_opcode.FUSE_RELEASEDIR)]
    [InlineData(fuse_opcode.FUSE_GETXATTR)]
    [InlineData(fuse_opcode.FUSE_LISTXATTR)]
    [InlineData(fuse_opcode.FUSE_ACCESS)]
    public void Request_WithoutItsArguments_IsInvalid(fuse_opcode opcode) =>
        Assert.Equal(Errno.EINVAL, _scene.Error(FuseMessage.Request(opcode, 1)));

    [Fact]
    public void Failure_HarmsOneRequest_AndIsSaidInOneLine()
    {
        var file = _scene.Tree.AddFile(_scene.Tree.Root, "a", "text");
        _scene.Tree.Failure = new InvalidOperationException("broken\nby\u001b a test");
        Assert.Equal(Errno.EIO, _scene.Error(FuseMessage.Request(fuse_opcode.FUSE_GETATTR, file.Id)));
        var line = Assert.Single(_scene.Log);
        Assert.Contains("FUSE_GETATTR of node 2: InvalidOperationException: broken?by? a test", line, StringComparison.Ordinal);
        _scene.Tree.Failure = null;
        Assert.Equal(Errno.None, _scene.Error(FuseMessage.Request(fuse_opcode.FUSE_GETATTR, file.Id)));
    }

    [Fact]
    public void Failure_WhileForgetting_IsNotAnswered()
    {
        var server = new FuseServer(new Contrary(Errno.None), new Engine.Mediator.BoundedLog("test", TimeProvider.System, _ => { }), new FuseSession(45, 0));
        Assert.Equal(0, server.Handle(FuseMessage.Request(fuse_opcode.FUSE_FORGET, 1, new fuse_forget_in { nlookup = 1 }), new byte[100]));
    }

    [Theory]
    [InlineData(Errno.ENOSYS, Errno.EIO)]
    [InlineData((Errno)512, Errno.EIO)]
    [InlineData((Errno)(-5), Errno.EIO)]
    [InlineData(Errno.ESTALE, Errno.ESTALE)]
    public void Tree_SayingWhatMustNotBeSaid_IsAnError(Errno said, Errno answered)
    {
        var server = new FuseServer(new Contrary(said), new Engine.Mediator.BoundedLog("test", TimeProvider.System, _ => { }), new FuseSession(45, 0));
        var reply = new byte[8192];
        Assert.Equal(16, server.Handle(FuseMessage.Request(fuse_opcode.FUSE_GETATTR, 1), reply));
        Assert.Equal(answered, FuseMessage.Error(reply));
    }

    [Theory]
    [InlineData(fuse_opcode.FUSE_READ)]
    [InlineData(fuse_opcode.FUSE_READLINK)]
    [InlineData(fuse_opcode.FUSE_LISTXATTR)]
    public void Tree_CountingWrong_IsAnError(fuse_opcode opcode)
    {
        var server = new FuseServer(new Contrary(Errno.None), new Engine.Mediator.BoundedLog("test", TimeProvider.System, _ => { }), new FuseSession(45, 0));
        var reply = new byte[8192];
        var request = opcode == fuse_opcode.FUSE_LISTXATTR
            ? FuseMessage.Request(opcode, 1, new fuse_getxattr_in { size = 10 })
            : FuseMessage.Request(opcode, 1, new fuse_read_in { size = 10 });
        Assert.Equal(16, server.Handle(request, reply));
        Assert.NotEqual(Errno.None, FuseMessage.Error(reply));
    }

    [Fact]
    public void Noise_IsNotAnswered_AndSaid()
    {
        Assert.Empty(_scene.Ask([]));
        Assert.Empty(_scene.Ask(new byte[39]));
        Assert.Equal(2, _scene.Log.Count);
    }

    [Fact]
    public void Request_ThatSucceeds_AllocatesNothing()
    {
        var directory = _scene.Tree.AddDirectory(_scene.Tree.Root, "d");
        for (var i = 0; i < 100; i++)
            _ = _scene.Tree.AddFile(directory, $"file {i}", "text");
        byte[][] requests =
        [
            FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, directory.Id, "file 7"),
            FuseMessage.Request(fuse_opcode.FUSE_GETATTR, 3),
            FuseMessage.Request(fuse_opcode.FUSE_STATX, 3),
            FuseMessage.Request(fuse_opcode.FUSE_OPEN, 3, new fuse_open_in()),
            FuseMessage.Request(fuse_opcode.FUSE_READ, 3, new fuse_read_in { fh = 3, size = 100 }),
            FuseMessage.Request(fuse_opcode.FUSE_RELEASE, 3, new fuse_release_in { fh = 3 }),
            FuseMessage.Request(fuse_opcode.FUSE_READDIRPLUS, directory.Id, new fuse_read_in { fh = directory.Id, size = 32768 }),
            FuseMessage.Request(fuse_opcode.FUSE_FORGET, 3, new fuse_forget_in { nlookup = 1 }),
        ];
        var reply = new byte[65536];
        foreach (var request in requests)
        {
            reply.AsSpan(0, 16).Clear();
            _ = _scene.Server.Handle(request, reply);
            Assert.Equal(Errno.None, FuseMessage.Error(reply));
        }

        // A collection that other tests cause takes what is left of this thread's room for allocated (less than 8 KiB); what requests allocate
        // is seen each time.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                foreach (var request in requests)
                    _ = _scene.Server.Handle(request, reply);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
    }
}
