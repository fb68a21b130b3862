using HyperSpector.Engine.Machines.Oci;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary><c>cap_add:</c> and <c>cap_drop:</c>, with or without <c>CAP_</c>.</summary>
internal static class CapabilityReader
{
    internal const string Schema = """{"type":"array","items":{"type":"string","pattern":"^((CAP_)?[A-Z_]+|.*\\$\\{.+)$"}}""";

    private const string Prefix = "CAP_";

    internal static IReadOnlyList<(Node At, string Name)> Read(SourceFile file, Node node, string what, bool add)
    {
        var list = new List<(Node At, string Name)>();
        foreach (var item in Values.List(file, node, what) ?? [])
        {
            if (One(file, item, what, add) is not { } name)
                continue;
            if (list.Any(l => l.Name == name))
                file.Report(item, $"{what}: {name} is there twice");
            else
                list.Add((item, name));
        }

        return list;
    }

    private static string? One(SourceFile file, Node node, string what, bool add)
    {
        if (Values.Text(file, node, what) is not { } text)
            return null;
        var policy = MachinePolicies.Installed.Capabilities;
        if (text == CapabilityPolicy.All)
        {
            if (!add)
                return text;
            file.Report(node, $"{what}: ALL is never given; name what the VM needs, of {Names(policy)}");
            return null;
        }

        var name = text.StartsWith(Prefix, StringComparison.Ordinal) ? text : Prefix + text;
        if (!policy.Known.Contains(name))
        {
            var suggestion = Nearest.Suggest(name, policy.Known);
            file.Report(node, $"{what}: there is no capability {Quoted.Text(text)}{suggestion}");
            return null;
        }

        if (!add || policy.MayAdd(name))
            return name;
        var reason = policy.Refused.First(r => r.Name == name).Reason;
        file.Report(node, $"{what}: {name} is not given to a VM: {reason}");
        return null;
    }

    private static string Names(CapabilityPolicy policy) => string.Join(", ", policy.Addable.Select(c => c.Name[Prefix.Length..]));
}
