using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration.Keys;
using HyperSpector.Engine.Packs;

namespace HyperSpector.Engine.Configuration;

/// <summary>The keys of <c>hyperspector.yaml</c>.</summary>
internal static class SiteKeys
{
    internal static readonly IReadOnlyList<Key<ServerDraft>> Server =
    [
        .. MachineKeys.For<ServerDraft>(),
        new("publish", "Ports of the base network that lead into this VM: [address:]host:vm[/tcp|udp].", PublishReader.Schema,
            (d, n) => d.Publish = PublishReader.Read(d.File, n)),
        new("uplink", "A NIC whose network the VM joins under an address of its own; or host: everything that arrives for the host.", UplinkReader.Schema,
            UplinkReader.Read),
        new("depends_on", "Servers that must be there first: a list, or lines SERVER: started or SERVER: healthy.", DependencyReader.Schema,
            (d, n) => d.DependsOn = DependencyReader.Read(d.File, n)),
        new("start", "now: when its turn has come; captured: once the IDS of every environment that watches it captures.", """{"enum":["now","captured"]}""",
            (d, n) => (d.StartAt, d.Start) = (n, Values.Word(d.File, n, "start", ("now", StartMoment.Now), ("captured", StartMoment.Captured)) ?? default)),
        new("start_within", "Longest that up waits for what must be there first; 2m unless said otherwise.", Sizes.DurationSchema,
            (d, n) => d.StartWithin = Sizes.Duration(d.File, n, "start_within", (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), "1s and 1h")),
    ];

    internal static readonly IReadOnlyList<Key<EnvironmentDraft>> Environment =
    [
        new("watch", "The server VMs that its IDS VM watches: names, or mappings that say which of their frames are copied.", WatchReader.Schema,
            (d, n) => d.Watch = WatchReader.Read(d.File, n)),
        new("packs", "Ready-made IDSes: names, or mappings with options.",
            $$$"""{"type":"array","items":{"oneOf":[{"type":"string","pattern":"{{{Names.Pattern}}}"},{"$ref":"#/definitions/pack"}]}}""",
            (d, n) => (d.HasPacks, d.Packs) = (true, PackUse.Read(d.File, n, d.Catalog))),
        new("frames", "carried: frames as the server's port carries them; wire: segmented to the MTU with full checksums.", """{"enum":["carried","wire"]}""",
            (d, n) => d.Frames = Values.Word(d.File, n, "frames", ("carried", FrameForm.Carried), ("wire", FrameForm.Wire)) ?? default),
        new("capture", "auto: copy frames while somebody captures; always: copy them all the time.", """{"enum":["auto","always"]}""",
            (d, n) => d.Capture = Values.Word(d.File, n, "capture", ("auto", CaptureMode.Auto), ("always", CaptureMode.Always)) ?? default),
        new("net_admin", "Give the IDS VM CAP_NET_ADMIN over its own network namespace.", """{"type":"boolean"}""",
            (d, n) => d.NetAdmin = Values.Bool(d.File, n, "net_admin") ?? false),
        .. MachineKeys.For<EnvironmentDraft>(),
    ];

    internal static readonly IReadOnlyList<Key<SiteDraft>> Site =
    [
        new("servers", "The server VMs by name.",
            $$$"""{"type":"object","propertyNames":{"pattern":"{{{Names.Pattern}}}"},"additionalProperties":{"$ref":"#/definitions/server"}}""",
            (d, n) => Each(d, n, "servers", "server", (name, value) =>
            {
                var server = new ServerDraft(d.File, name);
                if (Section.Read(d.File, value, $"server {Quoted.Text(name.Value)}", Server, server))
                    d.Servers.Add(server);
            })),
        new("environments", "The HyperSpector environments by name; each has one IDS VM on this host.",
            $$$"""{"type":"object","propertyNames":{"pattern":"{{{Names.Pattern}}}"},"additionalProperties":{"$ref":"#/definitions/environment"}}""",
            (d, n) => Each(d, n, "environments", "environment", (name, value) =>
            {
                var environment = new EnvironmentDraft(d.File, name, d.Catalog);
                if (Section.Read(d.File, value, $"environment {Quoted.Text(name.Value)}", Environment, environment))
                    d.Environments.Add(environment);
            })),
    ];

    private static void Each(SiteDraft site, Node node, string key, string what, Action<TextNode, Node> read)
    {
        foreach (var (name, value) in Values.Map(site.File, node, key)?.Entries ?? [])
        {
            _ = Names.Check(site.File, name, what);
            read(name, value);
        }
    }
}
