using System.IO.Enumeration;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>
/// A layer that goes directly above a live subtree: whiteouts and opaque directories for what the policy hides and for what is not
/// world-readable on the host (to the VM's root, everything in an idmapped layer is readable).
/// </summary>
internal sealed class Hiding(BasePolicy policy, string hostRoot)
{
    private const uint SetId = 0xC00;

    /// <summary>Writes the layer for the part mounted at <paramref name="mount"/>; false if there is nothing to hide.</summary>
    internal bool Write(string mount, string layer, IReadOnlyList<string> innerMounts)
    {
        var any = false;
        foreach (var row in policy.Hide)
        {
            if (!IsInPart(row.Path) || NodeStatus.TryOf(hostRoot + row.Path) is not { } status)
                continue;
            any = true;
            if (status.IsDirectory)
            {
                MakeParents(row.Path + "/.");
                Nodes.MakeOpaque(layer + Inner(row.Path));
            }
            else
            {
                MakeParents(row.Path);
                Nodes.MakeWhiteout(layer + Inner(row.Path));
            }
        }

        foreach (var path in Unreadable(mount))
        {
            if (!IsInPart(path) || policy.Hide.Any(r => PathText.IsWithin(path, r.Path)))
                continue;
            any = true;
            MakeParents(path);
            Nodes.MakeWhiteout(layer + Inner(path));
        }

        return any;

        bool IsInPart(string path) =>
            path != mount && PathText.IsWithin(path, mount) && !innerMounts.Any(m => PathText.IsWithin(path, m));

        string Inner(string path) => mount == "/" ? path : path[mount.Length..];

        // A directory of the top layer decides what a merged directory looks like, so it looks as on the host.
        void MakeParents(string path)
        {
            var parent = Path.GetDirectoryName(path)!;
            if (!PathText.IsWithin(parent, mount) || Directory.Exists(layer + Inner(parent)))
                return;
            if (parent != mount)
                MakeParents(parent);
            _ = Directory.CreateDirectory(layer + Inner(parent));
            Nodes.CopyAttributes(NodeStatus.TryOf(hostRoot + parent)!, layer + Inner(parent));
        }
    }

    // Set-user-id programs are often readable by their group only (dbus-daemon-launch-helper); they are no secret.
    private FileSystemEnumerable<string> Unreadable(string mount)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true };
        return new FileSystemEnumerable<string>(hostRoot + mount, (ref e) => e.ToFullPath()[hostRoot.Length..], options)
        {
            ShouldIncludePredicate = (ref e) => NodeStatus.TryOf(e.ToFullPath()) is { IsLink: false } s
                && (s.IsRegular || s.IsDirectory) && !s.IsWorldReadable && (s.Permissions & SetId) == 0,
            ShouldRecursePredicate = (ref e) => NodeStatus.TryOf(e.ToFullPath()) is { IsDirectory: true, IsWorldReadable: true },
        };
    }
}
