using System.Globalization;
using System.Text;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines;

/// <summary>Whom a VM's first process runs as.</summary>
internal sealed record MachineUser(uint User, uint Group, IReadOnlyList<uint> Groups, string Home);

/// <summary>Looks users up in a VM's lower layers: bounded, and never in what the running VM has written.</summary>
internal sealed class UserLookup(IReadOnlyList<string> layers)
{
    private const int Limit = 1 << 20;

    /// <summary>Resolves <c>name</c>, <c>uid</c>, <c>name:group</c>, <c>uid:gid</c>; null is root.</summary>
    internal MachineUser Find(string? user)
    {
        var (name, groupName) = (user ?? "0").Split(':', 2) is [var u, var g] ? (u, g) : (user ?? "0", null);
        var rows = Rows("etc/passwd", 7);
        var isNumber = TryId(name, out var uid);
        var row = rows.FirstOrDefault(r => isNumber ? r[2] == name : r[0] == name);
        if (row is not null && TryId(row[2], out var foundUid) && TryId(row[3], out var foundGid))
        {
            uid = foundUid;
            var group = groupName is null ? foundGid : Group(groupName);
            return new MachineUser(uid, group, Memberships(row[0]), Safe(row[5]));
        }

        if (!isNumber)
            throw new IOException($"user: {name} is not in the VM's /etc/passwd");
        return new MachineUser(uid, groupName is null ? uid == 0 ? 0 : uid : Group(groupName), [], uid == 0 ? "/root" : "/");
    }

    private uint Group(string name)
    {
        if (TryId(name, out var id))
            return id;
        var row = Rows("etc/group", 4).FirstOrDefault(r => r[0] == name);
        return row is not null && TryId(row[2], out id) ? id : throw new IOException($"user: group {name} is not in the VM's /etc/group");
    }

    private List<uint> Memberships(string name)
    {
        var list = new List<uint>();
        foreach (var row in Rows("etc/group", 4))
        {
            if (row[3].Split(',').Contains(name) && TryId(row[2], out var id))
                list.Add(id);
        }

        return list;
    }

    private List<string[]> Rows(string path, int fields)
    {
        foreach (var layer in layers)
        {
            using var root = Beneath.Reference(layer);
            if (root is null || Beneath.ReadFile(root, path, Limit) is not { } bytes)
                continue;
            return [.. Encoding.UTF8.GetString(bytes).Split('\n').Select(l => l.Split(':')).Where(r => r.Length == fields)];
        }

        return [];
    }

    // Ids outside the VM's range do not exist in it.
    private static bool TryId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id < Hosts.IdRanges.Size;

    private static string Safe(string home) => home.StartsWith('/') && !home.Any(char.IsControl) ? home : "/";
}
