using System.Runtime.InteropServices;
using System.Text;
using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Unit.Fuse;

public sealed class ListingTests
{
    private readonly ServerScene _scene = new();

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 400)]
    [InlineData(false, 4096)]
    [InlineData(true, 32768)]
    public void Directory_ReadInPieces_IsWhole_AndInOrder(bool plus, int size)
    {
        var directory = _scene.Tree.AddDirectory(_scene.Tree.Root, "d");
        var names = Enumerable.Range(0, 500).Select(i => new string((char)('a' + (i % 26)), 1 + (i % 40)) + i).ToArray();
        foreach (var name in names)
            _ = _scene.Tree.AddFile(directory, name, name);
        Assert.Equal([".", "..", .. names], Names(List(directory.Id, plus, size)));
        Assert.Equal(plus ? 500 : 0, _scene.Tree.Lookups);
    }

    [Fact]
    public void Directory_ThatShrinksWhileItIsRead_GoesOn()
    {
        var names = Enumerable.Range(0, 100).Select(i => $"name {i}").ToArray();
        foreach (var name in names)
            _ = _scene.Tree.AddFile(_scene.Tree.Root, name, "");
        var first = Piece(1, 0, true, 4096);
        _scene.Tree.Remove(_scene.Tree.Root, names[^1]);
        _scene.Tree.Remove(_scene.Tree.Root, names[0]);
        List<(string, fuse_dirent, fuse_entry_out)> all = [.. first];
        while (Piece(1, all[^1].Item2.off, true, 4096) is { Count: > 0 } piece)
            all.AddRange(piece);
        Assert.Equal([".", "..", .. names[..^1]], Names(all));
    }

    [Fact]
    public void Plus_HasTheEntry_ButOfDots()
    {
        var file = _scene.Tree.AddFile(_scene.Tree.Root, "file", "text");
        var all = List(1, plus: true, 4096);
        Assert.Equal([0ul, 0ul, file.Id], all.Select(e => e.Entry.nodeid));
        Assert.Equal((4ul, 0x81a4u), (all[2].Entry.attr.size, all[2].Entry.attr.mode));
        Assert.Equal([4u, 4u, 8u], all.Select(e => e.Head.type));
        Assert.Equal([1001ul, 1001ul, 1002ul], all.Select(e => e.Head.ino));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(255)]
    public void Record_IsPaddedWithZeros_AndFitsExactly(int length)
    {
        var size = 24 + (length + 7) / 8 * 8;
        foreach (var plus in (bool[])[false, true])
        {
            var buffer = new byte[size + (plus ? 128 : 0)];
            Array.Fill(buffer, (byte)0xee);
            var listing = new DirectoryListing(buffer, plus);
            Assert.True(listing.Fits(length));
            Assert.True(listing.TryAdd(Encoding.ASCII.GetBytes(new string('x', length)), 1, MemoryNode.Link, 2));
            Assert.Equal(buffer.Length, listing.Length);
            Assert.False(listing.Fits(1));
            Assert.False(listing.TryAdd("x"u8, 1, 0, 3));
            Assert.All(buffer[^(size - 24 - length)..], b => Assert.Equal(0, b));
            Assert.DoesNotContain((byte)0xee, buffer);

            listing = new DirectoryListing(buffer.AsSpan(1), plus);
            Assert.False(listing.Fits(length));
            Assert.False(listing.TryAdd(Encoding.ASCII.GetBytes(new string('x', length)), 1, MemoryNode.Link, 2));
            Assert.Equal(0, listing.Length);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    public void Name_ThatTheKernelWouldRefuse_IsRefusedHere(string name) =>
        Assert.Throws<ArgumentException>(() => new DirectoryListing(new byte[4096], false).TryAdd(Encoding.ASCII.GetBytes(name), 1, 0, 1));

    [Fact]
    public void Name_TooLong_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new DirectoryListing(new byte[4096], true).TryAdd(new byte[256], default(FuseEntry), 1));

    [Fact]
    public void Entry_InAListingOfNames_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => new DirectoryListing(new byte[4096], false).TryAdd("x"u8, default(FuseEntry), 1));

    [Theory]
    [InlineData(true, FuseProtocol.FOPEN_CACHE_DIR | FuseProtocol.FOPEN_KEEP_CACHE)]
    [InlineData(false, 0u)]
    public void Listing_IsKept_IfTheTreeSaysSo(bool keeps, uint flags)
    {
        _scene.Tree.KeepsListings = keeps;
        Assert.Equal(flags, _scene.Answer<fuse_open_out>(FuseMessage.Request(fuse_opcode.FUSE_OPENDIR, 1, new fuse_open_in())).open_flags);
    }

    private static IEnumerable<string> Names(IEnumerable<(string Name, fuse_dirent, fuse_entry_out)> all) => all.Select(e => e.Name);

    private List<(string Name, fuse_dirent Head, fuse_entry_out Entry)> List(ulong node, bool plus, int size)
    {
        List<(string, fuse_dirent, fuse_entry_out)> all = [];
        while (Piece(node, all.Count == 0 ? 0 : all[^1].Item2.off, plus, size) is { Count: > 0 } piece)
            all.AddRange(piece);
        return all;
    }

    // As fs/fuse/readdir.c reads it.
    private List<(string Name, fuse_dirent Head, fuse_entry_out Entry)> Piece(ulong node, ulong position, bool plus, int size)
    {
        var opcode = plus ? fuse_opcode.FUSE_READDIRPLUS : fuse_opcode.FUSE_READDIR;
        var reply = _scene.Ask(FuseMessage.Request(opcode, node, new fuse_read_in { fh = node, offset = position, size = (uint)size }));
        Assert.Equal(Errno.None, FuseMessage.Error(reply));
        Assert.True(reply.Length <= 16 + size);
        List<(string, fuse_dirent, fuse_entry_out)> found = [];
        for (var at = 16; at < reply.Length;)
        {
            var entry = plus ? MemoryMarshal.Read<fuse_entry_out>(reply.AsSpan(at)) : default;
            at += plus ? 128 : 0;
            var head = MemoryMarshal.Read<fuse_dirent>(reply.AsSpan(at));
            found.Add((Encoding.ASCII.GetString(reply, at + 24, (int)head.namelen), head, entry));
            at += (24 + (int)head.namelen + 7) & ~7;
            Assert.True(at <= reply.Length);
        }

        return found;
    }
}
