using System.Globalization;
using HyperSpector.Api.Site;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines;

// What of a VM's file system is in memory only: its tmpfs mounts and its secrets.
internal sealed partial class RootFileSystem
{
    internal const string SecretsPath = "/run/secrets";
    private const int PageSize = 4096;
    private const int FewestNodes = 1024;

    // Its pages and inodes are charged to the VM that makes them. The number of inodes is bounded, too: the kernel's default is half
    // of all memory's pages (tmpfs(5)).
    private void MountTmpfs(string root, TmpfsSpec tmpfs)
    {
        using var target = MountPoint(root, tmpfs.Target, isDirectory: true, followLinks: true);
        var nodes = Math.Max(FewestNodes, tmpfs.Size / PageSize);
        var options = string.Create(
            CultureInfo.InvariantCulture,
            $"size={tmpfs.Size},nr_inodes={nodes},mode=1777,uid={plan.FirstId},gid={plan.FirstId}");
        Mounts.Memory(target, $"hyperspector-{plan.Name}", "tmpfs", options);
    }

    // ramfs: unlike tmpfs it is never swapped out (ramfs-rootfs-initramfs.rst). It has no limit, and needs none: the VM gets a
    // read-only clone, and nobody else a way to it.
    private void MountSecrets(string root)
    {
        if (plan.Secrets.Count == 0)
            return;
        var place = Staging(_staged++);
        _ = Directory.CreateDirectory(place);
        using (var staging = Beneath.Reference(place)!)
            Mounts.Memory(staging, $"hyperspector-{plan.Name}-secrets", "ramfs", "mode=0755");
        Nodes.Own(place, plan.FirstId, plan.FirstId);
        foreach (var secret in plan.Secrets)
        {
            var path = $"{place}/{secret.Name}";
            using (var file = new FileStream(path, NewSecret))
                file.Write(Secret(secret));
            Nodes.Own(path, plan.FirstId + user.User, plan.FirstId + user.Group);
        }

        using var tree = Clone(place, readOnly: true, mapping: null);
        using var target = MountPoint(root, SecretsPath, isDirectory: true, followLinks: true);
        Mounts.Attach(tree, target, SecretsPath);
    }

    private static FileStreamOptions NewSecret => new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead,
    };

    private byte[] Secret(SecretSpec secret)
    {
        using var source = Beneath.Reference(secret.Source)
            ?? throw new IOException($"{plan.Name}: secret {secret.Source}: the host has no such file");
        var status = NodeStatus.Of(source);
        if (!status.IsRegular || status.Size > SecretSpec.Largest)
            throw new IOException($"{plan.Name}: secret {secret.Source}: is no regular file of at most {SecretSpec.Largest >> 10} KiB");
        // Through the reference: what was checked is what is opened.
        return File.ReadAllBytes(source.ProcPath);
    }
}
