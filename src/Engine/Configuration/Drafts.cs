using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration.Keys;
using HyperSpector.Engine.Images;
using HyperSpector.Engine.Machines.Oci;
using HyperSpector.Engine.Packs;

namespace HyperSpector.Engine.Configuration;

/// <summary>A VM while its mapping is read.</summary>
internal class MachineDraft(SourceFile file, TextNode name)
{
    internal SourceFile File => file;

    internal TextNode Name => name;

    internal BaseSpec? Base { get; set; }

    /// <summary>The base was to be an image, whether it could be read or not.</summary>
    internal bool IsImage { get; set; }

    /// <summary>What the image of the base sets.</summary>
    internal ImageConfig? Image { get; set; }

    internal string? Runtime { get; set; }

    /// <summary>Where <c>runtime</c> stands.</summary>
    internal Node? RuntimeAt { get; set; }

    internal string? StopSignal { get; set; }

    internal IReadOnlyList<string>? Run { get; set; }

    internal IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    internal string? User { get; set; }

    internal string? WorkingDirectory { get; set; }

    internal IReadOnlyList<(Node At, VolumeSpec Volume)> Volumes { get; set; } = [];

    internal RestartPolicy? Restart { get; set; }

    internal ResourceSpec Resources { get; set; } = new();

    internal IReadOnlyList<(Node At, TmpfsSpec Tmpfs)> Tmpfs { get; set; } = [];

    internal IReadOnlyList<UlimitSpec> Ulimits { get; set; } = [];

    internal IReadOnlyList<(Node At, string Name)> CapAdd { get; set; } = [];

    internal IReadOnlyList<(Node At, string Name)> CapDrop { get; set; } = [];

    internal IReadOnlyList<(Node At, DeviceRow Device)> Devices { get; set; } = [];

    internal IReadOnlyList<SecretSpec> Secrets { get; set; } = [];

    internal HealthSpec? Health { get; set; }

    /// <summary>Where <c>health</c> stands.</summary>
    internal Node? HealthAt { get; set; }

    /// <summary>Where the key <c>run</c> stands; null when it is not there.</summary>
    internal Node? RunAt { get; set; }

    /// <summary>Where <c>user</c> stands.</summary>
    internal Node? UserAt { get; set; }

    /// <summary>Where <c>working_dir</c> stands.</summary>
    internal Node? WorkingDirectoryAt { get; set; }

    /// <summary>The command line of an image; empty when there is none, or the image names none.</summary>
    internal IReadOnlyList<string> ImageRun => Image is { } image ? [.. image.Entrypoint, .. image.Command] : [];

    /// <summary>The machine; what the file does not say, its image says. Of an image's command either all or nothing is taken.</summary>
    internal MachineSpec Machine(bool runs = true) => new()
    {
        Base = Base ?? new BaseSpec { Host = true },
        Run = Run ?? (runs ? ImageRun : []),
        Environment = Merged(),
        User = User ?? (runs ? Image?.User : null),
        WorkingDirectory = WorkingDirectory ?? (runs ? Image?.WorkingDirectory : null) ?? "/",
        Runtime = Runtime,
        StopSignal = StopSignal ?? Image?.StopSignal,
        Volumes = [.. Volumes.Select(v => v.Volume)],
        Restart = Restart ?? RestartPolicy.Always,
        Resources = Resources,
        Tmpfs = [.. Tmpfs.Select(t => t.Tmpfs)],
        Ulimits = Ulimits,
        CapAdd = [.. CapAdd.Select(c => c.Name)],
        CapDrop = [.. CapDrop.Select(c => c.Name)],
        Devices = [.. Devices.Select(d => d.Device.Path)],
        Secrets = Secrets,
        Health = Health,
    };

    private IReadOnlyDictionary<string, string> Merged()
    {
        if (Image is null)
            return Environment;
        var merged = new Dictionary<string, string>();
        foreach (var (name, value) in Image.Environment.Concat(Environment))
            merged[name] = value;
        return merged;
    }
}

/// <summary>A server VM while it is read.</summary>
internal sealed class ServerDraft(SourceFile file, TextNode name) : MachineDraft(file, name)
{
    internal IReadOnlyList<(Node At, PublishedPort Port)> Publish { get; set; } = [];

    internal UplinkSpec? Uplink { get; set; }

    /// <summary>Where <c>uplink</c>, or the NIC in it, stands.</summary>
    internal Node? UplinkAt { get; set; }

    internal IReadOnlyList<(Node At, DependencySpec Dependency)> DependsOn { get; set; } = [];

    internal StartMoment Start { get; set; }

    /// <summary>Where <c>start</c> stands.</summary>
    internal Node? StartAt { get; set; }

    internal TimeSpan? StartWithin { get; set; }
}

/// <summary>An environment while it is read.</summary>
internal sealed class EnvironmentDraft(SourceFile file, TextNode name, PackCatalog catalog) : MachineDraft(file, name)
{
    internal PackCatalog Catalog => catalog;

    internal IReadOnlyList<WatchUse> Watch { get; set; } = [];

    internal IReadOnlyList<PackUse> Packs { get; set; } = [];

    internal bool HasPacks { get; set; }

    internal FrameForm Frames { get; set; }

    internal CaptureMode Capture { get; set; }

    internal bool NetAdmin { get; set; }
}

/// <summary>The file while it is read.</summary>
internal sealed class SiteDraft(SourceFile file, PackCatalog catalog)
{
    internal SourceFile File => file;

    internal PackCatalog Catalog => catalog;

    internal List<ServerDraft> Servers { get; } = [];

    internal List<EnvironmentDraft> Environments { get; } = [];
}
