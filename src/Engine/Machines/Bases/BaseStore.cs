using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>Who uses a generation: a VM, by its container id, which is unique on the machine, and its run directory.</summary>
internal sealed record BaseUser(string ContainerId, string RunDirectory);

/// <summary>
/// Generated base layers, shared by the hosts of a machine: <c>bases/&lt;generation&gt;/{root,hide,users}</c>. Several daemons may use
/// it at once: all changes happen under one lock; a generation appears whole (rename) and goes when no VM uses it and another was made.
/// </summary>
internal sealed class BaseStore(HostPaths paths)
{
    private string Root => $"{paths.Cache}/bases";

    /// <summary>The directory of a generation, made by <paramref name="make"/> if needed, and held for a user.</summary>
    internal string Hold(string generation, BaseUser user, Action<string> make)
    {
        var directory = $"{Root}/{generation}";
        PrivateDirectory.Create(Root);
        using var _ = FileLock.Take($"{Root}/lock");
        var isNew = !Directory.Exists(directory);
        if (isNew)
        {
            foreach (var leftover in Directory.GetDirectories(Root, "new-*"))
                Trees.Remove(leftover);
            var fresh = $"{Root}/new-{generation}";
            PrivateDirectory.Create(fresh);
            make(fresh);
            PrivateDirectory.Create($"{fresh}/users");
            Directory.Move(fresh, directory);
        }

        File.WriteAllText($"{directory}/users/{user.ContainerId}", user.RunDirectory);
        if (isNew)
            Prune(generation);
        return directory;
    }

    /// <summary>Gives up whatever generation a VM holds.</summary>
    internal void Release(string containerId)
    {
        if (!Directory.Exists(Root))
            return;
        using var _ = FileLock.Take($"{Root}/lock");
        // What a maker that was killed has left behind has no users yet.
        foreach (var users in Directory.GetDirectories(Root).Select(d => $"{d}/users").Where(Directory.Exists))
            File.Delete($"{users}/{containerId}");
    }

    // A user whose run directory is gone went with a reboot.
    private void Prune(string keep)
    {
        foreach (var directory in Directory.GetDirectories(Root))
        {
            var users = Directory.Exists($"{directory}/users") ? Directory.GetFiles($"{directory}/users") : [];
            if (Path.GetFileName(directory) != keep && !users.Any(u => Directory.Exists(File.ReadAllText(u))))
                Trees.Remove(directory);
        }
    }
}
