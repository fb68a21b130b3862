using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CsCheck;
using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Mediator.Capture;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Mediator;

/// <summary>What reaches the monitor and the keeper: notifications, dumps of packet sockets, messages.</summary>
public class MediatorTargets
{
    [Fact]
    public void Notification_AnyBytes_AreParsedOrRefused() => Target.Run(Corpus.Around(160, new byte[80], Notify(41)), bytes =>
    {
        if (!Notification.TryParse(bytes, out var notification))
            return;
        Assert.NotEqual(0ul, notification.Id);
        Assert.Equal(BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(16)), notification.Number);
        for (var i = 0; i < 6; i++)
            Assert.Equal(unchecked((int)notification.Register(i)), notification.LowerHalf(i));
    }, few: 100_000);

    [Fact]
    public void PacketSockets_AnyDatagram_StaysBoundedAndErrsOnTheSideOfCopying() => Target.Run(Corpus.Around(300, Dump(2), Dump(40)), bytes =>
    {
        var found = new PacketSockets();
        _ = found.Add(bytes, sequence: 7);
        if (found.Everywhere || found.Captures(1))
            Assert.True(found.Any);
        Assert.True(!found.Everywhere || found.Captures(int.MaxValue));
    }, few: 100_000);

    [Fact]
    public void PacketSockets_AnySockets_AreFoundHoweverTheyAreCut() => Target.Run(
        Gen.Select(Gen.Int[0, 5].List[0, 300], Gen.Int[1, 10]),
        sample =>
        {
            var (interfaces, parts) = sample;
            var found = new PacketSockets();
            foreach (var part in interfaces.Chunk(parts))
                Assert.Equal(PacketSockets.Part.More, found.Add(Dump([.. part]), 7));
            Assert.Equal(PacketSockets.Part.Last, found.Add(Done(), 7));
            Assert.Equal(interfaces.Count > 0, found.Any);
            for (var i = 1; i <= 6; i++)
                Assert.Equal(interfaces.Contains(0) || interfaces.Contains(i), found.Captures(i));
        }, few: 5_000);

    [Fact]
    public void PacketDump_AnyAnswers_EndsWithWhatWasFoundOrNothing() => Target.Run(
        Gen.Select(Gen.OneOf(Gen.Const(Dump(2)), Gen.Const(Done()), Corpus.Mutated(Gen.Const(Dump(3)))), Gen.Enum<Errno>()).List[0, 12],
        answers =>
        {
            var channel = new Answers(answers);
            var dump = new PacketDump(channel);
            Assert.Equal(answers.Count > 0, dump.TryStart());
            PacketSockets? found = null;
            for (var i = 0; i <= answers.Count && dump.IsRunning; i++)
                _ = dump.Step(out found);
            Assert.False(dump.IsRunning);
            Assert.True(found is null || !found.Interrupted);
        }, few: 20_000);

    [Fact]
    public void ControlMessage_WhatIsAccepted_IsWhatWouldBeWritten()
    {
        var written = new byte[ControlMessage.Size];
        new ControlMessage(ControlKind.AddMirror, 1, 2, true).Write(written);
        Target.Run(Corpus.Around(80, written), bytes =>
        {
            if (!ControlMessage.TryRead(bytes, out var message))
                return;
            var again = new byte[ControlMessage.Size];
            message.Write(again);
            Assert.Equal(bytes, again);
        }, few: 100_000);
    }

    [Fact]
    public void ControlReply_AnyBytes_AreRefusedOrReadAlike()
    {
        var written = new byte[ControlReply.Size];
        new ControlReply(Errno.EINVAL, 1, 2, true, 3, 4, 5, 6).Write(written);
        Target.Run(Corpus.Around(80, written), bytes =>
        {
            if (!ControlReply.TryRead(bytes, out var reply))
                return;
            var again = new byte[ControlReply.Size];
            reply.Write(again);
            Assert.True(ControlReply.TryRead(again, out var read));
            Assert.Equal(reply, read);
        }, few: 100_000);
    }

    // A socket that answers what it is told to.
    private sealed class Answers(IReadOnlyList<(byte[] Datagram, Errno Errno)> answers) : IDiagChannel
    {
        private int _next;

        public Errno TrySend(ReadOnlySpan<byte> request) => answers.Count > 0 ? Errno.None : Errno.EINVAL;

        public Errno TryReceive(Span<byte> buffer, out int count)
        {
            count = 0;
            if (_next >= answers.Count)
                return Errno.EAGAIN;
            var (datagram, errno) = answers[_next++];
            // Its first message must answer the request: sequences count from 1.
            if (errno != Errno.None && _next % 3 == 0)
                return errno;
            datagram = [.. datagram];
            foreach (ref var sequence in MemoryMarshal.Cast<byte, int>(datagram.AsSpan(0, datagram.Length / 4 * 4)))
                sequence = sequence == 7 ? 1 : sequence;
            datagram.CopyTo(buffer);
            count = datagram.Length;
            return Errno.None;
        }
    }

    private static byte[] Notify(int call)
    {
        var bytes = new byte[80];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, 5);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), call);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), 0xC000003E);
        return bytes;
    }

    private static byte[] Dump(int sockets) => Dump([.. Enumerable.Range(0, sockets)]);

    // Messages of linux/packet_diag.h: nlmsghdr, packet_diag_msg, one PACKET_DIAG_INFO attribute.
    private static byte[] Dump(int[] interfaces)
    {
        const int size = 16 + 16 + 4 + 24;
        var bytes = new byte[interfaces.Length * size];
        for (var i = 0; i < interfaces.Length; i++)
        {
            var message = bytes.AsSpan(i * size);
            Header(message, size, 20);
            message[16] = 17; // AF_PACKET
            BinaryPrimitives.WriteInt16LittleEndian(message[32..], 28);
            BinaryPrimitives.WriteInt32LittleEndian(message[36..], interfaces[i]);
        }

        return bytes;
    }

    // NLMSG_DONE with the result 0.
    private static byte[] Done()
    {
        var bytes = new byte[20];
        Header(bytes, 20, 3);
        return bytes;
    }

    private static void Header(Span<byte> message, int length, short type)
    {
        BinaryPrimitives.WriteInt32LittleEndian(message, length);
        BinaryPrimitives.WriteInt16LittleEndian(message[4..], type);
        BinaryPrimitives.WriteInt32LittleEndian(message[8..], 7);
    }
}
