using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>The two nft tables of one port: what its VM may send, and what is published and translated.</summary>
internal static class PortTables
{
    internal static string NameOf(string host, string port) => $"{HostTable.NameOf(host)}_{port}";

    internal static IReadOnlyList<(string Family, string Name)> TablesOf(string host, string port) =>
        [("netdev", NameOf(host, port)), ("inet", NameOf(host, port))];

    internal static string Delete(string host, string port) =>
        NfTables.Delete("netdev", NameOf(host, port)) + NfTables.Delete("inet", NameOf(host, port));

    /// <param name="host">The host.</param>
    /// <param name="port">The port's end in the base.</param>
    /// <param name="addresses">Of the server VM.</param>
    /// <param name="publish">Its published ports.</param>
    /// <param name="uplink">Its uplink.</param>
    /// <param name="macvlan">Where a NIC's network begins, by name and number; null if there is none.</param>
    internal static string Render(
        string host, string port, PortAddresses addresses, IReadOnlyList<PublishedPort> publish, UplinkSpec? uplink, (string Name, uint Index)? macvlan)
    {
        var table = NameOf(host, port);
        if (uplink?.Nic is null)
            return Delete(host, port) + Policing(table, port, addresses, Usual(addresses)) + Translation(host, port, addresses, publish, uplink);
        // The number: nft takes the name for the interface that bears it now, and the rules are to be made anew for another one.
        return string.Create(CultureInfo.InvariantCulture, $"# macvlan {macvlan?.Index}\n") + Delete(host, port)
            + Policing(table, port, addresses, NicPort.Rules(uplink, addresses.MachineMac, macvlan?.Name)) + $"table inet {table} {{ }}\n";
    }

    // Runs after the mirrors have copied (tc ingress comes before nf ingress): what a VM forges is seen, and goes no further.
    // Every accept names all it relies on; whatever fits none of them falls to the policy. What has no mark of the gate has not been
    // copied: the copying programs are missing.
    private static string Policing(string table, string port, PortAddresses a, string rules) => $$"""
        table netdev {{table}} {
          counter unwatched { }
          counter mac { }
          counter protocol { }
          counter source { }
          counter destination { }
          chain ingress {
            type filter hook ingress device "{{port}}" priority 0; policy drop;
            meta mark != {{PortGate.Mark}} counter name unwatched drop
            meta mark set 0
            ether saddr != {{AddressPlan.Text(a.MachineMac)}} counter name mac drop
        {{rules}}  }
        }

        """;

    private static string Usual(PortAddresses a) => $$"""
            ether type ip ip saddr {{a.V4}} ip daddr != { 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 } accept
            ether type ip6 ip6 saddr {{a.V6}} ip6 daddr != { ::/64, fe80::/10, fec0::/10, ff00::/8 } accept
            ether type ip ip saddr {{a.V4}} counter name destination drop
            ether type ip6 ip6 saddr {{a.V6}} counter name destination drop
            ether type { ip, ip6 } counter name source drop
            counter name protocol drop

        """;

    private static string Translation(string host, string port, PortAddresses a, IReadOnlyList<PublishedPort> publish, UplinkSpec? uplink)
    {
        var outside = new StringBuilder();
        var local = new StringBuilder();
        foreach (var row in publish)
            Publish(row, a, outside, local);
        return $$"""
            table inet {{NameOf(host, port)}} {
              # A VM reaches no published port through the base: its packets stay addressed to the base, which is closed.
              chain prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                iifname {{HostTable.Ports}} accept
            {{outside}}  }
            {{(uplink is { Host: true } ? Everything(a, uplink.Keep) : "")}}  chain output {
                type nat hook output priority -100; policy accept;
            {{local}}  }
            {{Guard(host, publish, uplink?.Keep ?? [])}}  chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                oifname "{{port}}" ip saddr != {{a.V4}} fib saddr type local snat ip to {{a.BaseV4}}
                oifname "{{port}}" ip6 saddr != {{a.V6}} fib saddr type local snat ip6 to {{a.BaseV6}}
                oifname != "{{port}}" ip saddr {{a.V4}} masquerade
                oifname != "{{port}}" ip6 saddr {{a.V6}} masquerade
              }
            }

            """;
    }

    // A VM's packets keep their source port where they can when they leave under the host's address. They must not leave from a port that
    // is another's there: whatever came back to it from the port that was addressed would be the VM's (port shadowing, CVE-2021-3773).
    // Before every chain that masquerades: the first translation counts.
    private static string Guard(string host, IReadOnlyList<PublishedPort> publish, IReadOnlyList<KeptPort> keep)
    {
        var taken = publish.Select(p => (p.Protocol, Port: p.HostPort)).Concat(keep.Select(k => (k.Protocol, k.Port))).Distinct().ToList();
        if (taken.Count == 0)
            return "";
        // Above those that Linux gives to clients (ip(7), ip_local_port_range), and so that it is none of these.
        const int highest = 61000, size = 4000, tries = 12;
        var first = Enumerable.Range(0, tries).Select(i => highest - (i * size)).FirstOrDefault(f => !taken.Any(t => t.Port >= f && t.Port < f + size), highest);
        var rules = taken.GroupBy(t => t.Protocol).SelectMany(p => ((string[])[$"ip saddr {AddressPlan.Prefix4(host)}", $"ip6 saddr {AddressPlan.Prefix6(host)}"])
            .Select(from => string.Create(CultureInfo.InvariantCulture,
                $"    {from} {p.Key} sport {{ {string.Join(", ", p.Select(t => t.Port))} }} masquerade to :{first}-{first + size - 1}\n")));
        return $$"""
              chain guard {
                type nat hook postrouting priority srcnat - 1; policy accept;
            {{string.Concat(rules)}}  }

            """;
    }

    // The paper's way (SW-1): what arrives for the host is the VM's. After every chain that publishes a port, ours and others': the first
    // translation counts. What stays with the base: DHCP; what the file says; packets of connections that the base had before these
    // rules came, which are new to conntrack. Connections that conntrack knows do not come here.
    private static string Everything(PortAddresses a, IReadOnlyList<KeptPort> keep) => $$"""
          chain arrival {
            type nat hook prerouting priority dstnat + 1; policy accept;
            iifname "lo" accept
            iifname {{HostTable.Ports}} accept
            fib daddr type != local accept
            ip saddr 169.254.0.0/16 accept
            ip6 saddr fe80::/10 accept
            ip6 daddr fe80::/10 accept
            udp dport { 68, 546 } accept
        {{string.Concat(keep.Select(k => string.Create(CultureInfo.InvariantCulture, $"    {k.Protocol} dport {k.Port} accept\n")))}}    tcp flags & (syn | ack) != syn socket wildcard 0 accept
            meta l4proto udp socket wildcard 0 accept
            meta nfproto ipv4 dnat ip to {{a.V4}}
            meta nfproto ipv6 dnat ip6 to {{a.V6}}
          }

        """;

    private static void Publish(PublishedPort row, PortAddresses a, StringBuilder outside, StringBuilder local)
    {
        var address = row.Address is null ? null : IPAddress.Parse(row.Address);
        var any = address is null || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        // 0.0.0.0 and :: are all addresses of their family, null is both.
        if (address is null || address.AddressFamily == AddressFamily.InterNetwork)
            Rule("ip", $"{a.V4}");
        if (address is null || address.AddressFamily == AddressFamily.InterNetworkV6)
            Rule("ip6", $"[{a.V6}]");

        void Rule(string family, string machine)
        {
            var where = any ? $"meta nfproto {(family == "ip" ? "ipv4" : "ipv6")} fib daddr type local" : $"{family} daddr {address}";
            var rule = string.Create(CultureInfo.InvariantCulture,
                $"    {where} {row.Protocol} dport {row.HostPort} dnat {family} to {machine}:{row.MachinePort}\n");
            _ = local.Append(rule);
            // Nothing arrives for a loopback address but what was forged.
            if (any || !IPAddress.IsLoopback(address!))
                _ = outside.Append(rule);
        }
    }
}
