using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Engine.Packs;

/// <summary>
/// Layers with the software of packs, fetched once and cached for every VM of this machine. The distribution's package manager
/// runs in a throw-away build VM that may use the network; no process of the base talks to one or unpacks what came from one
/// (MOD-5). Packs stack: a layer is fetched on top of those before it, so that one package database describes them all.
/// </summary>
public sealed class PackStore(HostPaths paths, IBuildMachine builder)
{
    /// <summary>The layers of these packs on this base, top first; fetched if they are not cached.</summary>
    /// <exception cref="IOException">A pack cannot be fetched; the message says why.</exception>
    public IReadOnlyList<string> Ensure(
        IReadOnlyList<PackSpec> packs, BaseSpec lower, Action<ProgressLine> report, CancellationToken cancellation)
    {
        var layers = new List<string>();
        var fetched = packs.Where(p => p.Apt is not null).OrderBy(p => p.Name, StringComparer.Ordinal).ToList();
        // An IDS by hand needs no package manager, and its base may have none.
        if (fetched.Count == 0)
            return layers;
        var key = PackageDatabase.Fingerprint(lower);
        foreach (var pack in fetched)
        {
            key = Combine(key, JsonSerializer.Serialize(pack.Apt!, ApiJson.Default.AptSpec));
            var layer = Path.Join(paths.Cache, "packs", key);
            Ensure(pack, lower, layer, layers, report, cancellation);
            layers.Insert(0, layer);
        }

        return layers;
    }

    private void Ensure(
        PackSpec pack, BaseSpec lower, string layer, List<string> below, Action<ProgressLine> report, CancellationToken cancellation)
    {
        var subject = $"pack {pack.Name}";
        if (Directory.Exists(layer))
        {
            report(new ProgressLine { Subject = subject, Step = "fetch", State = "unchanged" });
            return;
        }

        PrivateDirectory.Create(Path.GetDirectoryName(layer)!);
        // Two daemons of this machine may want the same pack: the second waits and finds it made.
        using var turn = new CacheTurn(layer + ".lock", cancellation);
        if (Directory.Exists(layer))
        {
            report(new ProgressLine { Subject = subject, Step = "fetch", State = "unchanged" });
            return;
        }

        report(new ProgressLine
        {
            Subject = subject,
            Step = "fetch",
            State = "running",
            Detail = string.Join(' ', pack.Apt!.Packages) + (pack.Apt.Suite is { } suite ? $" from {suite}" : ""),
        });
        builder.Build(
            new BuildOrder
            {
                Name = $"build-{Path.GetFileName(layer)[..8]}",
                Base = lower,
                Layers = below,
                Command = FetchScript.For(pack.Apt),
                HasNetwork = true,
                Destination = layer,
                Worker = "the package manager",
            },
            cancellation);
        report(new ProgressLine { Subject = subject, Step = "fetch", State = "done" });
    }

    private static string Combine(string key, string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\n{text}")))[..32];
}
