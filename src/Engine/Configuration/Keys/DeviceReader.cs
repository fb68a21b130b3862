using HyperSpector.Engine.Machines.Oci;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary><c>devices:</c>, paths of device nodes that policy/devices.json knows.</summary>
internal static class DeviceReader
{
    internal const string Schema = """{"type":"array","uniqueItems":true,"items":{"type":"string","pattern":"^(/dev/.+|.*\\$\\{.+)$"}}""";

    internal static IReadOnlyList<(Node At, DeviceRow Device)> Read(SourceFile file, Node node)
    {
        var policy = MachinePolicies.Installed.Devices;
        var list = new List<(Node At, DeviceRow Device)>();
        foreach (var item in Values.List(file, node, "devices") ?? [])
        {
            if (Values.Text(file, item, "devices") is not { } path)
                continue;
            if (policy.Allowed.FirstOrDefault(d => d.Path == path) is not { } row)
                file.Report(item, $"devices: {Quoted.Text(path)} is not given to a VM{Why(policy, path)}");
            else if (list.Any(l => l.Device == row))
                file.Report(item, $"devices: {path} is there twice");
            else if (!Path.Exists(path))
                file.Report(item, $"devices: this host has no {path}");
            else
                list.Add((item, row));
        }

        return list;
    }

    private static string Why(DevicePolicy policy, string path)
    {
        if (policy.Refused.FirstOrDefault(d => d.Path == path) is { } refused)
            return $": {refused.Reason}";
        var names = policy.Allowed.Select(d => d.Path).ToList();
        var suggestion = Nearest.Suggest(path, names);
        return suggestion.Length > 0 ? suggestion : $"; there are {string.Join(" and ", names)}";
    }
}
