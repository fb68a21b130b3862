using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using HyperSpector.Engine.Fuse;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Unit.Fuse;

public sealed class LoopTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly Channel _channel = new();
    private readonly ConcurrentQueue<string> _log = [];
    private readonly MemoryTree _tree = new();
    private readonly FuseLoop _loop;

    public LoopTests()
    {
        var log = new BoundedLog("test", TimeProvider.System, _log.Enqueue);
        _loop = new FuseLoop(new FuseServer(_tree, log, new FuseSession(45, 0)), _channel, 3, log);
    }

    public void Dispose()
    {
        _channel.Requests.CompleteAdding();
        _loop.Dispose();
        _channel.Dispose();
    }

    [Fact]
    public void Loop_AnswersUntilUnmounted()
    {
        _loop.Start();
        for (var i = 0; i < 100; i++)
            _channel.Send(FuseMessage.Request(fuse_opcode.FUSE_GETATTR, 1));
        Assert.True(SpinWait.SpinUntil(() => _channel.Answers.Count == 100, s_limit));
        Assert.Equal(Errno.None, _loop.Ended);
        _channel.Requests.CompleteAdding();
        Assert.True(_loop.Wait(s_limit));
        Assert.Equal(Errno.ENODEV, _loop.Ended);
        Assert.All(_channel.Answers, answer => Assert.Equal(Errno.None, FuseMessage.Error(answer)));
        Assert.Empty(_log);
    }

    [Fact]
    public void Stop_EndsThreadsThatWait()
    {
        _loop.Start();
        Assert.False(_loop.Wait(TimeSpan.Zero));
        Assert.True(_loop.Stop(s_limit));
        Assert.True(_loop.Wait(TimeSpan.Zero));
        Assert.Equal(Errno.None, _loop.Ended);
    }

    [Fact]
    public void Answer_ThatIsNotTaken_IsTakenBack()
    {
        var file = _tree.AddFile(_tree.Root, "file", "");
        _channel.Refusal = Errno.ENOENT;
        _loop.Start();
        _channel.Send(FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, "file"));
        _channel.Send(FuseMessage.Request(fuse_opcode.FUSE_OPEN, file.Id, new fuse_open_in()));
        _channel.Requests.CompleteAdding();
        Assert.True(_loop.Wait(s_limit));
        Assert.Equal((1L, 0L, 0), (_tree.LookupCount, _tree.Lookups, _tree.OpenCount));
        Assert.Empty(_log);
    }

    [Fact]
    public void Requests_ThatAreStuck_DelayNoOthers_UntilAllThreadsAre()
    {
        using var slow = new Slow();
        var log = new BoundedLog("test", TimeProvider.System, _log.Enqueue);
        using var channel = new Channel();
        using var loop = new FuseLoop(new FuseServer(slow, log, new FuseSession(45, 0)), channel, 3, log);
        loop.Start();
        for (var stuck = 1; stuck <= 2; stuck++)
        {
            channel.Send(FuseMessage.Request(fuse_opcode.FUSE_READLINK, 1));
            Assert.True(SpinWait.SpinUntil(() => slow.Stuck == stuck, s_limit));
            channel.Send(FuseMessage.Request(fuse_opcode.FUSE_GETATTR, 1));
            Assert.True(SpinWait.SpinUntil(() => channel.Answers.Count == stuck, s_limit));
        }

        Assert.Empty(_log);
        channel.Send(FuseMessage.Request(fuse_opcode.FUSE_READLINK, 1));
        channel.Send(FuseMessage.Request(fuse_opcode.FUSE_GETATTR, 1));
        Assert.True(SpinWait.SpinUntil(() => !_log.IsEmpty, s_limit));
        Assert.Contains("all 3 threads are busy", Assert.Single(_log), StringComparison.Ordinal);
        Assert.Equal(2, channel.Answers.Count);
        Assert.False(loop.Stop(TimeSpan.Zero));
        slow.Go.Set();
        Assert.True(loop.Stop(s_limit));
        Assert.Equal(3, slow.Stuck);
        Assert.True(channel.Answers.Count >= 5);
    }

    [Fact]
    public void Notifications_AreAsTheKernelReadsThem()
    {
        var notifier = new FuseNotifier(_channel, new FuseSession(45, ServerScene.Everything));
        Assert.Equal(Errno.None, notifier.InvalidateEntry(5, "name"u8));
        Assert.Equal(Errno.None, notifier.ExpireEntry(5, "name"u8));
        Assert.Equal(Errno.None, notifier.InvalidateAttributes(6));
        Assert.Equal(Errno.None, notifier.InvalidateData(7));
        Assert.Equal(Errno.None, notifier.InvalidateAllEntries());
        Assert.Equal(Errno.None, notifier.Resend());
        var sent = _channel.Answers.ToArray();
        Assert.Equal([3, 3, 2, 2, 8, 7], sent.Select(m => MemoryMarshal.Read<fuse_out_header>(m).error));
        Assert.All(sent, m => Assert.Equal(((uint)m.Length, 0ul), (MemoryMarshal.Read<fuse_out_header>(m).len, MemoryMarshal.Read<fuse_out_header>(m).unique)));
        Assert.Equal([16 + 16 + 5, 16 + 16 + 5, 40, 40, 16, 16], sent.Select(m => m.Length));
        Assert.Equal("name\0"u8.ToArray(), sent[0][32..]);
        Assert.Equal([0u, 1u], sent[..2].Select(m => FuseMessage.Read<fuse_notify_inval_entry_out>(m).flags));
        Assert.Equal([-1L, 0L], sent[2..4].Select(m => FuseMessage.Read<fuse_notify_inval_inode_out>(m).off));
    }

    [Fact]
    public void Notifications_ThatTheKernelDoesNotKnow_AreNotSent()
    {
        var notifier = new FuseNotifier(_channel, new FuseSession(37, 0));
        Assert.Equal(Errno.EOPNOTSUPP, notifier.InvalidateAllEntries());
        Assert.Equal(Errno.EOPNOTSUPP, notifier.Resend());
        Assert.Equal(Errno.ENAMETOOLONG, notifier.InvalidateEntry(1, new byte[256]));
        Assert.Equal(Errno.ENAMETOOLONG, notifier.InvalidateEntry(1, []));
        Assert.Empty(_channel.Answers);
        Assert.Equal(Errno.None, notifier.ExpireEntry(1, "x"u8));
        Assert.Equal(0u, FuseMessage.Read<fuse_notify_inval_entry_out>(Assert.Single(_channel.Answers)).flags);
        notifier = new FuseNotifier(_channel, session: null);
        Assert.Equal(Errno.EOPNOTSUPP, notifier.InvalidateAllEntries());
        Assert.Equal(Errno.None, notifier.Resend());
    }

    // A tree whose links are on a disk that does not answer.
    private sealed class Slow() : Contrary(Errno.None), IDisposable
    {
        private int _stuck;

        internal ManualResetEventSlim Go { get; } = new();

        internal int Stuck => Volatile.Read(ref _stuck);

        public override Errno ReadLink(ulong node, Span<byte> target, out int length)
        {
            length = 0;
            _ = Interlocked.Increment(ref _stuck);
            Go.Wait();
            return Errno.None;
        }

        public void Dispose() => Go.Dispose();
    }

    // Unmounted once its requests are at an end.
    private sealed class Channel : IFuseChannel, IDisposable
    {
        internal BlockingCollection<byte[]> Requests { get; } = [];

        internal ConcurrentQueue<byte[]> Answers { get; } = [];

        internal Errno Refusal { get; set; }

        public void Dispose() => Requests.Dispose();

        internal void Send(byte[] request) => Requests.Add(request, TestContext.Current.CancellationToken);

        public Errno TryRead(Span<byte> request, out int count)
        {
            count = 0;
            if (!Requests.TryTake(out var next, 20))
                return Requests.IsCompleted ? Errno.ENODEV : Errno.EINTR;
            next.CopyTo(request);
            count = next.Length;
            return Errno.None;
        }

        public Errno TryWrite(ReadOnlySpan<byte> message)
        {
            Answers.Enqueue(message.ToArray());
            return Refusal;
        }
    }
}
