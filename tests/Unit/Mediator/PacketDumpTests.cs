using HyperSpector.Engine.Mediator.Capture;
using HyperSpector.Linux;
using Xunit;

namespace HyperSpector.Tests.Unit.Mediator;

public sealed class PacketDumpTests
{
    private readonly FakeChannel _channel = new();
    private readonly PacketDump _dump;

    public PacketDumpTests() => _dump = new PacketDump(_channel);

    [Fact]
    public void Dump_Complete_IsFound()
    {
        Assert.True(_dump.TryStart());
        _channel.Answer(Dumps.Socket(1, 3), Dumps.Done(1));
        Assert.True(_dump.Step(out var found));
        Assert.True(found!.Captures(3));
        Assert.False(_dump.IsRunning);
    }

    [Fact]
    public void Dump_Long_TakesSeveralSteps()
    {
        Assert.True(_dump.TryStart());
        _channel.Answer([.. Enumerable.Range(0, 20).Select(i => Dumps.Socket(1, 3)), Dumps.Done(1)]);
        Assert.False(_dump.Step(out _));
        Assert.False(_dump.Step(out _));
        Assert.True(_dump.Step(out var found));
        Assert.True(found!.Any);
    }

    [Fact]
    public void Dump_EndingEarly_IsWorthNothing()
    {
        Assert.True(_dump.TryStart());
        _channel.Answer(Dumps.Socket(1, 3));
        Assert.True(_dump.Step(out var found));
        Assert.Null(found);
    }

    [Fact]
    public void Dump_Interrupted_IsWorthNothing()
    {
        Assert.True(_dump.TryStart());
        _channel.Answer(Dumps.Socket(1, 3, flags: 0x12), Dumps.Done(1));
        Assert.True(_dump.Step(out var found));
        Assert.Null(found);
    }

    [Fact]
    public void Datagram_OfSomebodyElse_IsSkipped()
    {
        Assert.True(_dump.TryStart());
        _channel.Fail(Errno.EPERM);
        _channel.Answer(Dumps.Socket(1, 3), Dumps.Done(1));
        Assert.True(_dump.Step(out var found));
        Assert.True(found!.Captures(3));
    }

    [Theory]
    [InlineData(Errno.EMSGSIZE)]
    [InlineData(Errno.ENOMEM)]
    public void Receive_Failing_EndsTheDump(Errno errno)
    {
        Assert.True(_dump.TryStart());
        _channel.Fail(errno);
        Assert.True(_dump.Step(out var found));
        Assert.Null(found);
    }

    [Fact]
    public void Send_Failing_StartsNothing()
    {
        _channel.SendResult = Errno.EBUSY;
        Assert.False(_dump.TryStart());
        Assert.False(_dump.IsRunning);
    }

    [Fact]
    public void Leftovers_OfAFailedDump_AreNotTakenForTheNext()
    {
        Assert.True(_dump.TryStart());
        _channel.Fail(Errno.ENOMEM);
        _ = _dump.Step(out _);
        Assert.True(_dump.TryStart());
        _channel.Answer(Dumps.Socket(1, 3), Dumps.Done(1), Dumps.Done(2));
        Assert.True(_dump.Step(out var found));
        Assert.False(found!.Any);
    }

    private sealed class FakeChannel : IDiagChannel
    {
        private readonly Queue<(Errno, byte[])> _answers = new();

        internal Errno SendResult { get; set; }

        public Errno TrySend(ReadOnlySpan<byte> request)
        {
            Assert.Equal(36, request.Length);
            return SendResult;
        }

        public Errno TryReceive(Span<byte> buffer, out int count)
        {
            count = 0;
            if (!_answers.TryDequeue(out var next))
                return Errno.EAGAIN;
            next.Item2.CopyTo(buffer);
            count = next.Item2.Length;
            return next.Item1;
        }

        internal void Answer(params byte[][] datagrams)
        {
            foreach (var datagram in datagrams)
                _answers.Enqueue((Errno.None, datagram));
        }

        internal void Fail(Errno errno) => _answers.Enqueue((errno, []));
    }
}
