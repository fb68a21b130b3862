using System.Text;
using HyperSpector.Engine.Disks;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Disks;
using Xunit;

namespace HyperSpector.Tests.Kernel.Disks;

/// <summary>What a view of a server VM's disk shows, and what the server VM sees of being looked at: nothing.</summary>
public sealed class ViewTreeTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ScratchOverlay _overlay = new();
    private readonly List<IDisposable> _undo = [];

    public ViewTreeTests()
    {
        Write($"{_overlay.Base}/etc/passwd", "root\n");
        Write($"{_overlay.Base}/etc/motd", "hello\n");
        Write($"{_overlay.Base}/usr/bin/tool", "#!/bin/sh\n");
    }

    public void Dispose()
    {
        foreach (var one in Enumerable.Reverse(_undo))
            one.Dispose();
        _overlay.Dispose();
    }

    [Theory]
    [InlineData("etc/passwd")]
    [InlineData("etc/motd")]
    public void Read_OfAWatchedFile_WakesNobodyAndMovesNoTime(string path)
    {
        var (client, _, server) = Start();
        _ = server.Do("open(root + b'/etc/passwd', 'a').write('changed')"); // in the upper layer from here on
        foreach (var watched in (string[])["etc", path])
            server.Watch(watched);
        _ = server.Do($"os.utime(root + b'/{path}', (1, 1))");
        var before = server.Do($"list(os.stat(root + b'/{path}'))[7]").GetInt64();
        _ = server.Noticed();

        Assert.NotEmpty(client.Read(client.Find(path)!.Value.Node));
        Assert.Contains("6d6f7464", client.List(client.Find("etc")!.Value.Node));
        _ = client.Walk();

        Assert.Equal(0, server.Noticed());
        Assert.Equal(before, server.Do($"list(os.stat(root + b'/{path}'))[7]").GetInt64());
        // The watch works: who reads natively is noticed.
        _ = File.ReadAllText($"{_overlay.Merged}/{path}");
        Assert.True(server.Noticed() > 0);
    }

    [Fact]
    public void Open_OfWhatIsNoRegularFile_ReachesNothing()
    {
        var (client, tree, server) = Start();
        _ = server.Do("os.mkfifo(root + b'/fifo')");
        _ = server.Do("os.mknod(root + b'/null', stat.S_IFCHR | 0o666, os.makedev(1, 3))");
        _ = server.Do("__import__('socket').socket(1).bind((root + b'/socket').decode())");
        const string WriteToFifo = "os.open(root + b'/fifo', os.O_WRONLY | os.O_NONBLOCK)";
        Assert.Equal("errno 6", server.Do(WriteToFifo).GetString());

        foreach (var name in (string[])["fifo", "null", "socket"])
        {
            var node = client.Find(name)!.Value.Node;
            Assert.Equal(Errno.ENXIO, tree.Read(node, 0, 0, new byte[10], out _));
        }

        // ENXIO for the writer: nobody has opened the other end. And it would be seen if somebody had.
        Assert.Equal("errno 6", server.Do(WriteToFifo).GetString());
        _ = server.Do("globals().update(held=os.open(root + b'/fifo', os.O_RDONLY | os.O_NONBLOCK))");
        Assert.NotEqual("errno 6", server.Do(WriteToFifo).ToString());
        Assert.Equal(Errno.EISDIR, tree.Read(client.Find("etc")!.Value.Node, 0, 0, new byte[10], out _));
    }

    [Fact]
    public void Attributes_OfEveryKindOfFile_TellTheLayer()
    {
        var (client, tree, server) = Start();
        _ = server.Do("open(root + b'/etc/passwd', 'a').write('changed')");
        _ = server.Do("os.symlink(b'passwd', root + b'/etc/link')");
        Assert.True(tree.Settle(Patience));

        Assert.Equal(("base", "1"), LayerOf("etc/motd"));
        Assert.Equal(("upper", "0"), LayerOf("etc/passwd"));
        Assert.Equal(("upper", "0"), LayerOf("etc/link"));
        Assert.Equal(("base", "1"), LayerOf("usr/bin"));
        Assert.Equal("generation-1", client.Attribute(1, "system.hyperspector.generation"));
        Assert.Null(client.Attribute(1, "system.hyperspector.nonsense"));
        // Not among those that are listed: a copy or a comparison of the tree must be that of the server's.
        Assert.Equal(Errno.None, tree.ListExtendedAttributes(client.Find("etc/motd")!.Value.Node, [], out var length));
        Assert.Equal(0, length);

        (string?, string?) LayerOf(string path)
        {
            var node = client.Find(path)!.Value.Node;
            return (client.Attribute(node, "system.hyperspector.layer"), client.Attribute(node, "system.hyperspector.lower"));
        }
    }

    [Fact]
    public void NamesWithExtendedAttributes_AreToldByTheirDirectory()
    {
        var (client, tree, server) = Start();
        _ = server.Do("open(root + b'/etc/passwd', 'a').write('changed')");
        foreach (var path in (string[])["etc/passwd", "usr/bin"])
            Assert.Equal("null", server.Do($"os.setxattr(root + b'/{path}', b'user.test', b'1')").GetRawText());
        Assert.True(tree.Settle(Patience));

        Assert.Equal("passwd\0", client.Attribute(client.Find("etc")!.Value.Node, "system.hyperspector.attributed"));
        Assert.Equal("bin\0", client.Attribute(client.Find("usr")!.Value.Node, "system.hyperspector.attributed"));
        Assert.Equal("", client.Attribute(client.Find("usr/bin")!.Value.Node, "system.hyperspector.attributed"));
        Assert.Null(client.Attribute(client.Find("etc/passwd")!.Value.Node, "system.hyperspector.attributed"));
        var small = new byte[6];
        Assert.Equal(
            Errno.ERANGE, tree.GetExtendedAttribute(client.Find("etc")!.Value.Node, "system.hyperspector.attributed"u8, small, out _));
    }

    [Fact]
    public void Marks_OfRenamedAndReplacedDirectories_AreTold()
    {
        var (client, tree, server) = Start([_overlay.MountPlain("/srv/data"), _overlay.MountPlain("/srv")]);
        _ = server.Do("__import__('shutil').rmtree(root + b'/etc')");
        _ = server.Do("os.mkdir(root + b'/etc')");
        _ = server.Do("os.rename(root + b'/usr/bin', root + b'/usr/tools')");
        _ = server.Do("os.rename(root + b'/usr/tools', root + b'/moved')");
        Assert.True(tree.Settle(Patience));

        Assert.Equal(("1", null, null), MarksOf("etc"));
        Assert.Equal((null, "/usr/bin", null), MarksOf("moved"));
        Assert.Equal((null, null, null), MarksOf("usr"));
        Assert.Equal((null, null, null), MarksOf(""));
        Assert.Equal((null, null, null), MarksOf("srv/data"));
        Assert.Equal("/srv/data\0/srv\0", client.Attribute(1, "system.hyperspector.mounts"));
        Assert.Null(client.Attribute(client.Find("etc")!.Value.Node, "system.hyperspector.mounts"));

        (string?, string?, string?) MarksOf(string path)
        {
            var node = client.Find(path)!.Value.Node;
            return (
                client.Attribute(node, "system.hyperspector.opaque"), client.Attribute(node, "system.hyperspector.redirect"),
                client.Attribute(node, "system.hyperspector.metacopy"));
        }
    }

    [Fact]
    public void Marks_OfAFileWhoseDataWereNotCopied_TellIt()
    {
        using var overlay = new ScratchOverlay("index=on,redirect_dir=on,metacopy=on");
        Write($"{overlay.Base}/tool", "#!/bin/sh\n");
        overlay.Mount();
        File.SetUnixFileMode($"{overlay.Merged}/tool", UnixFileMode.UserRead);
        var client = new TreeClient();
        using var tree = new ViewTree([overlay.Open()], client);
        client.Tree = tree;

        Assert.Equal("1", client.Attribute(client.Find("tool")!.Value.Node, "system.hyperspector.metacopy"));
        Assert.Equal("", client.Attribute(1, "system.hyperspector.mounts"));
    }

    [Theory]
    [InlineData("etc/passwd")] // in the upper layer
    [InlineData("etc/motd")]
    [InlineData("etc")]
    [InlineData("usr/bin")]
    public void BirthAndFlags_AreThoseThatTheServerSees(string path)
    {
        var (client, tree, server) = Start();
        var set = server.Do("__import__('fcntl').ioctl(os.open(root + b'/etc/passwd', os.O_RDWR), 0x40086602, b'\\x40' + b'\\0' * 7)[0]"); // nodump
        Assert.SkipWhen(set.ValueKind != System.Text.Json.JsonValueKind.Number, "a file system in memory has no such flags (Linux 6.6)");
        Assert.True(tree.Settle(Patience));
        var node = client.Find(path)!.Value.Node;
        var birth = server.Do($"__import__('subprocess').check_output(['stat', '-c', '%W', root + b'/{path}']).decode().strip()").GetString();
        Assert.Equal(birth, $"{client.AttributesOf(path).Born?.Seconds ?? 0}");

        var flags = server.Do($"__import__('fcntl').ioctl(os.open(root + b'/{path}', 0), 0x80086601, b'\\0' * 8)[0]");
        Assert.Equal(Errno.None, tree.GetFlags(node, out var shown));
        Assert.Equal(flags.GetInt32(), (int)shown);
        Assert.Equal(path == "etc/passwd" ? 0x40 : 0, (int)shown);
    }

    [Fact]
    public void Mounts_OfAServer_AppearInPlace()
    {
        _ = Directory.CreateDirectory($"{_overlay.Base}/srv/data");
        using var volume = new ScratchOverlay();
        Write($"{volume.Base}/inside/file", "volume\n");
        var (client, tree, _) = Start([volume.MountPlain("/srv/data"), volume.MountPlain("/nowhere/yet")]);

        Assert.Equal("volume\n", Encoding.UTF8.GetString(client.Read(client.Find("srv/data/inside/file")!.Value.Node)));
        Assert.Equal("volume\n", Encoding.UTF8.GetString(client.Read(client.Find("nowhere/yet/inside/file")!.Value.Node)));
        Assert.Equal("mount", client.Attribute(client.Find("srv/data/inside/file")!.Value.Node, "system.hyperspector.layer"));
        Assert.Contains("6e6f7768657265", client.List(1));
        Assert.NotEqual(client.AttributesOf("srv/data").Inode, client.AttributesOf("nowhere/yet").Inode);

        Write($"{volume.Base}/inside/file", "written in place\n");
        Write($"{volume.Base}/inside/other", "new\n");
        Assert.True(tree.Settle(Patience));
        Assert.Equal(17UL, client.AttributesOf("srv/data/inside/file").Size);
        Assert.NotNull(client.Find("srv/data/inside/other"));
    }

    [Fact]
    public void View_OfSeveralServers_HasADirectoryForEach()
    {
        using var other = new ScratchOverlay();
        Write($"{other.Base}/etc/hostname", "db\n");
        other.Mount();
        _overlay.Mount();
        var client = new TreeClient();
        using var tree = new ViewTree([_overlay.Open("web"), other.Open("db")], client);
        client.Tree = tree;

        Assert.Equal(["7765622f", "64622f"], client.List(1).Select(n => n + "2f"));
        Assert.Equal("db\n", Encoding.UTF8.GetString(client.Read(client.Find("db/etc/hostname")!.Value.Node)));
        Assert.Null(client.Find("web/etc/hostname"));
    }

    [Fact]
    public void View_OfOneOfSeveralServers_HasADirectoryForIt()
    {
        _overlay.Mount();
        var client = new TreeClient();
        using var tree = new ViewTree([_overlay.Open("web")], client);
        client.Tree = tree;

        Assert.Equal(["776562"], client.List(1));
    }

    [Fact]
    public void ListsOfRights_WhereThereAreNone_AreNone()
    {
        // The kernel lets nobody open a directory, or a file, of which it is told anything else.
        var data = Directory.CreateTempSubdirectory("hyperspector-test-ramfs").FullName;
        using (var target = Beneath.Reference(data)!)
            Mounts.Memory(target, "hyperspector-test", "ramfs", "mode=0755");
        try
        {
            File.WriteAllText($"{data}/file", "");
            _ = Directory.CreateDirectory($"{_overlay.Base}/srv");
            _overlay.Mount();
            var client = new TreeClient();
            using var tree = new ViewTree([_overlay.Open("web", [new DiskMount("/srv/data", ScratchOverlay.Clone(data), [])])], client);
            client.Tree = tree;

            foreach (var node in (ulong[])[1, client.Find("web/srv/data")!.Value.Node, client.Find("web/srv/data/file")!.Value.Node])
            {
                foreach (var list in (string[])["system.posix_acl_access", "system.posix_acl_default"])
                    Assert.Equal(Errno.ENODATA, tree.GetExtendedAttribute(node, Encoding.UTF8.GetBytes(list), [], out _));
            }

            Assert.Equal(Errno.None, tree.ListExtendedAttributes(1, [], out var length));
            Assert.Equal(0, length);
        }
        finally
        {
            _ = Mounts.Detach(data);
            Directory.Delete(data);
        }
    }

    [Fact]
    public void Change_OfTheBase_IsSeen()
    {
        var (client, tree, _) = Start();
        _ = client.Walk();
        Assert.Equal(6UL, client.AttributesOf("etc/motd").Size);
        var kept = client.Kept;
        Assert.Equal(6UL, client.AttributesOf("etc/motd").Size);
        Assert.True(client.Kept > kept);

        File.AppendAllText($"{_overlay.Base}/etc/motd", "upgraded\n");
        Assert.True(tree.Settle(Patience));
        Assert.Equal(15UL, client.AttributesOf("etc/motd").Size);
        Assert.Equal("hello\nupgraded\n", Encoding.UTF8.GetString(client.Read(client.Find("etc/motd")!.Value.Node)));
    }

    [Fact]
    public void File_ThatIsRemovedWhileOpen_IsReadOn()
    {
        var (client, tree, server) = Start();
        _ = server.Do("open(root + b'/etc/passwd', 'a').write('changed')"); // in the upper layer from here on
        Assert.True(tree.Settle(Patience));
        var (upper, lower, unread) = (client.Find("etc/passwd")!.Value.Node, client.Find("etc/motd")!.Value.Node, client.Find("usr/bin/tool")!.Value.Node);
        _ = client.Read(upper);
        _ = client.Read(lower);
        foreach (var path in (string[])["etc/passwd", "etc/motd", "usr/bin/tool"])
            _ = server.Do($"os.unlink(root + b'/{path}')");
        Assert.True(tree.Settle(Patience));

        Assert.Null(client.Find("etc/passwd"));
        Assert.Null(client.Find("etc/motd"));
        Assert.Null(client.Find("usr/bin/tool"));
        Assert.Equal("root\nchanged", Encoding.UTF8.GetString(client.Read(upper)));
        Assert.Equal("hello\n", Encoding.UTF8.GetString(client.Read(lower)));
        // Its layer still has it.
        Assert.Equal("#!/bin/sh\n", Encoding.UTF8.GetString(client.Read(unread)));
        Assert.Equal(Errno.None, tree.GetAttributes(upper, out var attributes, out _));
        Assert.Equal(12UL, attributes.Size);
        client.ForgetAll();
        Assert.Equal(Errno.ESTALE, tree.GetAttributes(upper, out _, out _));
    }

    [Fact]
    public void File_ThatWasAnotherForAMoment_IsItselfAfterwards()
    {
        var (client, tree, server) = Start();
        _ = server.Do("open(root + b'/etc/one', 'w').write('one')");
        _ = server.Do("open(root + b'/etc/two', 'w').write('two')");
        Assert.True(tree.Settle(Patience));
        var node = client.Find("etc/one")!.Value.Node;
        Assert.Equal("one", Encoding.UTF8.GetString(client.Read(node)));
        _ = server.Do("os.rename(root + b'/etc/one', root + b'/etc/kept')");
        _ = server.Do("os.link(root + b'/etc/two', root + b'/etc/one')");
        Assert.True(tree.Settle(Patience));
        // It reads on, and does not read what has its name now.
        Assert.Equal("one", Encoding.UTF8.GetString(client.Read(node)));
        Assert.Equal("two", Encoding.UTF8.GetString(client.Read(client.Find("etc/one")!.Value.Node)));
        _ = server.Do("os.rename(root + b'/etc/kept', root + b'/etc/one')");
        Assert.True(tree.Settle(Patience));
        Assert.Equal("one", Encoding.UTF8.GetString(client.Read(client.Find("etc/one")!.Value.Node)));
    }

    [Fact]
    public void DataThatNobodyTellsOf_AreWithdrawnWithinTwoSeconds()
    {
        var (client, tree, server) = Start();
        _ = server.Do("open(root + b'/etc/passwd', 'a').write('changed')"); // in the upper layer from here on
        Assert.True(tree.Settle(Patience));
        var (upper, lower) = (client.Find("etc/passwd")!.Value.Node, client.Find("etc/motd")!.Value.Node);
        var before = (client.DropsOf(upper), client.DropsOf(lower));
        _ = client.Read(upper);
        _ = client.Read(lower);
        WaitWhileDropsAre(before.Item1);
        Assert.Equal((before.Item1 + 1, before.Item2), (client.DropsOf(upper), client.DropsOf(lower)));
        // Once, and again when it is read again.
        Thread.Sleep(1500);
        Assert.Equal(before.Item1 + 1, client.DropsOf(upper));
        _ = client.Read(upper);
        WaitWhileDropsAre(before.Item1 + 1);
        Assert.Equal(before.Item1 + 2, client.DropsOf(upper));

        void WaitWhileDropsAre(int drops)
        {
            for (var attempt = 0; attempt < 600 && client.DropsOf(upper) == drops; attempt++)
                Thread.Sleep(10);
        }
    }

    [Fact]
    public void Directory_OfManyNames_IsListedWhole()
    {
        const int Each = 5000;
        _ = Directory.CreateDirectory($"{_overlay.Base}/many");
        for (var i = 0; i < Each; i++)
            File.WriteAllText($"{_overlay.Base}/many/lower-{i}", "");
        var (client, tree, server) = Start();
        _ = server.Do($"[open(root + b'/many/upper-%d' % i, 'w').close() for i in range({Each})] and None");
        _ = server.Do("[os.unlink(root + b'/many/lower-%d' % i) for i in range(100)] and None");
        Assert.True(tree.Settle(Patience));

        var names = client.List(client.Find("many")!.Value.Node);

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Equal((2 * Each) - 100, names.Count);
    }

    [Fact]
    public void Names_AreListedInTheOrderInWhichTheServerSeesThem()
    {
        for (var i = 0; i < 50; i++)
            Write($"{_overlay.Base}/many/lower-{i}", "");
        var (client, tree, server) = Start();
        for (var i = 0; i < 50; i++)
            _ = server.Do($"open(root + b'/many/' + (b'upper-%d' if {i} % 3 else b'lower-%d') % {i}, 'w').close()");
        _ = server.Do("os.unlink(root + b'/many/lower-7')");
        Assert.True(tree.Settle(Patience));

        var seen = server.Do("[name.hex() for name in os.listdir(root + b'/many')]").EnumerateArray().Select(n => n.GetString()!).ToList();
        var many = client.Find("many")!.Value.Node;
        Assert.Equal(seen, client.List(many).Where(n => client.Find("many/" + Encoding.UTF8.GetString(Convert.FromHexString(n))) is not null));
        Assert.NotEqual(seen.Order(StringComparer.Ordinal), seen);
    }

    private (TreeClient Client, ViewTree Tree, TreeWorker Server) Start(IReadOnlyList<DiskMount>? mounts = null)
    {
        _overlay.Mount();
        var client = new TreeClient();
        var tree = new ViewTree([_overlay.Open(more: mounts)], client);
        client.Tree = tree;
        var server = new TreeWorker(_overlay.Merged);
        _undo.Add(tree);
        _undo.Add(server);
        return (client, tree, server);
    }

    private static void Write(string path, string text)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
