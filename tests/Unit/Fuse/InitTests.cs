using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Unit.Fuse;

public sealed class InitTests
{
    private readonly ServerScene _scene = new(negotiated: false);

    [Fact]
    public void Init_TakesWhatItWantsOfWhatIsOffered_AndTellsIt()
    {
        var answer = _scene.Answer<fuse_init_out>(FuseMessage.Init(ServerScene.Everything));
        var session = Assert.Single(_scene.Told);
        Assert.Equal(session, _scene.Server.Session);
        Assert.Equal((7u, 45u, 131072u), (answer.major, answer.minor, answer.max_readahead));
        Assert.Equal(session.Flags, answer.flags | ((ulong)answer.flags2 << 32));
        Assert.True(session is { Passthrough: true, CanExpire: true, CanResend: true, CanDropNames: true });
        Assert.Equal((256, 2u, 4096u), ((int)answer.max_pages, answer.max_stack_depth, answer.max_write));
        ulong[] refused =
        [
            FuseInit.FUSE_POSIX_LOCKS, FuseInit.FUSE_FLOCK_LOCKS, FuseInit.FUSE_EXPORT_SUPPORT, FuseInit.FUSE_WRITEBACK_CACHE,
            FuseInit.FUSE_READDIRPLUS_AUTO, FuseInit.FUSE_REQUEST_TIMEOUT, FuseInit.FUSE_OVER_IO_URING, FuseInit.FUSE_ALLOW_IDMAP,
            FuseInit.FUSE_SECURITY_CTX, FuseInit.FUSE_NO_OPEN_SUPPORT, FuseInit.FUSE_NO_OPENDIR_SUPPORT,
        ];
        Assert.All(refused, flag => Assert.Equal(0ul, session.Flags & flag));
    }

    [Theory]
    [InlineData(0ul, 31u)]
    [InlineData(FuseInit.FUSE_DO_READDIRPLUS, 37u)]
    [InlineData((1ul << 36) - 1, 38u)]
    [InlineData(ulong.MaxValue, 99u)]
    public void Init_NeverTakesWhatIsNotOffered(ulong offered, uint minor)
    {
        var answer = _scene.Answer<fuse_init_out>(FuseMessage.Init(offered, minor));
        Assert.Equal(0ul, (answer.flags | ((ulong)answer.flags2 << 32)) & ~offered);
        Assert.Equal(Math.Min(minor, 45), answer.minor);
        Assert.Equal((offered & FuseInit.FUSE_PASSTHROUGH) != 0 ? 2u : 0u, answer.max_stack_depth);
    }

    [Fact]
    public void Init_WithoutTheLongForm_DoesNotReadItsUpperFlags()
    {
        var request = FuseMessage.Init(ServerScene.Everything & ~FuseInit.FUSE_INIT_EXT);
        Assert.Equal(0u, _scene.Answer<fuse_init_out>(request).flags2);
    }

    [Fact]
    public void Init_OfAnOldKernel_IsShort()
    {
        var request = FuseMessage.Init(FuseInit.FUSE_DO_READDIRPLUS, minor: 35)[..(40 + 16)];
        request[0] = 56;
        Assert.Equal((uint)FuseInit.FUSE_DO_READDIRPLUS, _scene.Answer<fuse_init_out>(request).flags);
    }

    [Fact]
    public void Init_OfANewerProtocol_IsAnsweredWithOurs_AndComesAgain()
    {
        Assert.Equal(7u, _scene.Answer<fuse_init_out>(FuseMessage.Init(0, major: 8)).major);
        Assert.Empty(_scene.Told);
        Assert.Null(_scene.Server.Session);
    }

    [Theory]
    [InlineData(6u, 45u)]
    [InlineData(7u, 30u)]
    public void Init_OfTooOldAProtocol_IsRefused_AndSaid(uint major, uint minor)
    {
        Assert.Equal(Errno.EPROTO, _scene.Error(FuseMessage.Init(0, minor, major)));
        Assert.Contains($"the kernel speaks version {major}.{minor}; 7.31 is needed", Assert.Single(_scene.Log), StringComparison.Ordinal);
    }

    [Fact]
    public void Request_BeforeInit_IsAnError()
    {
        Assert.Equal(Errno.EIO, _scene.Error(FuseMessage.Request(fuse_opcode.FUSE_GETATTR, 1)));
        Assert.Equal(0, _scene.Tree.AttributeCount);
    }

    [Fact]
    public void Session_IsReadAsItWasWritten()
    {
        var bytes = new byte[FuseSession.Size];
        var session = new FuseSession(45, FuseInit.FUSE_PASSTHROUGH);
        session.Write(bytes);
        Assert.True(FuseSession.TryRead(bytes, out var read));
        Assert.Equal(session, read);
        Assert.False(FuseSession.TryRead(bytes.AsSpan(1), out _));
        bytes[0]++;
        Assert.False(FuseSession.TryRead(bytes, out _));
    }

    [Theory]
    [InlineData(true, 3, FuseProtocol.FOPEN_PASSTHROUGH, 3)]
    [InlineData(false, 3, FuseProtocol.FOPEN_KEEP_CACHE, 0)]
    [InlineData(true, 0, FuseProtocol.FOPEN_KEEP_CACHE, 0)]
    public void Passthrough_IsUsedOnlyIfNegotiated_AndAlone(bool negotiated, int backing, uint flags, int id)
    {
        var server = new FuseServer(
            new Backed(backing), new Engine.Mediator.BoundedLog("test", TimeProvider.System, _ => { }),
            new FuseSession(45, negotiated ? FuseInit.FUSE_PASSTHROUGH : 0));
        var reply = new byte[100];
        Assert.Equal(32, server.Handle(FuseMessage.Request(fuse_opcode.FUSE_OPEN, 1, new fuse_open_in()), reply));
        var opened = FuseMessage.Read<fuse_open_out>(reply);
        Assert.Equal((flags, id), (opened.open_flags, opened.backing_id));
    }

    private sealed class Backed(int backing) : Contrary(Errno.None)
    {
        public override Errno Open(ulong node, out FuseOpened opened)
        {
            opened = new FuseOpened(1, KeepCache: true, backing);
            return Errno.None;
        }
    }
}
