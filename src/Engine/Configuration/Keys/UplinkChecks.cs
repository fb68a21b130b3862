namespace HyperSpector.Engine.Configuration.Keys;

/// <summary>What only all servers together show about their uplinks.</summary>
internal static class UplinkChecks
{
    internal static void Run(SiteDraft site)
    {
        var nics = new Dictionary<string, string>(StringComparer.Ordinal);
        string? all = null;
        foreach (var server in site.Servers)
        {
            if (server is not { Uplink: { } uplink, UplinkAt: { } at })
                continue;
            if (uplink.Host && all is not null)
                site.File.Report(at, $"uplink: everything that arrives for the host goes to {Quoted.Text(all)} already; one server of a host can have it");
            else if (uplink.Nic is { } taken && !nics.TryAdd(taken, server.Name.Value))
                site.File.Report(at, $"uplink: NIC {Quoted.Text(taken)} is used by {Quoted.Text(nics[taken])} already; each server needs one of its own");
            if (uplink.Host)
                all ??= server.Name.Value;
            if (uplink.Nic is { } nic && server.Publish.Count > 0)
                site.File.Report(server.Publish[0].At, $"publish: {Quoted.Text(server.Name.Value)} has a network of its own at {nic} (uplink), where all its ports are; remove one of them");
        }
    }
}
