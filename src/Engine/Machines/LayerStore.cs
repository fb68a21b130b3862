using System.Text.Json;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines;

/// <summary>Read-only layers made of what a build VM has written.</summary>
public sealed class LayerStore(HostPaths paths)
{
    /// <summary>
    /// Turns the uppers of a build VM whose first process has ended into the layer <paramref name="destination"/>, atomically. The
    /// VM is unmounted by it; what else is left is the caller's to remove. Returns the destination; if it exists already, it is kept
    /// as it is.
    /// </summary>
    /// <param name="machine">The VM's name.</param>
    /// <param name="destination">A directory on the state directory's file system, or any other (then the files are copied).</param>
    public string Seal(string machine, string destination)
    {
        var state = paths.MachineState(machine);
        var uppers = $"{state}/upper";
        foreach (var mount in MountInfo.ReadSelf().Reverse().Where(m => m.IsWithin(paths.MachineRun(machine))))
            _ = Mounts.Detach(mount.MountPoint);
        // We wrote this file into a lower layer: its owner is the VM's root, whatever the VM has done to its own files since.
        var firstId = NodeStatus.TryOf($"{state}/config/@/etc/hostname")?.User;
        if (firstId is null || !Directory.Exists(uppers))
            throw new IOException($"{machine}: has no upper layers");
        PrivateDirectory.Create(Path.GetDirectoryName(destination)!);
        using var held = FileLock.Take($"{Path.GetDirectoryName(destination)}/lock");
        if (Directory.Exists(destination))
            return destination;
        var fresh = $"{destination}.new";
        Trees.Remove(fresh);
        PrivateDirectory.Create(fresh);
        var parts = new List<PackLayerPart>();
        foreach (var upper in Directory.GetDirectories(uppers).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(upper);
            // mv(1) renames, or copies with owners, special files and extended attributes where a rename is impossible.
            _ = Tool.RunChecked("mv", ["-T", "--", upper, $"{fresh}/{name}"], timeout: TimeSpan.FromMinutes(10));
            parts.Add(new PackLayerPart(PathText.MountOf(name), name));
        }

        File.WriteAllBytes(
            $"{fresh}/{PackLayer.FileName}", JsonSerializer.SerializeToUtf8Bytes(new PackLayer(firstId.Value, parts), BaseJson.Default.PackLayer));
        Directory.Move(fresh, destination);
        return destination;
    }
}
