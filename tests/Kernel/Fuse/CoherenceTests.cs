using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Kernel.Fuse;

/// <summary>
/// What the kernel keeps for a day, it gives up when it is told to. Each test shows first that it does keep it: else nothing would be
/// shown.
/// </summary>
public sealed class CoherenceTests
{
    [Fact]
    public void Names_AreSeenAtOnce()
    {
        var tree = new MemoryTree();
        _ = tree.AddFile(tree.Root, "old", "1");
        FuseScene.Run(tree, scene =>
        {
            const string look = "cat old 2>/dev/null || echo none; cat new 2>/dev/null || echo none";
            Assert.Equal("1none", FuseScene.Shell(look).Trim());
            tree.Remove(tree.Root, "old");
            _ = tree.AddFile(tree.Root, "new", "2");
            Assert.Equal("1none", FuseScene.Shell(look).Trim());
            Assert.Equal(Errno.None, scene.Notifier.InvalidateEntry(tree.Root.Id, "old"u8));
            Assert.Equal(Errno.None, scene.Notifier.InvalidateEntry(tree.Root.Id, "new"u8));
            Assert.Equal("none\n2", FuseScene.Shell(look).Trim());
            Assert.Equal(Errno.ENOENT, scene.Notifier.InvalidateEntry(tree.Root.Id, "never seen"u8));
            Assert.Equal(Errno.ENOENT, scene.Notifier.InvalidateEntry(4711, "x"u8));
        });
    }

    [Fact]
    public void AllNames_AreAskedForAgain()
    {
        var tree = new MemoryTree();
        var directory = tree.AddDirectory(tree.Root, "d");
        _ = tree.AddFile(directory, "file", "1");
        FuseScene.Run(tree, scene =>
        {
            Assert.Equal("1", FuseScene.Shell("cat d/file"));
            Assert.SkipUnless(scene.Session!.CanDropNames, "the kernel cannot drop all names at once (Linux 6.16)");
            tree.Remove(directory, "file");
            _ = tree.AddFile(directory, "file", "2");
            Assert.Equal("1", FuseScene.Shell("cat d/file"));
            Assert.Equal(Errno.None, scene.Notifier.InvalidateAllEntries());
            Assert.Equal("2", FuseScene.Shell("cat d/file"));
        });
    }

    [Fact]
    public void Attributes_AreSeenAtOnce()
    {
        var tree = new MemoryTree();
        var file = tree.AddFile(tree.Root, "file", "1");
        FuseScene.Run(tree, scene =>
        {
            const string look = "stat -c '%a %Y' file";
            Assert.Equal("644 1600000001", FuseScene.Shell(look).Trim());
            file.Attributes = file.Attributes with { Mode = 0x81ff, Modified = new FuseTime(5, 0) };
            Assert.Equal("644 1600000001", FuseScene.Shell(look).Trim());
            Assert.Equal(Errno.None, scene.Notifier.InvalidateAttributes(file.Id));
            Assert.Equal("777 5", FuseScene.Shell(look).Trim());
            Assert.Equal(Errno.ENOENT, scene.Notifier.InvalidateAttributes(4711));
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Content_IsSeenAtOnce_AlsoByWhoHasItOpen_AndWhenOnlyItsTimeIsTold(bool data)
    {
        var tree = new MemoryTree();
        var file = tree.AddFile(tree.Root, "file", "before");
        FuseScene.Run(tree, scene =>
        {
            using var open = File.OpenRead($"{FuseScene.View}/file");
            string Read()
            {
                var bytes = new byte[20];
                var count = RandomAccess.Read(open.SafeFileHandle, bytes, 0);
                return System.Text.Encoding.ASCII.GetString(bytes, 0, count);
            }

            Assert.Equal("before", Read());
            file.Content = "behind"u8.ToArray();
            file.Attributes = file.Attributes with { Modified = new FuseTime(1_600_000_009, 0) };
            Assert.Equal("before", Read());
            // A file whose time or size has changed is read anew as soon as the kernel learns that (AUTO_INVAL_DATA).
            Assert.Equal(Errno.None, data ? scene.Notifier.InvalidateData(file.Id) : scene.Notifier.InvalidateAttributes(file.Id));
            Assert.Equal("behind", Read());
            file.Content = "longer than before"u8.ToArray();
            Assert.Equal(Errno.None, scene.Notifier.InvalidateData(file.Id));
            Assert.Equal("longer than before", Read());
        });
    }

    [Fact]
    public void Link_IsSeenAtOnce()
    {
        var tree = new MemoryTree();
        var link = tree.AddLink(tree.Root, "link", "one");
        FuseScene.Run(tree, scene =>
        {
            Assert.Equal("one", FuseScene.Shell("readlink link").Trim());
            link.Content = "two"u8.ToArray();
            Assert.Equal("one", FuseScene.Shell("readlink link").Trim());
            Assert.Equal(Errno.None, scene.Notifier.InvalidateData(link.Id));
            Assert.Equal("two", FuseScene.Shell("readlink link").Trim());
        });
    }

    [Fact]
    public void KeptListing_IsSeenAtOnce()
    {
        var tree = new MemoryTree { KeepsListings = true };
        for (var i = 0; i < 1000; i++)
            _ = tree.AddFile(tree.Root, $"{i}", "");
        FuseScene.Run(tree, scene =>
        {
            const string look = "ls -A | wc -l";
            Assert.Equal("1000", FuseScene.Shell(look).Trim());
            tree.Remove(tree.Root, "7");
            tree.Remove(tree.Root, "999");
            _ = tree.AddFile(tree.Root, "new", "");
            Assert.Equal("1000", FuseScene.Shell(look).Trim());
            foreach (var name in (string[])["7", "999", "new"])
                _ = scene.Notifier.InvalidateEntry(tree.Root.Id, System.Text.Encoding.ASCII.GetBytes(name));
            Assert.Equal(Errno.None, scene.Notifier.InvalidateData(tree.Root.Id));
            Assert.Equal("999", FuseScene.Shell(look).Trim());
            Assert.Equal("new", FuseScene.Shell("ls -A | grep -v '[0-9]'").Trim());
        });
    }
}
