using System.Text;
using HyperSpector.Engine.Fuse;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Unit.Fuse;

public sealed class ServerTests
{
    private readonly ServerScene _scene = new();
    private readonly MemoryNode _file;

    public ServerTests() => _file = _scene.Tree.AddFile(_scene.Tree.Root, "file", "0123456789");

    [Fact]
    public void Lookup_FindsANode_OrNothing_ForAsLongAsTheTreeSays()
    {
        _scene.Tree.EntryValid = TimeSpan.FromMilliseconds(1500);
        _scene.Tree.AttributesValid = TimeSpan.MaxValue;
        var entry = _scene.Answer<fuse_entry_out>(FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, "file"));
        Assert.Equal((_file.Id, 1ul, 500_000_000u), (entry.nodeid, entry.entry_valid, entry.entry_valid_nsec));
        Assert.Equal((ulong)TimeSpan.MaxValue.TotalSeconds, entry.attr_valid);
        Assert.Equal((10ul, 1002ul), (entry.attr.size, entry.attr.ino));
        var nothing = _scene.Answer<fuse_entry_out>(FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, "none"));
        Assert.Equal((0ul, 1ul, 0u), (nothing.nodeid, nothing.entry_valid, nothing.attr.mode));
        _scene.Tree.EntryValid = TimeSpan.FromSeconds(-1);
        Assert.Equal(0ul, _scene.Answer<fuse_entry_out>(FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, "file")).entry_valid);
        Assert.Equal(2, _file.Lookups);
    }

    [Fact]
    public void Forget_CountsDown_AlsoMany_AndNeverMoreThanTheMessageHolds()
    {
        for (var i = 0; i < 5; i++)
            _ = _scene.Ask(FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, "file"));
        _ = _scene.Ask(FuseMessage.Request(fuse_opcode.FUSE_FORGET, _file.Id, new fuse_forget_in { nlookup = 2 }));
        Assert.Equal(3, _file.Lookups);
        var one = FuseMessage.Request(fuse_opcode.FUSE_FORGET, 0, new fuse_forget_one { nodeid = _file.Id, nlookup = 1 })[40..];
        foreach (var count in (uint[])[1, uint.MaxValue])
            _ = _scene.Ask(FuseMessage.Request(fuse_opcode.FUSE_BATCH_FORGET, 0, [.. BitConverter.GetBytes((ulong)count), .. one]));
        Assert.Equal(1, _file.Lookups);
        Assert.Empty(_scene.Log);
    }

    [Fact]
    public void Attributes_AreThoseOfTheTree()
    {
        _file.Attributes = _file.Attributes with
        {
            Mode = 0x2180,
            Links = 3,
            User = 1_000_001,
            Group = 4_294_967_295,
            Device = (0x12345u << 12 & 0xfff00000) | 0x45 | (259 << 8),
            Modified = new FuseTime(-1, 999_999_999),
        };
        var attributes = _scene.Answer<fuse_attr_out>(FuseMessage.Request(fuse_opcode.FUSE_GETATTR, _file.Id)).attr;
        Assert.Equal((0x2180u, 3u, 1_000_001u, 4_294_967_295u), (attributes.mode, attributes.nlink, attributes.uid, attributes.gid));
        Assert.Equal((-1L, 999_999_999u), (unchecked((long)attributes.mtime), attributes.mtimensec));
        Assert.Equal((1_600_000_000ul, 1u, 1_600_000_002ul, 3u), (attributes.atime, attributes.atimensec, attributes.ctime, attributes.ctimensec));

        var statx = _scene.Answer<fuse_statx_out>(FuseMessage.Request(fuse_opcode.FUSE_STATX, _file.Id)).stat;
        Assert.Equal(0xfffu, statx.mask);
        Assert.Equal((1_500_000_000L, 4u), (statx.btime.tv_sec, statx.btime.tv_nsec));
        Assert.Equal((-1L, 999_999_999u), (statx.mtime.tv_sec, statx.mtime.tv_nsec));
        Assert.Equal((259u, 0x12345u), (statx.rdev_major, statx.rdev_minor));
        Assert.Equal((10ul, 1ul, 1002ul, (ushort)0x2180), (statx.size, statx.blocks, statx.ino, statx.mode));
        _file.Attributes = _file.Attributes with { Born = null };
        Assert.Equal(0x7ffu, _scene.Answer<fuse_statx_out>(FuseMessage.Request(fuse_opcode.FUSE_STATX, _file.Id)).stat.mask);
    }

    [Theory]
    [InlineData(0u, Errno.None)]
    [InlineData(0x8000u, Errno.None)] // O_LARGEFILE
    [InlineData(1u, Errno.EROFS)]
    [InlineData(2u, Errno.EROFS)]
    [InlineData(3u, Errno.EROFS)]
    [InlineData(0x200u, Errno.EROFS)] // O_TRUNC
    public void Open_ForWriting_IsRefused(uint flags, Errno expected)
    {
        Assert.Equal(expected, _scene.Error(FuseMessage.Request(fuse_opcode.FUSE_OPEN, _file.Id, new fuse_open_in { flags = flags })));
        Assert.Equal(expected == Errno.None ? 1 : 0, _scene.Tree.OpenCount);
    }

    [Theory]
    [InlineData(0ul, 4u, "0123")]
    [InlineData(8ul, 4u, "89")]
    [InlineData(10ul, 4u, "")]
    [InlineData(ulong.MaxValue, uint.MaxValue, "")]
    [InlineData(0ul, uint.MaxValue, "0123456789")]
    public void Read_GivesWhatThereIs(ulong offset, uint size, string expected)
    {
        var reply = _scene.Ask(FuseMessage.Request(fuse_opcode.FUSE_READ, _file.Id, new fuse_read_in { fh = _file.Id, offset = offset, size = size }));
        Assert.Equal(expected, Encoding.UTF8.GetString(reply.AsSpan(16)));
    }

    [Fact]
    public void Read_OfMoreThanTheBufferHolds_GivesLess()
    {
        _file.Content = new byte[100_000];
        var reply = new byte[8192 + 16];
        var request = FuseMessage.Request(fuse_opcode.FUSE_READ, _file.Id, new fuse_read_in { fh = _file.Id, size = uint.MaxValue });
        Assert.Equal(reply.Length, _scene.Server.Handle(request, reply));
    }

    [Fact]
    public void Link_IsBounded()
    {
        var link = _scene.Tree.AddLink(_scene.Tree.Root, "link", new string('x', 10_000));
        Assert.Equal(16 + 4095, _scene.Ask(FuseMessage.Request(fuse_opcode.FUSE_READLINK, link.Id)).Length);
    }

    [Fact]
    public void ExtendedAttribute_LengthThenValue()
    {
        _file.ExtendedAttributes["user.a/b"] = [1, 2, 3];
        byte[] Get(string name, uint size) => _scene.Ask(FuseMessage.Request(fuse_opcode.FUSE_GETXATTR, _file.Id, new fuse_getxattr_in { size = size }, name));
        Assert.Equal(3u, FuseMessage.Read<fuse_getxattr_out>(Get("user.a/b", 0)).size);
        Assert.Equal([1, 2, 3], Get("user.a/b", 3)[16..]);
        Assert.Equal([1, 2, 3], Get("user.a/b", uint.MaxValue)[16..]);
        Assert.Equal(Errno.ERANGE, FuseMessage.Error(Get("user.a/b", 2)));
        Assert.Equal(Errno.ENODATA, FuseMessage.Error(Get("user.b", 0)));
        Assert.Equal(Errno.ERANGE, FuseMessage.Error(Get(new string('x', 256), 0)));
        Assert.Equal(Errno.EINVAL, FuseMessage.Error(Get("", 0)));
        var list = FuseMessage.Request(fuse_opcode.FUSE_LISTXATTR, _file.Id, new fuse_getxattr_in());
        Assert.Equal(9u, _scene.Answer<fuse_getxattr_out>(list).size);
        list = FuseMessage.Request(fuse_opcode.FUSE_LISTXATTR, _file.Id, new fuse_getxattr_in { size = 100 });
        Assert.Equal("user.a/b\0", Encoding.UTF8.GetString(_scene.Ask(list).AsSpan(16)));
    }

    [Theory]
    [InlineData(3u, 2ul, Errno.None, 2ul)]
    [InlineData(4u, 2ul, Errno.None, 10ul)]
    [InlineData(3u, 10ul, Errno.ENXIO, 0ul)]
    [InlineData(0u, 0ul, Errno.EINVAL, 0ul)]
    [InlineData(uint.MaxValue, 0ul, Errno.EINVAL, 0ul)]
    public void Seek_FindsDataAndHoles(uint whence, ulong offset, Errno expected, ulong position)
    {
        var reply = _scene.Ask(FuseMessage.Request(fuse_opcode.FUSE_LSEEK, _file.Id, new fuse_lseek_in { fh = _file.Id, offset = offset, whence = whence }));
        Assert.Equal(expected, FuseMessage.Error(reply));
        if (expected == Errno.None)
            Assert.Equal(position, FuseMessage.Read<fuse_lseek_out>(reply).offset);
    }

    [Fact]
    public void Ioctl_OnlyReadsFlags()
    {
        _file.Flags = 0x80000;
        var control = new fuse_ioctl_in { cmd = FuseProtocol.FS_IOC_GETFLAGS, out_size = 4 };
        var reply = _scene.Ask(FuseMessage.Request(fuse_opcode.FUSE_IOCTL, _file.Id, control));
        Assert.Equal(16 + 16 + 4, reply.Length);
        Assert.Equal((0, 0x80000u), (FuseMessage.Read<fuse_ioctl_out>(reply).result, FuseMessage.Read<uint>(reply, 16)));
        Assert.Equal(Errno.ENOTTY, _scene.Error(FuseMessage.Request(fuse_opcode.FUSE_IOCTL, _file.Id, control with { out_size = 8 })));
        Assert.Equal(Errno.ENOTTY, _scene.Error(FuseMessage.Request(fuse_opcode.FUSE_IOCTL, _file.Id, control with { cmd = 0x40086602 })));
    }

    [Fact]
    public void Access_ForWriting_IsRefused()
    {
        Assert.Equal(Errno.EROFS, _scene.Error(FuseMessage.Request(fuse_opcode.FUSE_ACCESS, 1, new fuse_access_in { mask = 6 })));
        Assert.Equal(Errno.None, _scene.Error(FuseMessage.Request(fuse_opcode.FUSE_ACCESS, 1, new fuse_access_in { mask = 5 })));
    }

    [Fact]
    public void FileSystem_IsToldWhole()
    {
        var reply = _scene.Ask(FuseMessage.Request(fuse_opcode.FUSE_STATFS, 1));
        Assert.Equal(16 + 80, reply.Length);
        var status = FuseMessage.Read<fuse_kstatfs>(reply);
        Assert.Equal((1000ul, 100ul, 90ul, 255u, 4096u, 0u), (status.blocks, status.bfree, status.bavail, status.namelen, status.frsize, status.padding));
    }

    [Fact]
    public void Answer_ThatNobodyTook_IsTakenBack()
    {
        var directory = _scene.Tree.AddDirectory(_scene.Tree.Root, "d");
        for (var i = 0; i < 10; i++)
            _ = _scene.Tree.AddFile(directory, $"{i}", "");
        byte[][] requests =
        [
            FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, "file"),
            FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, "nothing"),
            FuseMessage.Request(fuse_opcode.FUSE_OPEN, _file.Id, new fuse_open_in()),
            FuseMessage.Request(fuse_opcode.FUSE_OPEN, directory.Id, new fuse_open_in()),
            FuseMessage.Request(fuse_opcode.FUSE_OPENDIR, directory.Id, new fuse_open_in()),
            FuseMessage.Request(fuse_opcode.FUSE_READDIRPLUS, directory.Id, new fuse_read_in { fh = directory.Id, size = 4096 }),
            FuseMessage.Request(fuse_opcode.FUSE_READDIR, directory.Id, new fuse_read_in { fh = directory.Id, size = 4096 }),
        ];
        foreach (var request in requests)
            _scene.Server.Retract(request, _scene.Ask(request));
        Assert.Equal(0, _scene.Tree.Lookups);
        Assert.Equal(0, _scene.Tree.OpenCount);
        Assert.Equal(11, _scene.Tree.LookupCount);
        _scene.Server.Retract([1, 2, 3], []);
        Assert.Empty(_scene.Log);
    }

    [Fact]
    public void Listing_ThatFails_CountsNoLookups()
    {
        _scene.Tree.Failure = new InvalidOperationException();
        var request = FuseMessage.Request(fuse_opcode.FUSE_READDIRPLUS, 1, new fuse_read_in { fh = 1, size = 4096 });
        Assert.Equal(Errno.EIO, _scene.Error(request));
        Assert.Equal((1L, 0L), (_scene.Tree.LookupCount, _scene.Tree.Lookups));
    }

    [Fact]
    public void Buffers_OfAnySize_HoldWhatTheyMust() => Assert.True(FuseLimits.Request >= 40 + 40 + FuseLimits.MaxWrite);
}
