using System.Buffers.Binary;
using CsCheck;
using HyperSpector.Engine.Mediator.Capture;
using Xunit;

namespace HyperSpector.Tests.Unit.Mediator;

public sealed class PacketSocketsTests
{
    private readonly PacketSockets _found = new();

    [Fact]
    public void Dump_OfBoundSockets_TellsTheirInterfaces()
    {
        Assert.Equal(PacketSockets.Part.More, _found.Add([.. Dumps.Socket(1, 3), .. Dumps.Socket(1, 5)], 1));
        Assert.Equal(PacketSockets.Part.Last, _found.Add(Dumps.Done(1), 1));
        Assert.True(_found.Any);
        Assert.True(_found.Captures(3) && _found.Captures(5));
        Assert.False(_found.Captures(4));
    }

    [Fact]
    public void Dump_Empty_CapturesNothing()
    {
        Assert.Equal(PacketSockets.Part.Last, _found.Add(Dumps.Done(1), 1));
        Assert.False(_found.Any || _found.Everywhere || _found.Interrupted || _found.Captures(3));
    }

    [Fact]
    public void Socket_BoundToNoInterface_CapturesEverywhere()
    {
        _ = _found.Add(Dumps.Socket(1, 0), 1);
        Assert.True(_found.Captures(3));
    }

    [Fact]
    public void Socket_WithoutInformation_CountsAsTheWorst()
    {
        _ = _found.Add(Dumps.SocketWithoutInfo(1), 1);
        Assert.True(_found.Captures(3));
    }

    [Fact]
    public void Sockets_OnTooManyInterfaces_CountAsEverywhere()
    {
        for (var index = 1; index <= PacketSockets.InterfaceLimit + 1; index++)
            _ = _found.Add(Dumps.Socket(1, (uint)index), 1);
        Assert.True(_found.Captures(99_999));
    }

    [Fact]
    public void Message_OfAnEarlierDump_IsSkipped()
    {
        Assert.Equal(PacketSockets.Part.More, _found.Add([.. Dumps.Socket(1, 3), .. Dumps.Done(1)], 2));
        Assert.False(_found.Any);
    }

    [Fact]
    public void Message_MarkedInterrupted_IsRemembered()
    {
        _ = _found.Add(Dumps.Socket(1, 3, flags: 0x12), 1);
        Assert.True(_found.Interrupted);
    }

    [Fact]
    public void Error_OfTheKernel_IsRefused()
    {
        Assert.Equal(PacketSockets.Part.Refused, _found.Add(Dumps.Error(1), 1));
        Assert.Equal(PacketSockets.Part.Refused, _found.Add(Dumps.Done(1, result: -2), 1));
    }

    [Theory]
    [InlineData(0, 0u)]          // message length: nothing
    [InlineData(0, 15u)]         // less than its head
    [InlineData(0, 10_000u)]     // more than there is
    [InlineData(4, 0x0002_0063u)] // unknown type
    [InlineData(16, 0x0002u)]    // another family
    public void Message_Malformed_IsRefused(int offset, uint value)
    {
        var bytes = Dumps.Socket(1, 3);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
        Assert.Equal(PacketSockets.Part.Refused, _found.Add(bytes, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(2000)]
    public void Attribute_WithWrongLength_IsRefused(ushort length)
    {
        var bytes = Dumps.Socket(1, 3);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(32), length);
        Assert.Equal(PacketSockets.Part.Refused, _found.Add(bytes, 1));
    }

    [Fact]
    public void Datagram_CutAnywhere_NeverThrowsAndNeverInvents()
    {
        byte[] whole = [.. Dumps.Socket(1, 3), .. Dumps.Done(1)];
        for (var length = 0; length < whole.Length; length++)
        {
            var found = new PacketSockets();
            Assert.NotEqual(PacketSockets.Part.Last, found.Add(whole.AsSpan(0, length), 1));
            Assert.False(found.Captures(4));
        }
    }

    [Fact]
    public void Datagram_WithBytesChanged_NeverThrows() =>
        Gen.Select(Gen.Int[0, 91], Gen.Byte, Gen.Int[0, 91], Gen.Byte).Sample((at, value, other, second) =>
        {
            byte[] bytes = [.. Dumps.Socket(1, 3), .. Dumps.Done(1)];
            bytes[at % bytes.Length] = value;
            bytes[other % bytes.Length] = second;
            _ = new PacketSockets().Add(bytes, 1);
        });
}
