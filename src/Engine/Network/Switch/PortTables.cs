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

    internal static string Render(string host, string port, PortAddresses addresses, IReadOnlyList<PublishedPort> publish) =>
        Delete(host, port) + Policing(NameOf(host, port), port, addresses) + Translation(NameOf(host, port), port, addresses, publish);

    // Runs after the mirrors have copied (tc ingress comes before nf ingress): what a VM forges is seen, and goes no further.
    // Every accept names all it relies on; whatever fits none of them falls to the policy. What has no mark of the gate has not been
    // copied: the copying programs are missing.
    private static string Policing(string table, string port, PortAddresses a) => $$"""
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
            ether type ip ip saddr {{a.V4}} ip daddr != { 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 } accept
            ether type ip6 ip6 saddr {{a.V6}} ip6 daddr != { ::/64, fe80::/10, fec0::/10, ff00::/8 } accept
            ether type ip ip saddr {{a.V4}} counter name destination drop
            ether type ip6 ip6 saddr {{a.V6}} counter name destination drop
            ether type { ip, ip6 } counter name source drop
            counter name protocol drop
          }
        }

        """;

    private static string Translation(string table, string port, PortAddresses a, IReadOnlyList<PublishedPort> publish)
    {
        var outside = new StringBuilder();
        var local = new StringBuilder();
        foreach (var row in publish)
            Publish(row, a, outside, local);
        return $$"""
            table inet {{table}} {
              # A VM reaches no published port through the base: its packets stay addressed to the base, which is closed.
              chain prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                iifname {{HostTable.Ports}} accept
            {{outside}}  }
              chain output {
                type nat hook output priority -100; policy accept;
            {{local}}  }
              chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                oifname "{{port}}" ip saddr != {{a.V4}} fib saddr type local snat ip to {{a.BaseV4}}
                oifname "{{port}}" ip6 saddr != {{a.V6}} fib saddr type local snat ip6 to {{a.BaseV6}}
                oifname != "{{port}}" ip saddr {{a.V4}} masquerade
                oifname != "{{port}}" ip6 saddr {{a.V6}} masquerade
              }
            }

            """;
    }

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
