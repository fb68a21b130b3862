using System.Text;
using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Engine.Integrity.Checks;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Kernel.Integrity;

/// <summary>
/// An overlay of our own on a file system in memory, at a path of its own, detached when disposed: as the server's merged tree and its upper
/// layer are seen from outside.
/// </summary>
internal sealed class OverlayScene : IDisposable
{
    /// <summary>Everything that can be compared, but inode numbers: those of directories change when an overlay is mounted again.</summary>
    internal const string Everything = "check: {/: R}\n";

    private readonly string _options;
    private readonly List<string> _mounts = [];

    internal OverlayScene(string options)
    {
        _options = options;
        Place = Directory.CreateTempSubdirectory("hs-integrity-").FullName;
        using (var place = Files.OpenPath(Place))
            Mounts.Memory(place, "hs-integrity", "tmpfs", "mode=700", devices: true);
        foreach (var name in (string[])["lower", "upper", "work", "merged", "outside"])
            _ = Directory.CreateDirectory(Path.Join(Place, name));
    }

    internal string Place { get; }

    internal string Lower => Path.Join(Place, "lower");

    internal string Upper => Path.Join(Place, "upper");

    internal string Merged => Path.Join(Place, "merged");

    /// <summary>The lower layer's state has this name; whoever changes it, changes this.</summary>
    internal int Generation { get; set; } = 1;

    /// <summary>Mounts the overlay: the lower layer is not to be touched until it is unmounted.</summary>
    internal void Mount()
    {
        // With an index, an upper layer has one mount (EBUSY: overlayfs.rst, "Sharing and copying layers"); a mount namespace that a test
        // beside this one has made meanwhile keeps the one before until it ends.
        var mounted = TryMount();
        for (var times = 0; mounted == Errno.EBUSY && times < 6_000; times++, mounted = TryMount())
            Thread.Sleep(20);
        Assert.Equal(Errno.None, mounted);
    }

    private Errno TryMount()
    {
        using var lower = Files.OpenPath(Lower);
        using var upper = Files.OpenPath(Upper);
        using var work = Files.OpenPath(Path.Join(Place, "work"));
        using var target = Files.OpenPath(Merged);
        return Mounts.TryOverlay(new OverlayLayers([lower], upper, work), target, "hs-integrity", _options);
    }

    internal void Unmount()
    {
        foreach (var mount in _mounts)
            _ = Mounts.Detach(Merged + mount);
        _mounts.Clear();
        _ = Mounts.Detach(Merged);
    }

    /// <summary>Mounts a small file system over a directory of the server's.</summary>
    internal void MountInside(string path)
    {
        using var target = Files.OpenPath(Merged + path);
        Mounts.Memory(target, "hs-integrity", "tmpfs", "mode=755");
        _mounts.Add(path);
    }

    internal bool UnmountInside(string path) => _mounts.Remove(path) && Mounts.Detach(Merged + path);

    /// <summary>Everything gone but the directories.</summary>
    internal void Clear()
    {
        Unmount();
        Empty("lower", "upper", "work");
    }

    /// <summary>As when a server VM is made anew on the same base; while it is down.</summary>
    internal void EmptyUpper() => Empty("upper", "work");

    private void Empty(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Directory.Delete(Path.Join(Place, name), recursive: true);
            _ = Directory.CreateDirectory(Path.Join(Place, name));
        }
    }

    /// <summary>Records what is there.</summary>
    internal byte[] Record(string policy = Everything)
    {
        var marks = MarksNow();
        var root = TreeDirectory.Root(Merged, Upper, marks);
        using var measurer = new Measurer(1);
        var recorder = new Recorder(root, marks, Policy(policy), measurer);
        using var bytes = new MemoryStream();
        _ = recorder.Run().Write(bytes, new BaselineFacts(marks.Generation, Encoding.UTF8.GetBytes(policy), marks.Mounts, 0));
        root.Release();
        Assert.Empty(recorder.Findings);
        return bytes.ToArray();
    }

    /// <summary>Checks; each finding on a line.</summary>
    internal IReadOnlyList<string> Check(byte[] recorded, bool changedOnly, out long measured, string policy = Everything)
    {
        var marks = MarksNow();
        var root = TreeDirectory.Root(Merged, Upper, marks);
        using var baseline = Baseline.Read(new MemoryBytes(recorded));
        using var measurer = new Measurer(1);
        var checker = new Checker(root, marks, baseline, Policy(policy), measurer);
        checker.Run(changedOnly && Checker.CanTellChanges(marks, baseline));
        root.Release();
        measured = measurer.Count;
        return [.. checker.Findings.Select(f => $"{f.Kind} {Encoding.UTF8.GetString(f.Path)} {string.Join('+', AttributeWords.Names(f.Differing))}{(f.Error == Errno.None ? "" : $" {f.Error}")}")];
    }

    /// <summary>
    /// Waits until what is done from now on has another time than what was done before: times of files stand still for some
    /// milliseconds, while a server's base is days old.
    /// </summary>
    internal void LetTimePass()
    {
        var probe = Path.Join(Place, "outside", "clock");
        File.WriteAllText(probe, "");
        var before = NodeStatus.TryOf(probe)!;
        do
            File.WriteAllText(probe, "x");
        while (NodeStatus.TryOf(probe)! is var now && (now.ChangedSeconds, now.ChangedNanoseconds) == (before.ChangedSeconds, before.ChangedNanoseconds));
    }

    public void Dispose()
    {
        Unmount();
        _ = Mounts.Detach(Place);
        Directory.Delete(Place);
    }

    private AttributeMarks MarksNow() => AttributeMarks.OfOverlay($"{Generation}", [.. _mounts.Select(Encoding.UTF8.GetBytes)]);

    private static IntegrityPolicy Policy(string text)
    {
        var policy = PolicyReader.Read("test", Encoding.UTF8.GetBytes(text), []);
        Assert.NotNull(policy);
        return policy;
    }
}
