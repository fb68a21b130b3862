using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>
/// Suricata for a watch point in the base. HyperSpector never installs an IDS into the base, and its tests do not, either: where the
/// machine has none of its own, the pack's layer is laid over /usr and /etc in a mount namespace that only that one program sees.
/// </summary>
public static class BaseSuricata
{
    private const string Overlay = """
        layer=$1; shift
        mount -t overlay overlay -o "lowerdir=$layer/@usr:/usr" /usr
        mount -t overlay overlay -o "lowerdir=$layer/@/etc:/etc" /etc
        exec "$@"
        """;

    /// <summary>What stands before a command, so that it finds Suricata.</summary>
    public static IReadOnlyList<string> Prefix { get; } = Find();

    private static IReadOnlyList<string> Find()
    {
        if (File.Exists("/usr/bin/suricata"))
            return [];
        var packs = $"{TestHost.Cache ?? "/var/cache/hyperspector"}/packs";
        var layer = Directory.Exists(packs)
            ? Directory.EnumerateDirectories(packs).FirstOrDefault(d => File.Exists($"{d}/@usr/bin/suricata"))
            : null;
        if (layer is null)
            throw new IOException($"no Suricata on this machine, and none among the packs in {packs}; run tests/build-packs");
        return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", Overlay, "sh", layer];
    }
}
