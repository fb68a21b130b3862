using System.Buffers.Binary;
using CsCheck;
using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Mediator.Capture;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux.Procfs;
using Xunit;

namespace HyperSpector.Tests.Fuzz;

/// <summary>What reaches the monitor and the keeper.</summary>
public class MediatorTargets
{
    [Fact]
    public void Notification_AnyBytes_AreParsedOrRefused() => Corpus.Around(160, new byte[80], Notify(41)).Sample(
        bytes =>
        {
            if (!Notification.TryParse(bytes, out var notification))
                return;
            for (var i = 0; i < 6; i++)
                Assert.Equal(unchecked((int)notification.Register(i)), notification.LowerHalf(i));
        },
        iter: Corpus.Iterations(200_000));

    [Fact]
    public void PacketSockets_AnyDatagram_NeverThrowsAndStaysBounded() => Corpus.Around(300, Dump(2), Dump(40)).Sample(
        bytes =>
        {
            var found = new PacketSockets();
            _ = found.Add(bytes, sequence: 7);
            _ = found.Captures(1);
        },
        iter: Corpus.Iterations(200_000));

    [Fact]
    public void ControlMessage_WhatIsAccepted_IsWhatWouldBeWritten()
    {
        var written = new byte[ControlMessage.Size];
        new ControlMessage(ControlKind.AddMirror, 1, 2, true).Write(written);
        Corpus.Around(80, written).Sample(
            bytes =>
            {
                if (!ControlMessage.TryRead(bytes, out var message))
                    return;
                var again = new byte[ControlMessage.Size];
                message.Write(again);
                Assert.Equal(bytes, again);
            },
            iter: Corpus.Iterations(200_000));
    }

    [Fact]
    public void ProcStat_AnyText_NeverThrows() =>
        Corpus.Around(300, "1 (a) b) c) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 3 1 2"u8.ToArray()).Sample(
            bytes =>
            {
                if (ProcStat.TryParse(System.Text.Encoding.Latin1.GetString(bytes), out var stat))
                    _ = stat.StartTime;
            },
            iter: Corpus.Iterations(100_000));

    private static byte[] Notify(int call)
    {
        var bytes = new byte[80];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, 5);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), call);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), 0xC000003E);
        return bytes;
    }

    // Messages of linux/packet_diag.h: nlmsghdr, packet_diag_msg, one PACKET_DIAG_INFO attribute.
    private static byte[] Dump(int sockets)
    {
        const int size = 16 + 16 + 4 + 24;
        var bytes = new byte[sockets * size];
        for (var i = 0; i < sockets; i++)
        {
            var message = bytes.AsSpan(i * size);
            BinaryPrimitives.WriteInt32LittleEndian(message, size);
            BinaryPrimitives.WriteInt16LittleEndian(message[4..], 20);
            BinaryPrimitives.WriteInt32LittleEndian(message[8..], 7);
            BinaryPrimitives.WriteInt16LittleEndian(message[32..], 28);
            BinaryPrimitives.WriteInt32LittleEndian(message[36..], i);
        }

        return bytes;
    }
}
