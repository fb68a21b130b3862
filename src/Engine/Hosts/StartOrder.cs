using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Hosts;

/// <summary>The order in which servers are started: what is depended on first, otherwise as in the file.</summary>
internal static class StartOrder
{
    internal static IReadOnlyList<string> Of(IReadOnlyList<string> servers, SiteSpec site)
    {
        var order = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in servers)
            Add(name);
        return order;

        // The loader refuses circles; what is seen twice ends one all the same.
        void Add(string name)
        {
            if (!servers.Contains(name) || !seen.Add(name))
                return;
            foreach (var dependency in site.Servers[name].DependsOn)
                Add(dependency.Server);
            order.Add(name);
        }
    }
}
