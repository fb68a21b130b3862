using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CsCheck;
using HyperSpector.Engine.Fuse;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Fuse;

/// <summary>Messages of /dev/fuse. The kernel makes them, but of names, numbers and an order that an IDS VM has chosen.</summary>
public class FuseTargets
{
    private const int ReplySize = 16 + 16384;

    private static readonly byte[][] s_requests = [.. Requests()];

    [Fact]
    public void Request_AnyBytes_IsAnsweredAsTheKernelTakesIt_OrNotAtAll() => Target.Run(Messages().List[1, 6], messages =>
    {
        var tree = Tree();
        var complaints = 0;
        var server = new FuseServer(tree, new BoundedLog("fuzz", TimeProvider.System, _ => complaints++), new FuseSession(45, ulong.MaxValue));
        var reply = new byte[ReplySize];
        foreach (var message in messages)
        {
            var (lookups, open) = (tree.Lookups, tree.OpenCount);
            var length = server.Handle(message, reply);
            if (length == 0)
                continue;
            var opcode = (fuse_opcode)BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(4));
            CheckReply(opcode, message, reply.AsSpan(0, length));
            server.Retract(message, reply.AsSpan(0, length));
            // Nothing is held of an answer that the kernel did not take. To release is no answer that holds.
            Assert.Equal(lookups, tree.Lookups);
            if (opcode is not (fuse_opcode.FUSE_RELEASE or fuse_opcode.FUSE_RELEASEDIR))
                Assert.Equal(open, tree.OpenCount);
        }

        // Only what is no request at all is worth a line: no handler has thrown.
        Assert.True(complaints <= messages.Count(m => m.Length < 40 || BinaryPrimitives.ReadUInt32LittleEndian(m) != m.Length || m[36] + m[37] > 0
            || IsInit(m)));
    }, few: 40_000, show: messages => string.Join("\n", messages.Select(Target.Show)));

    [Fact]
    public void Tree_AnsweringByChance_NeverMakesAnAnswerThatTheKernelRefuses() => Target.Run(
        Gen.Select(Gen.Int, Messages().List[1, 6]),
        sample =>
        {
            var server = new FuseServer(new Liar(sample.Item1), new BoundedLog("fuzz", TimeProvider.System, _ => { }), new FuseSession(45, ulong.MaxValue));
            var reply = new byte[ReplySize];
            foreach (var message in sample.Item2)
            {
                var length = server.Handle(message, reply);
                if (length == 0)
                    continue;
                CheckReply((fuse_opcode)BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(4)), message, reply.AsSpan(0, length));
                server.Retract(message, reply.AsSpan(0, length));
            }
        }, few: 20_000, show: sample => $"{sample.Item1}\n" + string.Join("\n", sample.Item2.Select(Target.Show)));

    [Fact]
    public void Init_AnyOffer_IsTakenInPart() => Target.Run(
        Gen.Select(Gen.UInt, Gen.UInt[0, 60], Gen.ULong, Gen.Int[0, 104]),
        offer =>
        {
            var (major, minor, flags, length) = offer;
            var message = FuseMessage.Init(flags, minor, major % 10)[..length];
            if (length >= 4)
                BinaryPrimitives.WriteInt32LittleEndian(message, length);
            FuseSession? told = null;
            var server = new FuseServer(Tree(), new BoundedLog("fuzz", TimeProvider.System, _ => { }), null, session => told = session);
            var reply = new byte[ReplySize];
            if (server.Handle(message, reply) <= 16)
            {
                Assert.Null(server.Session);
                return;
            }

            var answer = FuseMessage.Read<fuse_init_out>(reply);
            Assert.Equal(7u, answer.major);
            Assert.Equal(told, server.Session);
            Assert.Equal(0ul, (answer.flags | ((ulong)answer.flags2 << 32)) & ~flags);
            if (told is null)
                return;
            Assert.True(told.CanDropNames == (minor >= 44) && (told.Flags & ~flags) == 0);
            Assert.True(!told.CanResend || (flags & FuseInit.FUSE_HAS_RESEND) != 0);
            Assert.True(!told.CanExpire || (flags & FuseInit.FUSE_HAS_EXPIRE_ONLY) != 0);
        }, few: 20_000);

    [Fact]
    public void Listing_AnyNames_AreReadBackUpToWhereItIsFull() => Target.Run(
        Gen.Select(Gen.Byte[1, 255].Where(b => b != '/').Array[1, 255].List[0, 40], Gen.Int[0, 4000], Gen.Bool),
        sample =>
        {
            var (names, size, plus) = sample;
            var buffer = new byte[size];
            Array.Fill(buffer, (byte)0xee);
            var listing = new DirectoryListing(buffer, plus);
            var added = 0;
            foreach (var name in names)
            {
                var fits = listing.Fits(name.Length);
                var entry = new FuseEntry((ulong)added, 0, default, default, new FuseAttributes { Inode = 5, Mode = 0x81a4 });
                var done = plus && added % 2 == 1 ? listing.TryAdd(name, entry, 7) : listing.TryAdd(name, 5, 0x81a4, 7);
                Assert.Equal(fits, done);
                if (!done)
                    break;
                added++;
            }

            Assert.Equal(names.Take(added), Names(buffer.AsSpan(0, listing.Length), plus), (a, b) => a.AsSpan().SequenceEqual(b));
            Assert.DoesNotContain(buffer[listing.Length..], b => b != 0xee);
        }, few: 10_000);

    [Fact]
    public void Session_WhatIsAccepted_IsWhatWouldBeWritten()
    {
        var written = new byte[FuseSession.Size];
        new FuseSession(45, 3).Write(written);
        Target.Run(Corpus.Around(40, written), bytes =>
        {
            if (!FuseSession.TryRead(bytes, out var session))
                return;
            var again = new byte[FuseSession.Size];
            session!.Write(again);
            Assert.Equal(bytes, again);
        }, few: 50_000);
    }

    // Most get the length that they have, so that more than the first check is reached.
    private static Gen<byte[]> Messages() =>
        from message in Gen.Frequency((1, Corpus.Noise(120)), (2, Gen.OneOfConst(s_requests)), (4, Corpus.Mutated(Gen.OneOfConst(s_requests))))
        from mend in Gen.Int[0, 9]
        select mend > 0 ? Mended(message) : message;

    private static byte[] Mended(byte[] message)
    {
        if (message.Length < 40)
            return message;
        message = [.. message];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        if (message[0] % 8 != 0)
            message.AsSpan(36, 2).Clear();
        return message;
    }

    private static bool IsInit(byte[] message) => BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(4)) == (uint)fuse_opcode.FUSE_INIT;

    // What fuse_dev_do_write, fuse_copy_out_args and fs/fuse/readdir.c insist on.
    private static void CheckReply(fuse_opcode opcode, ReadOnlySpan<byte> message, ReadOnlySpan<byte> reply)
    {
        var head = MemoryMarshal.Read<fuse_out_header>(reply);
        Assert.Equal((uint)reply.Length, head.len);
        Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(message[8..]), head.unique);
        Assert.InRange(head.error, -511, 0);
        if (head.error != 0)
        {
            Assert.Equal(16, reply.Length);
            return;
        }

        var body = reply[16..];
        var asked = message.Length >= 60 ? BinaryPrimitives.ReadUInt32LittleEndian(message[56..]) : 0;
        switch (opcode)
        {
            case fuse_opcode.FUSE_READ:
                Assert.True(body.Length <= asked);
                break;
            case fuse_opcode.FUSE_READDIR or fuse_opcode.FUSE_READDIRPLUS:
                Assert.True(body.Length <= asked);
                Assert.All(Names(body, opcode == fuse_opcode.FUSE_READDIRPLUS), name => Assert.InRange(name.Length, 1, 255));
                break;
            case fuse_opcode.FUSE_GETXATTR or fuse_opcode.FUSE_LISTXATTR:
                var room = BinaryPrimitives.ReadUInt32LittleEndian(message[40..]);
                Assert.True(room == 0 ? body.Length == 8 : body.Length <= room);
                break;
            default:
                Assert.Equal(
                    opcode switch
                    {
                        fuse_opcode.FUSE_LOOKUP => 128,
                        fuse_opcode.FUSE_GETATTR => 104,
                        fuse_opcode.FUSE_STATX => 288,
                        fuse_opcode.FUSE_STATFS => 80,
                        fuse_opcode.FUSE_OPEN or fuse_opcode.FUSE_OPENDIR => 16,
                        fuse_opcode.FUSE_LSEEK => 8,
                        fuse_opcode.FUSE_IOCTL => 20,
                        fuse_opcode.FUSE_INIT => 64,
                        fuse_opcode.FUSE_READLINK => Math.Min(body.Length, 4095),
                        _ => 0,
                    },
                    body.Length);
                break;
        }
    }

    private static List<byte[]> Names(ReadOnlySpan<byte> records, bool plus)
    {
        List<byte[]> names = [];
        while (!records.IsEmpty)
        {
            if (plus)
                records = records[128..];
            var length = (int)MemoryMarshal.Read<fuse_dirent>(records).namelen;
            names.Add(records.Slice(24, length).ToArray());
            Assert.DoesNotContain((byte)'/', names[^1]);
            records = records[((24 + length + 7) & ~7)..];
        }

        return names;
    }

    private static MemoryTree Tree()
    {
        var tree = new MemoryTree();
        var directory = tree.AddDirectory(tree.Root, "d");
        var file = tree.AddFile(directory, "file", "0123456789");
        file.ExtendedAttributes["user.a"] = Encoding.ASCII.GetBytes("value");
        file.BackingId = 1;
        _ = tree.AddLink(directory, "link", "file");
        for (var i = 0; i < 20; i++)
            _ = tree.AddFile(directory, $"{i}", "");
        return tree;
    }

    private static IEnumerable<byte[]> Requests()
    {
        foreach (var opcode in Enum.GetValues<fuse_opcode>())
            yield return FuseMessage.Request(opcode, 3, new byte[64]);
        foreach (var node in (ulong[])[1, 2, 3, 4])
        {
            yield return FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, node, "file");
            yield return FuseMessage.Request(fuse_opcode.FUSE_GETATTR, node, new fuse_getattr_in());
            yield return FuseMessage.Request(fuse_opcode.FUSE_STATX, node, new fuse_statx_in());
            yield return FuseMessage.Request(fuse_opcode.FUSE_READLINK, node);
            yield return FuseMessage.Request(fuse_opcode.FUSE_OPEN, node, new fuse_open_in());
            yield return FuseMessage.Request(fuse_opcode.FUSE_OPENDIR, node, new fuse_open_in());
            yield return FuseMessage.Request(fuse_opcode.FUSE_READ, node, new fuse_read_in { fh = node, size = 20 });
            yield return FuseMessage.Request(fuse_opcode.FUSE_READDIR, node, new fuse_read_in { fh = node, size = 1000 });
            yield return FuseMessage.Request(fuse_opcode.FUSE_READDIRPLUS, node, new fuse_read_in { fh = node, size = 1000 });
            yield return FuseMessage.Request(fuse_opcode.FUSE_LSEEK, node, new fuse_lseek_in { fh = node, whence = 3 });
            yield return FuseMessage.Request(fuse_opcode.FUSE_GETXATTR, node, new fuse_getxattr_in { size = 100 }, "user.a");
            yield return FuseMessage.Request(fuse_opcode.FUSE_LISTXATTR, node, new fuse_getxattr_in { size = 100 });
            yield return FuseMessage.Request(fuse_opcode.FUSE_FORGET, node, new fuse_forget_in { nlookup = 1 });
            yield return FuseMessage.Request(fuse_opcode.FUSE_IOCTL, node, new fuse_ioctl_in { cmd = FuseProtocol.FS_IOC_GETFLAGS, out_size = 4 });
            yield return FuseMessage.Request(fuse_opcode.FUSE_ACCESS, node, new fuse_access_in { mask = 4 });
        }

        yield return FuseMessage.Request(fuse_opcode.FUSE_BATCH_FORGET, 0, [2, 0, 0, 0, 0, 0, 0, 0, .. new byte[32]]);
        yield return FuseMessage.Init(ulong.MaxValue);
    }
}
