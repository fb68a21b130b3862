using CsCheck;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux;
using Xunit;

namespace HyperSpector.Tests.Unit.Mediator;

public sealed class ControlWireTests
{
    [Fact]
    public void Message_WrittenAndRead_IsTheSame() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 63], Gen.Int[0, int.MaxValue], Gen.Bool).Sample((kind, slot, index, always) =>
        {
            var message = new ControlMessage((ControlKind)kind, slot, index, always);
            var bytes = new byte[ControlMessage.Size];
            message.Write(bytes);
            return ControlMessage.TryRead(bytes, out var read) && read == message;
        });

    [Theory]
    [InlineData(0, 1)]   // another version
    [InlineData(4, 0)]   // no kind
    [InlineData(4, 10)]   // an unknown kind
    [InlineData(8, 64)]  // no such slot
    [InlineData(11, 0x80)] // a negative slot
    [InlineData(15, 0x80)] // a negative interface
    [InlineData(16, 2)]
    [InlineData(17, 1)]
    [InlineData(31, 1)]
    public void Message_WithAByteThatWeWouldNotWrite_IsRefused(int at, byte value)
    {
        var bytes = new byte[ControlMessage.Size];
        new ControlMessage(ControlKind.AddMirror, 1, 2, true).Write(bytes);
        bytes[at] = value;
        Assert.False(ControlMessage.TryRead(bytes, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Message_OfAnotherLength_IsRefused(int length) => Assert.False(ControlMessage.TryRead(new byte[length], out _));

    [Fact]
    public void Reply_WrittenAndRead_IsTheSame()
    {
        var reply = new ControlReply(Errno.EINVAL, 3, 2, true, 4711, 5, ulong.MaxValue, 0b101);
        var bytes = new byte[ControlReply.Size];
        reply.Write(bytes);
        Assert.True(ControlReply.TryRead(bytes, out var read));
        Assert.Equal(reply, read);
        Assert.False(ControlReply.TryRead(bytes.AsSpan(1), out _));
    }
}
