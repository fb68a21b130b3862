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
        var firstId = Stop(machine);
        return Write(destination, firstId, fresh =>
        {
            var parts = new List<PackLayerPart>();
            foreach (var upper in Directory.GetDirectories($"{paths.MachineState(machine)}/upper").Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(upper);
                Move(upper, $"{fresh}/{name}");
                parts.Add(new PackLayerPart(PathText.MountOf(name), name));
            }

            return parts;
        });
    }

    /// <summary>As <see cref="Seal"/>, of one directory in the VM's root alone, which becomes the root of whoever uses the layer.</summary>
    public string SealTree(string machine, string name, string destination)
    {
        var firstId = Stop(machine);
        var tree = $"{RootFileSystem.UpperOf(paths, machine, "/")}/{name}";
        // The VM may have put a link there, which would lead into the host's files.
        if (NodeStatus.TryOf(tree) is not { IsDirectory: true })
            throw new IOException($"{machine}: has left no directory /{name}");
        return Write(destination, firstId, fresh =>
        {
            Move(tree, $"{fresh}/{name}");
            return [new PackLayerPart("/", name)];
        });
    }

    /// <summary>Unmounts a VM that has ended; returns the first of its ids.</summary>
    private uint Stop(string machine)
    {
        foreach (var mount in MountInfo.ReadSelf().Reverse().Where(m => m.IsWithin(paths.MachineRun(machine))))
            _ = Mounts.Detach(mount.MountPoint);
        // We wrote this file into a lower layer: its owner is the VM's root, whatever the VM has done to its own files since.
        var state = paths.MachineState(machine);
        var firstId = NodeStatus.TryOf($"{state}/config/@/etc/hostname")?.User;
        return firstId is { } id && Directory.Exists($"{state}/upper") ? id : throw new IOException($"{machine}: has no upper layers");
    }

    private static string Write(string destination, uint firstId, Func<string, IReadOnlyList<PackLayerPart>> move)
    {
        PrivateDirectory.Create(Path.GetDirectoryName(destination)!);
        using var held = FileLock.Take($"{Path.GetDirectoryName(destination)}/lock");
        if (Directory.Exists(destination))
            return destination;
        var fresh = $"{destination}.new";
        Trees.Remove(fresh);
        PrivateDirectory.Create(fresh);
        var parts = move(fresh);
        File.WriteAllBytes(
            $"{fresh}/{PackLayer.FileName}", JsonSerializer.SerializeToUtf8Bytes(new PackLayer(firstId, parts), BaseJson.Default.PackLayer));
        Directory.Move(fresh, destination);
        return destination;
    }

    // mv(1) renames, or copies with owners, special files and extended attributes where a rename is impossible.
    private static void Move(string from, string to) =>
        _ = Tool.RunChecked("mv", ["-T", "--", from, to], timeout: TimeSpan.FromMinutes(10));
}
