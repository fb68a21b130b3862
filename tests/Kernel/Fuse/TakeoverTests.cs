using HyperSpector.Engine.Fuse;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Kernel.Fuse;

/// <summary>A server's end and its successor's beginning, on one descriptor: whoever looks at the view notices nothing.</summary>
public sealed class TakeoverTests
{
    private readonly MemoryTree _tree = new();

    public TakeoverTests() => _ = _tree.AddFile(_tree.Root, "file", "text");

    [Fact]
    public void Requests_WaitForTheNextLoop() => FuseScene.Mounted(_tree, scene =>
    {
        using (var first = scene.Loop())
        {
            first.Start();
            Assert.Equal("text", FuseScene.Shell("cat file"));
            Assert.True(first.Stop(FuseScene.Limit));
        }

        var (thread, result) = FuseScene.Background(() => FuseScene.Shell("cat file"));
        Assert.False(thread.Join(TimeSpan.FromMilliseconds(100)));
        using var next = scene.Loop(Successor(scene));
        next.Start();
        Assert.True(thread.Join(FuseScene.Limit));
        Assert.Equal("text", result());
        Assert.Empty(scene.Lines);
    });

    [Fact]
    public void Requests_ThatTheDeadOneHadRead_AreReadAgain() => FuseScene.Mounted(_tree, scene =>
    {
        using (var first = scene.Loop())
        {
            first.Start();
            _ = FuseScene.Shell("true");
            Assert.True(first.Stop(FuseScene.Limit));
        }

        Assert.SkipUnless(scene.Session!.CanResend, "the kernel cannot hand out requests again (Linux 6.9)");
        var (thread, result) = FuseScene.Background(() => FuseScene.Shell("cat file"));
        var lost = new byte[FuseLimits.Request];
        ulong unique;
        Assert.Equal(Errno.None, scene.Channel.TryRead(lost, out var length));
        Assert.True(FuseRequest.TryParse(lost.AsSpan(0, length), out var request));
        unique = request.Unique;

        // Without more the caller would wait for ever: the request is not in the queue.
        using var next = scene.Loop(Successor(scene));
        next.Start();
        Assert.False(thread.Join(TimeSpan.FromSeconds(1)));
        Assert.Equal(Errno.None, scene.Notifier.Resend());
        Assert.True(thread.Join(FuseScene.Limit));
        Assert.Equal("text", result());

        // The dead one's answer, had it come late, would have been for nobody.
        var late = new byte[FuseLimits.Reply];
        Assert.Equal(0ul, unique & FuseProtocol.FUSE_UNIQUE_RESEND);
        var answer = late.AsSpan(0, scene.Server.Handle(lost.AsSpan(0, length), late));
        Assert.Equal(Errno.ENOENT, scene.Channel.TryWrite(answer));
        scene.Server.Retract(lost.AsSpan(0, length), answer);
        Assert.Empty(scene.Lines);
    });

    [Fact]
    public void FirstRequest_ThatTheDeadOneHadRead_IsReadAgain() => FuseScene.Mounted(_tree, scene =>
    {
        var lost = new byte[FuseLimits.Request];
        Assert.Equal(Errno.None, scene.Channel.TryRead(lost, out _));
        var errno = new FuseNotifier(scene.Channel, session: null).Resend();
        Assert.SkipWhen(errno == Errno.EINVAL, "the kernel cannot hand out requests again (Linux 6.9)");
        Assert.Equal(Errno.None, errno);
        using var next = scene.Loop();
        next.Start();
        Assert.Equal("text", FuseScene.Shell("cat file"));
        Assert.NotNull(scene.Session);
    });

    // As another process would begin: with nothing but what was kept.
    private FuseServer Successor(FuseScene scene)
    {
        var kept = new byte[FuseSession.Size];
        scene.Session!.Write(kept);
        Assert.True(FuseSession.TryRead(kept, out var session));
        return new FuseServer(_tree, scene.Log, session);
    }
}
