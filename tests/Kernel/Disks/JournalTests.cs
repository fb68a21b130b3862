using System.Text;
using HyperSpector.Engine.Disks;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Tests.Kit.Disks;
using Xunit;

namespace HyperSpector.Tests.Kernel.Disks;

/// <summary>Who serves a view dies, and the next one goes on where it was: with the same nodes, open files, and nothing that is stale.</summary>
public sealed class JournalTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ScratchOverlay _overlay = new();
    private readonly FileDescriptor _journal = MappedPage.CreateFile("hyperspector-test-nodes");

    public JournalTests() => FileIo.Truncate(_journal, 0);

    public void Dispose()
    {
        _journal.Dispose();
        _overlay.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Successor_GoesOnWithTheNodes_AndWithdrawsWhatIsKept(int seed)
    {
        using (var below = new TreeWorker(_overlay.Base))
        {
            below.Seed(seed);
            _ = below.Fill(200);
        }

        _overlay.Mount();
        using var server = new TreeWorker(_overlay.Merged);
        server.Seed(seed);
        var client = new TreeClient();
        for (var life = 0; life < 12; life++)
        {
            using var tree = Serve(client);
            tree.WithdrawAll();
            Assert.True(tree.Settle(Patience));
            Assert.Equal(server.Walk(), client.Walk());
            _ = server.Change(5);
            if (life % 3 == 2)
                client.ForgetAll();
        }

        using var last = Serve(client);
        client.ForgetAll();
        Assert.Equal(1, last.NodeCount);
    }

    [Fact]
    public void Successor_ReadsOnWhatWasOpen()
    {
        File.WriteAllText($"{_overlay.Base}/file", "content");
        _ = Directory.CreateDirectory($"{_overlay.Base}/directory");
        _overlay.Mount();
        var client = new TreeClient();
        ulong node;
        using (Serve(client))
            node = client.Find("file")!.Value.Node;

        var next = Serve(client);
        var buffer = new byte[100];
        Assert.Equal(Errno.None, next.Read(node, 0, 3, buffer, out var count));
        Assert.Equal("tent", Encoding.UTF8.GetString(buffer, 0, count));
        next.Dispose();
        // A file that the server VM has written is another one, and who has the old one open reads that.
        File.AppendAllText($"{_overlay.Merged}/file", "!");
        next = Serve(client);
        next.WithdrawAll();
        Assert.True(next.Settle(Patience));
        Assert.NotEqual(node, client.Find("file")!.Value.Node);
        Assert.Equal(Errno.None, next.Read(node, 0, 0, buffer, out count));
        Assert.Equal("content", Encoding.UTF8.GetString(buffer, 0, count));
        next.Dispose();
        next = Serve(client);
        Assert.Equal(Errno.None, next.Read(node, 0, 0, buffer, out _));
        // One that it has written and then removed is gone.
        node = client.Find("file")!.Value.Node;
        File.Delete($"{_overlay.Merged}/file");
        Assert.Equal(Errno.ESTALE, next.Read(node, 0, 0, buffer, out _));
        next.Dispose();
    }

    [Fact]
    public void Successor_KnowsHowOftenTheKernelWasGivenANode()
    {
        File.WriteAllText($"{_overlay.Base}/file", "content");
        _overlay.Mount();
        var client = new TreeClient();
        ulong node;
        using (var first = Serve(client))
        {
            Assert.Equal(Errno.None, first.Lookup(1, "file"u8, out var entry));
            node = entry.Node;
            Assert.Equal(Errno.None, first.Lookup(1, "file"u8, out _));
            Assert.Equal(Errno.None, first.Lookup(1, "file"u8, out _));
            first.Forget(node, 1);
        }

        using var next = Serve(client);
        // The kernel has forgotten it, and says so in a message that waits while it asks for it anew.
        Assert.Equal(Errno.None, next.Lookup(1, "file"u8, out var again));
        Assert.Equal(node, again.Node);
        next.Forget(node, 2);
        Assert.Equal(Errno.None, next.Read(node, 0, 0, new byte[10], out _));
        next.Forget(node, 1);
        Assert.Equal(Errno.ESTALE, next.Read(node, 0, 0, new byte[10], out _));
        Assert.Equal(1, next.NodeCount);
    }

    [Fact]
    public void Journal_ThatWasTorn_GivesWhatWasWhole()
    {
        for (var i = 0; i < 20; i++)
            File.WriteAllText($"{_overlay.Base}/file-{i}", "");
        _overlay.Mount();
        var client = new TreeClient();
        using (Serve(client))
            _ = client.Walk();
        var length = FileStatus.Of(_journal).Size;
        for (var cut = length - 1; cut > length - 120; cut--)
        {
            FileIo.Truncate(_journal, cut);
            var other = new TreeClient();
            using var tree = Serve(other);
            Assert.InRange(tree.NodeCount, 2, 21);
        }
    }

    [Fact]
    public void Journal_OfManyThatCameAndWent_StaysSmall()
    {
        for (var i = 0; i < 500; i++)
            File.WriteAllText($"{_overlay.Base}/file-{i}", "");
        _overlay.Mount();
        var client = new TreeClient();
        using (Serve(client))
        {
            for (var round = 0; round < 40; round++)
            {
                _ = client.Walk();
                client.ForgetAll();
            }

            _ = client.Walk();
        }

        // Blocks of 512 bytes: what was given back counts no more. 41 rounds of 500 nodes are more than 2 MiB.
        Assert.InRange(NodeStatusOf(_journal), 0UL, 2048UL);
        using var next = Serve(client);
        Assert.Equal(501, next.NodeCount);
        Assert.Equal(501, client.Walk().Count);
    }

    private static ulong NodeStatusOf(FileDescriptor file)
    {
        Assert.Equal(Errno.None, Linux.Inodes.Inode.TryStat(file, [], out var status));
        return status.Blocks;
    }

    // Another descriptor of the same file each time, as for another process.
    private ViewTree Serve(TreeClient client)
    {
        var tree = new ViewTree([_overlay.Open()], client, journal: _journal.Duplicate());
        client.Tree = tree;
        return tree;
    }
}
