using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary><c>base: host</c>: the host's own system, less its secrets. See docs/adr/0002.</summary>
internal sealed class HostBase(HostPaths paths, BasePolicy policy, string hostRoot = "")
{
    private readonly BaseStore _store = new(paths);

    /// <summary>The generation a VM would get now.</summary>
    internal string Generation(IReadOnlyList<string> allow) => Generation(Plan(allow), allow);

    /// <summary>Makes the skeleton if this generation has none, and holds it for <paramref name="user"/>.</summary>
    internal PreparedBase Prepare(IReadOnlyList<string> allow, BaseUser user)
    {
        var plan = Plan(allow);
        var generation = Generation(plan, allow);
        var directory = _store.Hold(generation, user, made =>
        {
            new Skeleton(policy, hostRoot, $"{made}/root").Build(
                [.. allow.Where(p => !plan.Any(q => PathText.IsWithin(p, q.Mount)))],
                [.. policy.Live.Select(r => r.Path), .. plan.Select(p => p.Mount)]);
            var hiding = new Hiding(policy, hostRoot);
            foreach (var part in plan.Where(p => p.IsLive))
            {
                var inner = plan.Where(q => q.Mount != part.Mount && PathText.IsWithin(q.Mount, part.Mount)).Select(q => q.Mount);
                _ = hiding.Write(part.Mount, $"{made}/hide/{PathText.PartName(part.Mount)}", [.. inner]);
            }
        });

        var parts = new List<BasePart> { new("/", [$"{directory}/root"]) };
        foreach (var part in plan)
        {
            var hide = $"{directory}/hide/{PathText.PartName(part.Mount)}";
            parts.Add(new(part.Mount, Directory.Exists(hide) ? [hide, part.Mount] : [part.Mount], part.IsFile));
        }

        return new PreparedBase(generation, parts);
    }

    /// <summary>Live parts: subtrees of the policy and of the user, and the host's mounts below them, outer ones first.</summary>
    internal IReadOnlyList<LivePart> Plan(IReadOnlyList<string> allow)
    {
        var mounts = MountInfo.ReadSelf();
        string[] ours = [paths.Run, paths.State, paths.Cache];
        var parts = new List<LivePart>();
        foreach (var row in policy.Live)
        {
            if (IsDirectory(row.Path))
                AddWithMounts(row.Path, isLive: true);
        }

        foreach (var path in allow)
        {
            CheckAllowed(path, ours);
            var isVisible = parts.Any(p => PathText.IsWithin(path, p.Mount)) && !policy.Hide.Any(r => PathText.IsWithin(path, r.Path));
            if (!isVisible && IsDirectory(path) && !PathText.IsWithin(path, "/etc"))
                AddWithMounts(path, isLive: false);
        }

        return [.. parts.DistinctBy(p => p.Mount, StringComparer.Ordinal).OrderBy(p => p.Mount.Count(c => c == '/')).ThenBy(p => p.Mount, StringComparer.Ordinal)];

        bool IsDirectory(string path) => NodeStatus.TryOf(hostRoot + path) is { IsDirectory: true };

        void AddWithMounts(string path, bool isLive)
        {
            parts.Add(new LivePart(path, LiveMounts.Of(mounts, path), IsFile: false, isLive));
            foreach (var mount in LiveMounts.Below(mounts, path, ours))
            {
                if (!policy.Hide.Any(r => PathText.IsWithin(mount.MountPoint, r.Path)) && policy.Forbidden(mount.MountPoint) is null)
                    parts.Add(new LivePart(mount.MountPoint, mount, !IsDirectory(mount.MountPoint), isLive));
            }
        }
    }

    private void CheckAllowed(string path, string[] ours)
    {
        if (PathText.Normal(path) != path || path == "/")
            throw new IOException($"allow: {path}: name a directory or file of the host by its absolute path");
        var row = policy.Forbidden(path);
        if (row is not null)
            throw new IOException($"allow: {path}: {row.Path} is never shown to a VM ({row.Reason})");
        var status = NodeStatus.TryOf(hostRoot + path) ?? throw new IOException($"allow: {path}: the host has no such file");
        // A live directory is seen whole, so nothing forbidden may lie in it; what is copied from /etc leaves it out.
        var inner = policy.Never.Select(r => r.Path).Concat(ours).FirstOrDefault(p => p != path && PathText.IsWithin(p, path));
        if (inner is not null && !PathText.IsWithin(path, "/etc"))
            throw new IOException($"allow: {path}: {inner} lies in it and is never shown to a VM; name the directories that you need");
        if (ours.Any(p => PathText.IsWithin(path, p)))
            throw new IOException($"allow: {path}: hyperspector's own files are never shown to a VM");
        if (status.IsRegular && (!status.IsWorldReadable || policy.IsSecretName(path)))
            throw new IOException($"allow: {path}: a file that not everybody may read on the host is never shown to a VM");
    }

    private string Generation(IReadOnlyList<LivePart> plan, IReadOnlyList<string> allow)
    {
        using var hash = new Generation();
        _ = hash.Add("host 1").Add(policy.Bytes);
        foreach (var row in policy.Copy)
            _ = hash.AddTree(hostRoot, row.Path, PathText.IsWithin(row.Path, "/etc") ? 16 : 0, p => policy.Forbidden(p) is not null);
        foreach (var path in allow)
            _ = hash.Add("allow").AddTree(hostRoot, path, PathText.IsWithin(path, "/etc") ? 16 : 0, p => policy.Forbidden(p) is not null);
        // dpkg and rpm rewrite these with every change of a package.
        foreach (var path in (string[])["/var/lib/dpkg/status", "/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite"])
            _ = hash.AddTree(hostRoot, path, 0);
        if (policy.Pristine.Enabled)
        {
            foreach (var (path, _) in Conffiles.Read(hostRoot))
                _ = hash.AddTree(hostRoot, path, 0);
        }

        foreach (var part in plan)
        {
            _ = hash.Add($"{part.Mount} {part.Source.Device} {part.Source.Root} {part.Source.Type}");
            // Programs that no package manager installed change the directories that they are put into.
            _ = hash.AddTree(hostRoot, part.Mount, 0);
            if (!part.IsFile)
                AddDirectories(hash, part.Mount, 2);
        }

        return hash.Finish();
    }

    private void AddDirectories(Generation hash, string path, int depth)
    {
        foreach (var directory in Directory.GetDirectories(hostRoot + path).Order(StringComparer.Ordinal))
        {
            var inner = directory[hostRoot.Length..];
            if (NodeStatus.TryOf(directory) is not { IsDirectory: true })
                continue;
            _ = hash.AddTree(hostRoot, inner, 0);
            if (depth > 1)
                AddDirectories(hash, inner, depth - 1);
        }
    }
}

/// <summary>A part that is seen in place.</summary>
/// <param name="Mount">Where, on the host and in the VM.</param>
/// <param name="Source">The host's mount that it lies in.</param>
/// <param name="IsFile">A single file is mounted there.</param>
/// <param name="IsLive">By policy (what is not world-readable is hidden), not by the user's wish (all of it is seen).</param>
internal sealed record LivePart(string Mount, MountInfo Source, bool IsFile, bool IsLive);
