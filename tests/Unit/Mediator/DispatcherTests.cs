using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Mediator.Capture;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using Xunit;

namespace HyperSpector.Tests.Unit.Mediator;

public sealed class DispatcherTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _lines = [];
    private readonly CaptureWatch _capture;
    private readonly FakeFlag _flag = new();
    private readonly BoundedLog _log;

    public DispatcherTests()
    {
        _capture = new CaptureWatch(_time);
        _capture.Add(0, _flag, 3, always: false);
        _log = new BoundedLog("test", _time, _lines.Add);
    }

    [Theory]
    [InlineData(Calls.X64, 41)]
    [InlineData(Calls.X64, 0x4000_0000 | 41)]
    [InlineData(Calls.I386, 359)]
    public void Socket_OfPackets_SetsTheFlagAndProceeds(uint architecture, int number)
    {
        var answer = Standard().Handle(Calls.Trap(architecture, number, 17));
        Assert.True(answer.Proceeds);
        Assert.True(_flag.IsSet);
        Assert.Equal(1UL, _capture.Traps);
    }

    [Fact]
    public void Socket_WithBitsAboveTheFamily_CountsAsTheKernelDoes()
    {
        _ = Standard().Handle(Calls.Trap(Calls.X64, 41, 0xdead_beef_0000_0011));
        Assert.True(_flag.IsSet);
    }

    [Fact]
    public void Socket_OfAnotherFamily_ProceedsWithoutTheFlag()
    {
        Assert.True(Standard().Handle(Calls.Trap(Calls.X64, 41, 2)).Proceeds);
        Assert.False(_flag.IsSet);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, false)]
    public void SocketCall_OfI386_CountsWhenItMakesASocket(ulong call, bool counts)
    {
        Assert.True(Standard().Handle(Calls.Trap(Calls.I386, 102, call)).Proceeds);
        Assert.Equal(counts, _flag.IsSet);
    }

    [Theory]
    [InlineData(Calls.X64, 102)] // getuid there
    [InlineData(Calls.X64, 359)]
    [InlineData(Calls.I386, 41)]
    [InlineData(0xC00000B7, 198)] // aarch64
    [InlineData(Calls.X64, -1)]
    public void Call_WithoutRow_GetsEnosys(uint architecture, int number)
    {
        var answer = Standard().Handle(Calls.Trap(architecture, number, 17));
        Assert.Equal(Errno.ENOSYS, answer.Error);
        Assert.False(answer.Proceeds);
        Assert.False(_flag.IsSet);
        Assert.Single(_lines);
    }

    [Fact]
    public void Handler_Throwing_HarmsOneCall()
    {
        var table = new SyscallTable(
        [
            new MediatedCall("broken", [CallNumber.X64(1)], (in _, _) => throw new InvalidOperationException("boom\n\u001b[31m")),
            new MediatedCall("sound", [CallNumber.X64(2)], (in _, _) => Answer.Return(5)),
        ]);
        var dispatcher = new Dispatcher(table, new MediationState(_capture), _log);
        Assert.Equal(Errno.EIO, dispatcher.Handle(Calls.Trap(Calls.X64, 1)).Error);
        Assert.Equal(5, dispatcher.Handle(Calls.Trap(Calls.X64, 2)).Value);
        Assert.DoesNotContain('\u001b', Assert.Single(_lines));
    }

    [Fact]
    public void Table_WithTwoRowsOfOneNumber_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new SyscallTable(
        [
            new MediatedCall("one", [CallNumber.X64(1)], (in _, _) => Answer.Proceed),
            new MediatedCall("other", [CallNumber.X64(1)], (in _, _) => Answer.Proceed),
        ]));

    [Fact]
    public void Answer_AsResponse_SaysOneThingOnly()
    {
        Assert.Equal((Seccomp.SECCOMP_USER_NOTIF_FLAG_CONTINUE, 0, 0L), Fields(Answer.Proceed));
        Assert.Equal((0u, -1, 0L), Fields(Answer.Fail(Errno.EPERM)));
        Assert.Equal((0u, 0, 9L), Fields(Answer.Return(9)));
        Assert.Equal(77UL, Answer.Proceed.ToResponse(77).id);

        static (uint, int, long) Fields(Answer answer) => (answer.ToResponse(1).flags, answer.ToResponse(1).error, answer.ToResponse(1).val);
    }

    [Fact]
    public void Notification_ShortOrEmpty_IsRefused()
    {
        var bytes = Calls.Bytes(Calls.X64, 41);
        Assert.False(Notification.TryParse(bytes.AsSpan(0, bytes.Length - 1), out _));
        Assert.False(Notification.TryParse(new byte[80], out _));
        Assert.True(Notification.TryParse([.. bytes, 0, 0, 0, 0], out var call));
        Assert.Equal((7UL, 42u, Calls.X64, 41), (call.Id, call.Pid, call.Architecture, call.Number));
    }

    private Dispatcher Standard() => new(SyscallTable.Standard, new MediationState(_capture), _log);
}

internal sealed class FakeFlag : IMirrorFlag
{
    public bool IsSet { get; set; }
}
