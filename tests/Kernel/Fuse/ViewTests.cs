using System.Security.Cryptography;
using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Kernel.Fuse;

/// <summary>What ordinary programs see.</summary>
public sealed class ViewTests
{
    [Fact]
    public void Programs_SeeTheTree()
    {
        var tree = new MemoryTree();
        var content = FuseScene.Bytes(3_000_001);
        var directory = tree.AddDirectory(tree.Root, "d");
        var file = tree.AddFile(directory, "file", content);
        file.Attributes = file.Attributes with { Mode = 0x89ed, Links = 3, User = 7, Group = 8 };
        file.Flags = 0x10; // FS_IMMUTABLE_FL
        file.ExtendedAttributes["user.a/b"] = "value"u8.ToArray();
        file.ExtendedAttributes["security.capability"] = Convert.FromHexString("0100000200000000000000000000000000000000");
        // user::rwx, user:5:r--, group::r-x, mask::r-x, other::---
        var acl = Convert.FromHexString("0200000001000700ffffffff020004000500000004000500ffffffff10000500ffffffff20000000ffffffff");
        file.ExtendedAttributes["system.posix_acl_access"] = acl;
        _ = tree.AddFile(directory, "empty", "");
        _ = tree.AddLink(directory, "link", "../nowhere");
        tree.Add(directory, "device", 0x2180).Attributes = tree.Add(directory, "fifo", 0x1180).Attributes with { Mode = 0x2180, Device = 0x103 };
        FuseScene.Run(tree, _ =>
        {
            Assert.Equal("d\nd/device\nd/empty\nd/fifo\nd/file\nd/link\n", FuseScene.Shell("find . -mindepth 1 -printf '%P\\n' | sort"));
            Assert.Equal("f 4755 3 7 8 3000001 5860 1600000001.0000000020 1600000002.0000000030", FuseScene.Shell(
                "find d/file -printf '%y %m %n %U %G %s %b %T@ %C@'"));
            Assert.Equal("1500000000 1600000000 1003", FuseScene.Shell("stat -c '%W %X %i' d/file").Trim());
            Assert.Equal("1 3 character special file", FuseScene.Shell("stat -c '%t %T %F' d/device").Trim());
            Assert.Equal("../nowhere", FuseScene.Shell("readlink d/link").Trim());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), FuseScene.Shell("sha256sum < d/file")[..64]);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), FuseScene.Shell("dd if=d/file bs=1M iflag=direct status=none | sha256sum")[..64]);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), FuseScene.Shell("tar cf - . | tar xOf - ./d/file | sha256sum")[..64]);
            Assert.Equal("----i", FuseScene.Shell("lsattr d/file")[..5]);
            Assert.Equal("user.a/b=\"value\"", FuseScene.Shell("getfattr -d d/file").Split('\n')[1]);
            Assert.Equal(
                "system.posix_acl_access=0x" + Convert.ToHexStringLower(acl),
                FuseScene.Shell("getfattr -e hex -n system.posix_acl_access d/file").Split('\n')[1]);
            Assert.Contains("security.capability=0x0100000200000000000000000000000000000000", FuseScene.Shell("getfattr -e hex -d -m - d/file"), StringComparison.Ordinal);
            Assert.Equal("4096 1000 100 90 255", FuseScene.Shell("stat -f -c '%S %b %f %a %l' .").Trim());
            Assert.Contains("web /mnt/view fuse.hyperspector ro,nosuid,nodev,noexec", FuseScene.Shell("cat /proc/mounts"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Directory_OfManyNames_IsReadOnce_AndNothingIsAskedTwice()
    {
        const int count = 100_000;
        var tree = new MemoryTree { KeepsListings = true };
        var directory = tree.AddDirectory(tree.Root, "d");
        for (var i = 0; i < count; i++)
            _ = tree.AddFile(directory, $"a name of usual length {i}", "");
        FuseScene.Run(tree, _ =>
        {
            const string scan = "find d -type f -printf '%m %s\\n' | sort | uniq -c";
            Assert.Equal($"{count} 644 0", FuseScene.Shell(scan).Trim());
            // One lookup came with each name, and no request for attributes after it.
            Assert.InRange(tree.LookupCount, count, count + 10);
            Assert.InRange(tree.AttributeCount, 0, 10);
            Assert.InRange(tree.ListingCount, 1, count / 20);
            // What is kept is page cache, which a machine short of memory gives up: not in each of several scans.
            Assert.Contains(Enumerable.Range(0, 5), _ =>
            {
                var before = (tree.LookupCount, tree.AttributeCount, tree.ListingCount);
                Assert.Equal($"{count} 644 0", FuseScene.Shell(scan).Trim());
                return before == (tree.LookupCount, tree.AttributeCount, tree.ListingCount);
            });
        });
    }

    [Fact]
    public void Passthrough_ReadsTheBackingFile()
    {
        var tree = new MemoryTree();
        var file = tree.AddFile(tree.Root, "file", "what the server would answer");
        FuseScene.Run(tree, scene =>
        {
            const string backing = FuseScene.Root + "/backing";
            File.WriteAllText(backing, "from the page cache of that");
            // The answer to FUSE_INIT is there before anything else can be.
            Assert.Equal("file", FuseScene.Shell("ls").Trim());
            Assert.SkipUnless(scene.Session!.Passthrough, "the kernel has no FUSE passthrough (Linux 6.9)");
            using var open = Files.OpenRead(backing);
            Assert.Equal(Errno.None, FuseDevice.TryOpenBacking(scene.Device, open, out var id));
            file.BackingId = id;
            file.Attributes = file.Attributes with { Mode = 0x81a4 };
            Assert.Equal("from the page cache of that", FuseScene.Shell("cat file"));
            Assert.Equal(Errno.None, FuseDevice.TryCloseBacking(scene.Device, id));
            Assert.Equal(Errno.ENOENT, FuseDevice.TryCloseBacking(scene.Device, id));
            file.BackingId = 0;
            Assert.Equal("what the server would answer", FuseScene.Shell("cat file"));
        });
    }

    [Fact]
    public void Clone_ServesTheSameConnection() => FuseScene.Mounted(Text(), scene =>
    {
        using var loop = scene.Loop();
        loop.Start();
        Assert.Equal("text", FuseScene.Shell("cat file"));
        Assert.True(loop.Stop(FuseScene.Limit));
        using var clone = FuseDevice.Clone(scene.Device);
        using var other = new FuseLoop(scene.Server, new FuseChannel(clone), 2, scene.Log);
        other.Start();
        Assert.Equal("text", FuseScene.Shell("cat file; ls -la >&2"));
        Assert.Empty(scene.Lines);
    });

    [Fact]
    public void Unmounted_EndsTheLoop() => FuseScene.Mounted(Text(), scene =>
    {
        using var loop = scene.Loop();
        loop.Start();
        Assert.Equal("text", FuseScene.Shell("cat file"));
        Assert.True(Mounts.Detach(FuseScene.View));
        Assert.True(loop.Wait(FuseScene.Limit));
        Assert.Equal(Errno.ENODEV, loop.Ended);
        Assert.Empty(scene.Lines);
    });

    private static MemoryTree Text()
    {
        var tree = new MemoryTree();
        _ = tree.AddFile(tree.Root, "file", "text");
        return tree;
    }
}
