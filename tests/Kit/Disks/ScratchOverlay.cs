using HyperSpector.Api.Plans;
using HyperSpector.Engine.Disks;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Kit.Disks;

/// <summary>A union mount on a file system in memory, as a server VM has it; unmounted at the end.</summary>
public sealed class ScratchOverlay : IDisposable
{
    /// <summary>The options of a server VM's.</summary>
    public const string Usual = "index=on,redirect_dir=on,metacopy=off,xino=auto";

    private static int s_count;
    private readonly string _place;

    public ScratchOverlay(string options = Usual)
    {
        _place = $"/var/tmp/hyperspector-test-overlay-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        _ = Directory.CreateDirectory(_place);
        using (var target = Beneath.Reference(_place)!)
            Mounts.Memory(target, "hyperspector-test", "tmpfs", "mode=0755,size=256m");
        foreach (var inner in (string[])["base", "hide", "upper", "work", "merged"])
            _ = Directory.CreateDirectory($"{_place}/{inner}");
        Options = options;
    }

    public string Options { get; }

    public string Base => $"{_place}/base";

    public string Upper => $"{_place}/upper";

    public string Merged => $"{_place}/merged";

    /// <summary>To be called when the base is as it should be.</summary>
    public void Mount()
    {
        using var lower = Beneath.Reference(Base)!;
        using var hide = Beneath.Reference($"{_place}/hide")!;
        using var upper = Beneath.Reference(Upper)!;
        using var work = Beneath.Reference($"{_place}/work")!;
        using var merged = Beneath.Reference(Merged)!;
        var errno = Mounts.TryOverlay(new OverlayLayers([hide, lower], upper, work), merged, "hyperspector-test", Options);
        if (errno != Errno.None)
            throw new KernelException("mount(overlay)", errno, Options);
    }

    /// <summary>What a view needs of it; ids are not translated.</summary>
    public ServerDisk Open(string? directory = null, IReadOnlyList<DiskMount>? more = null) =>
        new(directory ?? "web", "generation-1", new IdTranslation(0, 0), [OpenMount("/"), .. more ?? []], new OwnMarks()) { Directory = directory };

    /// <summary>The union mount, as if it were at a place of a server VM.</summary>
    public DiskMount OpenMount(string at) => new(at, Clone(Merged),
    [
        new DiskLayer(LayerKind.Upper, Clone(Upper)),
        new DiskLayer(LayerKind.Hide, Clone($"{_place}/hide")),
        new DiskLayer(LayerKind.Base, Clone(Base)),
    ]);

    /// <summary>Its base alone, as a volume at a place of a server VM.</summary>
    public DiskMount MountPlain(string at) => new(at, Clone(Base), []);

    public void Dispose()
    {
        _ = Mounts.Detach(Merged);
        _ = Mounts.Detach(_place);
        Directory.Delete(_place);
    }

    /// <summary>As a view's mounts are cloned.</summary>
    public static FileDescriptor Clone(string path) => Mounts.Clone(path, CloneOptions.Look);
}
