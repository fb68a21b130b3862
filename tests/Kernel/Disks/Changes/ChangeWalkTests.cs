using System.Text.Json;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Disks;
using HyperSpector.Engine.Disks.Changes;
using HyperSpector.Tests.Kit.Disks;
using Xunit;

namespace HyperSpector.Tests.Kernel.Disks.Changes;

/// <summary><c>hyperspector changes</c> on real union mounts: each way in which overlayfs notes a change, and random ones.</summary>
public sealed class ChangeWalkTests
{
    private const string Plain = "index=off,redirect_dir=off,metacopy=off,xino=auto";
    private const string Metacopy = "index=on,redirect_dir=on,metacopy=on,xino=auto";

    [Theory]
    [InlineData("open(root+b'/d/f','ab').write(b'more')", "changed /d/f content+modified")]
    [InlineData("os.utime(root+b'/d/f',(1,1))", "changed /d/f modified")]
    [InlineData("open(root+b'/d/f','r+b').write(b'FILE'), os.utime(root+b'/d/f',ns=(5,5*10**9))", "changed /d/f content")]
    [InlineData("os.chmod(root+b'/d/f',0o4755)", "changed /d/f mode")]
    [InlineData("os.chown(root+b'/d/f',7,8)", "changed /d/f owner+group")]
    [InlineData("os.setxattr(root+b'/d/f','user.a',b'b')", "changed /d/f attributes")]
    [InlineData("os.chmod(root+b'/d',0o700)", "changed /d mode")]
    [InlineData("os.unlink(root+b'/d/f')", "removed /d/f")]
    [InlineData("os.unlink(root+b'/d/f'), os.mkdir(root+b'/d/f')", "replaced /d/f")]
    [InlineData("os.unlink(root+b'/l'), os.symlink(b'elsewhere',root+b'/l')", "changed /l modified+target")]
    [InlineData("os.mkdir(root+b'/n'), open(root+b'/n/x','wb').close()", "added /n|added /n/x")]
    [InlineData("shutil.rmtree(root+b'/d/e')", "removed /d/e|removed /d/e/g")]
    [InlineData("shutil.rmtree(root+b'/d/e'), os.mkdir(root+b'/d/e'), open(root+b'/d/e/h','wb').close()", "added /d/e/h|removed /d/e/g")]
    [InlineData("shutil.rmtree(root+b'/d/e'), open(root+b'/d/e','wb').close()", "removed /d/e/g|replaced /d/e")]
    [InlineData("os.mkfifo(root+b'/p'), os.mknod(root+b'/c',0o20600,os.makedev(1,3))", "added /c|added /p")]
    [InlineData("open(root+b'/d/f','ab').write(b'x'), os.unlink(root+b'/d/f'), shutil.copy2(base+b'/d/f',root+b'/d/f')", "")]
    public void Change_IsTold_AndNothingElse(string deed, string expected)
    {
        using var overlay = Scene(ScratchOverlay.Usual);
        Do(overlay, deed);
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), ChangeScene.Brief(ChangeScene.List(overlay.Open())));
    }

    [Fact]
    public void Metadata_CopiedAlone_AreNoChangeOfContent()
    {
        using var overlay = Scene(Metacopy);
        Do(overlay, "os.chmod(root+b'/d/f',0o600), os.chmod(root+b'/d/e/g',0o600), os.rename(root+b'/d/e/g',root+b'/d/g')");
        Assert.Equal(["added /d/g", "changed /d/f mode", "removed /d/e/g"], ChangeScene.Brief(ChangeScene.List(overlay.Open())));
    }

    [Theory]
    [InlineData(ScratchOverlay.Usual)]
    [InlineData(Metacopy)]
    public void DirectoryThatWasRenamed_IsAddedThere_AndRemovedHere(string options)
    {
        using var overlay = Scene(options);
        Do(overlay, "os.rename(root+b'/d',root+b'/moved')");
        Assert.Equal(
            ["added /moved", "added /moved/e", "added /moved/e/g", "added /moved/f", "added /moved/two",
                "removed /d", "removed /d/e", "removed /d/e/g", "removed /d/f", "removed /d/two"],
            ChangeScene.Brief(ChangeScene.List(overlay.Open())));

        // And another one in its place: what only looks the same by its path is compared by what it is.
        Do(overlay, "os.mkdir(root+b'/d'), open(root+b'/d/f','wb').write(b'file'), os.rename(root+b'/moved/e',root+b'/d/e')");
        Assert.Equal(
            ["added /moved", "added /moved/f", "added /moved/two", "changed /d/f modified", "removed /d/two"], ChangeScene.Brief(ChangeScene.List(overlay.Open())));
    }

    [Fact]
    public void FileOfSeveralNames_WrittenByOne_DiffersByAll()
    {
        using var overlay = Scene(ScratchOverlay.Usual);
        Do(overlay, "open(root+b'/one','ab').write(b'more')");
        Assert.Equal(["changed /d/two content+modified", "changed /one content+modified"], ChangeScene.Brief(ChangeScene.List(overlay.Open())));
        Assert.Equal(["changed /d/two content+modified"], ChangeScene.Brief(ChangeScene.List(overlay.Open(), new ChangeScope(["/d"], mounts: false))));

        // The name by which it was written is no trace any more: gone, or like the base's again. The times are set back.
        Do(overlay, "os.utime(root+b'/one',ns=(5,5*10**9)), os.truncate(root+b'/one',4), os.utime(root+b'/one',ns=(5,5*10**9)), os.unlink(root+b'/one')");
        Assert.Equal(["changed /d/two unread", "removed /one"], ChangeScene.Brief(ChangeScene.List(overlay.Open())));
        Do(overlay, "shutil.copy2(base+b'/one',root+b'/one')");
        Assert.Equal(["changed /d/two unread"], ChangeScene.Brief(ChangeScene.List(overlay.Open())));
    }

    [Fact]
    public void FileOfSeveralNames_WithOtherRights_HasItsContent()
    {
        using var overlay = Scene(ScratchOverlay.Usual);
        Do(overlay, "os.chmod(root+b'/one',0o600)");
        Assert.Equal(["changed /d/two mode", "changed /one mode"], ChangeScene.Brief(ChangeScene.List(overlay.Open())));
    }

    // Both marks of absence that overlayfs.rst knows: the second one is made by other programs, and by none in a server VM.
    [Fact]
    public void Whiteouts_OfBothKinds_AreRemovals()
    {
        using var overlay = new ScratchOverlay();
        using (var worker = new TreeWorker(overlay.Base))
            _ = worker.Do("[os.mkdir(root+b'/d'), open(root+b'/d/a','wb').close(), open(root+b'/d/b','wb').close(), open(root+b'/d/c','wb').close()] and 1");
        using (var worker = new TreeWorker(overlay.Upper))
        {
            _ = worker.Do("[os.mkdir(root+b'/d'), os.mknod(root+b'/d/a',0o20000,0), open(root+b'/d/b','wb').close(), "
                + "os.setxattr(root+b'/d','trusted.overlay.opaque',b'x'), os.setxattr(root+b'/d/b','trusted.overlay.whiteout',b'y')] and 1");
        }

        overlay.Mount();
        var told = ChangeScene.Brief(ChangeScene.List(overlay.Open()));
        // Kernels before 6.7 know the first one only, and show the server VM a file.
        Assert.Equal(File.Exists($"{overlay.Merged}/d/b") ? ["changed /d/b modified", "removed /d/a"] : ["removed /d/a", "removed /d/b"], told);
    }

    [Fact]
    public void Mount_IsNamed_AndEnteredOnlyIfAsked()
    {
        using var overlay = Scene(ScratchOverlay.Usual);
        Do(overlay, "open(root+b'/d/e/below','wb').close()");
        IReadOnlyList<DiskMount> Mounted() => [overlay.MountPlain("/d/e")];
        Assert.Equal(["mount /d/e"], ChangeScene.Brief(ChangeScene.List(overlay.Open(more: Mounted()))));
        var whole = ChangeScene.Brief(ChangeScene.List(overlay.Open(more: Mounted()), new ChangeScope([], mounts: true)));
        Assert.Contains("mount /d/e", whole);
        Assert.Contains("added /d/e/d/f", whole);
    }

    [Fact]
    public void Names_ThatAreHostile_AreExact()
    {
        using var overlay = Scene(ScratchOverlay.Usual);
        Do(overlay, "[open(root+b'/'+n,'wb').close() for n in (b'\\xff\\xfe', b'new\\nline', b'\\x1b[31m', b'n'*255)] and 1");
        var list = ChangeScene.List(overlay.Open());
        Assert.Equal(
            ["1b5b33316d", "6e65770a6c696e65", string.Concat(Enumerable.Repeat("6e", 255)), "fffe"],
            list.Select(ChangeScene.PathOf).Order(StringComparer.Ordinal));
        Assert.Equal("/\ufffd\ufffd", list.Single(r => r.Bytes is not null).Path);
    }

    [Fact]
    public void Walk_LeavesNoTrace()
    {
        using var overlay = Scene(ScratchOverlay.Usual);
        using var worker = new TreeWorker(overlay.Merged);
        _ = worker.Do("[os.rename(root+b'/d',root+b'/moved'), os.chmod(root+b'/one',0o600), open(root+b'/new','wb').close()] and 1");
        foreach (var path in (string[])["", "moved", "moved/e", "moved/f", "one", "new"])
            worker.Watch(path);
        _ = worker.Noticed();
        Assert.NotEmpty(ChangeScene.List(overlay.Open()));
        Assert.Equal(0, worker.Noticed());
    }

    [Fact]
    public void Tree_ThatIsDeepAndWide_IsWalked()
    {
        using var overlay = Scene(ScratchOverlay.Usual);
        using var worker = new TreeWorker(overlay.Merged);
        _ = worker.Do("[os.chdir(root)] + [(os.mkdir('deep'), os.chdir('deep')) for i in range(4096)] and os.chdir('/') or 1");
        _ = worker.Do("[os.mkdir(root+b'/wide')] + [open(root+b'/wide/%d'%i,'wb').close() for i in range(20000)] and 1");
        var list = ChangeScene.List(overlay.Open());
        Assert.Equal(4096 + 20001, list.Count);
        Assert.All(list, r => Assert.Equal(ChangeKind.Added, r.Kind));
    }

    /// <summary>
    /// The list is exactly the difference between two walks, of the base and of the server VM's tree, by somebody else; and applied to the base
    /// it gives that tree.
    /// </summary>
    [Theory]
    [InlineData(1, ScratchOverlay.Usual)]
    [InlineData(2, ScratchOverlay.Usual)]
    [InlineData(3, Plain)]
    [InlineData(4, Metacopy)]
    [InlineData(5, "index=off,redirect_dir=on,metacopy=off,xino=off")]
    public void List_AfterRandomChanges_IsTheDifference(int seed, string options)
    {
        using var overlay = new ScratchOverlay(options);
        using var below = new TreeWorker(overlay.Base);
        below.Seed(seed);
        Assert.True(below.Fill(200) > 100);
        // Links, rights and attributes of the base, too.
        _ = below.Change(150);
        var before = Objects(below.Walk());
        overlay.Mount();
        using var server = new TreeWorker(overlay.Merged);
        server.Seed(seed + 1000);
        int told = 0, unread = 0;
        for (var round = 0; round < 20; round++)
        {
            _ = server.Change(round % 5 == 0 ? 25 : 2);
            var after = Objects(server.Walk());
            var list = ChangeScene.ByPath(ChangeScene.List(overlay.Open()));
            told += list.Count;
            var expected = Difference(before, after).ToList();
            // What has changed by a name that is gone can only be said to be unread: too much said is not wrong.
            var sure = list.Where(c => c.Value.What is not ["unread"] || expected.Contains($"{c.Key} {c.Value.Kind}")).ToList();
            Assert.Equal(expected, sure.Select(c => $"{c.Key} {c.Value.Kind}"));
            unread += list.Count - sure.Count;
        }

        Assert.True(told > 500, $"too little has changed to mean something: {told}");
        Assert.True(unread < told / 20, $"too much is unread: {unread} of {told}");
    }

    // What the walk of tree_worker.py tells, without inode numbers, links, times of change and times of directories.
    private static Dictionary<string, string> Objects(IEnumerable<string> walk)
    {
        var objects = new Dictionary<string, string>();
        foreach (var line in walk)
        {
            var parts = line.Split(' ');
            var isDirectory = (int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) & 0xf000) == 0x4000;
            objects[parts[0]] = string.Join(' ', parts.Where((_, i) => i is not (0 or 2 or 3 or 8) && !(isDirectory && i == 7)));
        }

        return objects;
    }

    private static IEnumerable<string> Difference(Dictionary<string, string> before, Dictionary<string, string> after) =>
        before.Keys.Union(after.Keys).Order(StringComparer.Ordinal).Select(path => (before.GetValueOrDefault(path), after.GetValueOrDefault(path)) switch
        {
            (null, _) => $"{path} {ChangeKind.Added}",
            (_, null) => $"{path} {ChangeKind.Removed}",
            var (b, a) when b == a => "",
            var (b, a) when Type(b) != Type(a) => $"{path} {ChangeKind.Replaced}",
            _ => $"{path} {ChangeKind.Changed}",
        }).Where(line => line.Length > 0);

    private static int Type(string told) => int.Parse(told.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) & 0xf000;

    private static ScratchOverlay Scene(string options)
    {
        var overlay = new ScratchOverlay(options);
        using (var worker = new TreeWorker(overlay.Base))
        {
            _ = worker.Do("[os.makedirs(root+b'/d/e'), open(root+b'/d/f','wb').write(b'file'), open(root+b'/d/e/g','wb').write(b'g'), "
                + "open(root+b'/one','wb').write(b'link'), os.link(root+b'/one',root+b'/d/two'), os.symlink(b'd/f',root+b'/l')] and 1");
            _ = worker.Do("[os.utime(root+b'/'+n,ns=(5,5*10**9)) for n in (b'd/f',b'one')] and 1");
        }

        overlay.Mount();
        return overlay;
    }

    private static JsonElement Do(ScratchOverlay overlay, string deed)
    {
        using var worker = new TreeWorker(overlay.Merged);
        return worker.Do($"[__import__('builtins').__dict__.update(shutil=__import__('shutil'),base={PythonBytes(overlay.Base)}), {deed}] and 1");
    }

    private static string PythonBytes(string text) => $"b'{text}'";
}
