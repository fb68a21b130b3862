using CsCheck;
using HyperSpector.Engine.Disks;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Disks;

/// <summary>What a process that served a view leaves to the next one: written by it, and it parses what an IDS VM sends.</summary>
public class JournalTargets
{
    private const ulong Life = 3;
    private static readonly NodeIdentity s_root = new(null, 1, InodeStatus.Directory, false);
    private static readonly byte[] s_journal = Journal();

    [Fact]
    public void Journal_AnyBytes_GivesNodesThatOneCanGoOnWith() => Target.Run(Corpus.Around(400, s_journal), bytes =>
    {
        using var file = MappedPage.CreateFile("hyperspector-fuzz-nodes");
        FileIo.Truncate(file, 0);
        FileIo.WriteAt(file, bytes, 0);
        var nodes = Restore(file, out var journal);
        foreach (var node in nodes.All.Where(n => !n.IsRoot))
        {
            Assert.True(ByteNames.IsName(node.Name));
            Assert.Same(node, nodes.Find(node.Id));
            var steps = 0;
            for (var at = node.Parent; at is not null; at = at.Parent)
                Assert.True(steps++ <= nodes.Count, "a directory within itself");
        }

        Assert.True(nodes.Find(NodeTable.RootId)!.IsRoot);
        nodes.BeginJournal();
        var known = nodes.All.Select(n => n.Id).ToHashSet();
        var added = nodes.Add(nodes.Root, "new"u8, s_root with { Inode = 7 }, null);
        Assert.DoesNotContain(added.Id, known);
        _ = known.Add(added.Id);
        // Who comes after us finds what we have added.
        var next = Restore(file, out _);
        Assert.NotNull(next.Find(added.Id));
        Assert.Subset(known, next.All.Select(n => n.Id).ToHashSet());
        GC.KeepAlive(journal);
    }, few: 2_000);

    private static NodeTable Restore(FileDescriptor file, out NodeJournal journal)
    {
        journal = new NodeJournal(file);
        var place = MountPoint.Of([]);
        var nodes = new NodeTable(s_root, place, Life, journal);
        nodes.Restore(journal.Read(nodes.End), journal.Last, new Dictionary<int, DiskMount>());
        return nodes;
    }

    private static byte[] Journal()
    {
        using var file = MappedPage.CreateFile("hyperspector-fuzz-nodes");
        FileIo.Truncate(file, 0);
        var nodes = Restore(file, out _);
        nodes.BeginJournal();
        var etc = nodes.Add(nodes.Root, "etc"u8, s_root with { Inode = 2 }, null);
        var passwd = nodes.Add(etc, "passwd"u8, s_root with { Inode = 3, Type = InodeStatus.Regular }, null);
        _ = nodes.Add(nodes.Root, "usr"u8, s_root with { Inode = 4 }, null);
        nodes.Detach(passwd);
        nodes.RemoveUnknown(passwd, _ => { });
        var bytes = new byte[4096];
        return bytes[..FileIo.ReadAt(file, bytes, 0)];
    }
}
