using System.Security.Cryptography;
using System.Text;
using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Machines;

/// <summary>
/// The top lower layer of every part, written by us per VM: host name, hosts, resolv.conf … It is rewritten in place while the VM
/// is down, since an overlay with an index refuses an upper whose top lower directory is not the inode it was made with (ESTALE).
/// </summary>
internal static class ConfigLayer
{
    /// <summary>Writes the layers below <paramref name="directory"/>, one per part.</summary>
    internal static void Write(MachinePlan plan, PreparedBase prepared, string directory)
    {
        foreach (var part in prepared.Parts.Where(p => !p.IsFile))
        {
            var layer = $"{directory}/{PathText.PartName(part.Mount)}";
            _ = Directory.CreateDirectory(layer);
            foreach (var entry in Directory.GetFileSystemEntries(layer))
                Trees.Remove(entry);
            LikeLower(part, "", layer, plan.FirstId);
        }

        foreach (var file in Defaults(plan).Concat(plan.Files).GroupBy(f => f.Path, StringComparer.Ordinal).Select(g => g.Last()))
            Write(plan, prepared, directory, file);
    }

    private static IEnumerable<GeneratedFile> Defaults(MachinePlan plan)
    {
        var name = plan.Hostname ?? plan.Name;
        yield return new("/etc/hostname", name + "\n");
        yield return new("/etc/hosts", $"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 {name}\n");
        yield return new("/etc/fstab", "# The root file system is mounted from outside.\n");
        // Same VM, same id over restarts; says nothing about the host's own.
        var id = SHA256.HashData(Encoding.UTF8.GetBytes($"hyperspector machine-id {plan.FirstId} {plan.Name}"));
        yield return new("/etc/machine-id", Convert.ToHexStringLower(id.AsSpan(0, 16)) + "\n", 0x124 /* 0444 */);
        yield return new("/etc/resolv.conf", plan.Kind == MachineKind.Ids ? "" : Resolver());
    }

    // A resolver on the base's loopback (systemd-resolved) cannot be reached from a VM; it has a file with the real ones.
    private static string Resolver()
    {
        foreach (var path in (string[])["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"])
        {
            if (!File.Exists(path))
                continue;
            var text = File.ReadAllText(path);
            if (!text.Split('\n').Any(l => l.StartsWith("nameserver 127.", StringComparison.Ordinal) || l.StartsWith("nameserver ::1", StringComparison.Ordinal)))
                return text;
        }

        return "";
    }

    private static void Write(MachinePlan plan, PreparedBase prepared, string directory, GeneratedFile file)
    {
        var path = PathText.Normal(file.Path);
        var part = prepared.Parts.Where(p => !p.IsFile && PathText.IsWithin(path, p.Mount)).MaxBy(p => p.Mount.Length)!;
        var inner = part.Mount == "/" ? path : path[part.Mount.Length..];
        var layer = $"{directory}/{PathText.PartName(part.Mount)}";
        MakeParents(part, Path.GetDirectoryName(inner)!, layer, plan.FirstId);
        File.WriteAllText(layer + inner, file.Content);
        Nodes.Own(layer + inner, plan.FirstId, plan.FirstId);
        Nodes.SetMode(layer + inner, (uint)file.Mode);
    }

    private static void MakeParents(BasePart part, string inner, string layer, uint firstId)
    {
        if (inner is "/" or "" || Directory.Exists(layer + inner))
            return;
        MakeParents(part, Path.GetDirectoryName(inner)!, layer, firstId);
        _ = Directory.CreateDirectory(layer + inner);
        LikeLower(part, inner, layer + inner, firstId);
    }

    // The top directory decides what a merged one looks like: so it looks like the one below it, with shifted owners.
    private static void LikeLower(BasePart part, string inner, string made, uint firstId)
    {
        using var root = Beneath.Reference(part.Lowers[^1]);
        using var lower = root is null ? null : Lookup(root, inner);
        if (lower is null || NodeStatus.Of(lower) is not { IsDirectory: true } status)
        {
            Nodes.Own(made, firstId, firstId);
            Nodes.SetMode(made, 0x1ED /* 0755 */);
            return;
        }

        Nodes.Own(made, firstId + Shiftable(status.User, part.FirstId), firstId + Shiftable(status.Group, part.FirstId));
        Nodes.SetMode(made, status.Permissions);
    }

    private static FileDescriptor? Lookup(FileDescriptor root, string inner) =>
        Beneath.ReferenceInRoot(root, inner.Length == 0 ? "." : inner);

    private static uint Shiftable(uint id, uint first) => id >= first && id - first < Hosts.IdRanges.Size ? id - first : 0;
}
