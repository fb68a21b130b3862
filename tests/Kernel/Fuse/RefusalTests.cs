using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Kernel.Fuse;

/// <summary>Every call that changes, locks or asks for something special gets what a read-only file system of the kernel's own says.</summary>
public sealed class RefusalTests
{
    [Fact]
    public void Calls_OnTheView_AreAnsweredAsOnAReadOnlyFileSystem()
    {
        var script = File.ReadAllText(Path.Join(AppContext.BaseDirectory, "Fuse/attempts.py"));
        var tree = new MemoryTree();
        _ = tree.AddFile(tree.Root, "file", "text");
        _ = tree.AddLink(tree.Root, "link", "file");
        _ = tree.AddFile(tree.AddDirectory(tree.Root, "d"), "inner", "");
        FuseScene.Run(tree, _ =>
        {
            const string control = FuseScene.Root + "/control";
            FuseScene.Do($"mkdir {control}; mount -t tmpfs none {control}; cd {control}; printf text > file; ln -s file link; mkdir d; : > d/inner");
            FuseScene.Do($"mount -o remount,ro,nosuid,nodev,noexec {control}");
            var native = Attempts(script, control);
            Assert.Equal("EROFS", native["mkdir"]);
            Assert.True(native.Count > 80, $"only {native.Count} attempts");
            var view = Attempts(script, FuseScene.View);
            Assert.Equal(native.Keys.Order(), view.Keys.Order());
            Assert.Empty(native.Where(a => view[a.Key] != a.Value).Select(a => $"{a.Key}: {view[a.Key]} instead of {a.Value}"));
        });
        Assert.Equal(0, tree.OpenCount);
    }

    private static Dictionary<string, string> Attempts(string script, string directory) =>
        Tool.RunChecked("python3", ["-", directory], script, FuseScene.Limit).Trim().Split('\n')
            .ToDictionary(l => l[..l.LastIndexOf(' ')], l => l[(l.LastIndexOf(' ') + 1)..]);
}
