namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// The nft table of a host: what holds for every port of every host in this network namespace, by the ports' names, so that a
/// port is never without it. Another program's accept does not overrule a drop here; our accepts leave others their say.
/// </summary>
internal static class HostTable
{
    /// <summary>Interfaces in the base of server VMs, and of mirrors.</summary>
    internal const string Ports = "\"hsp*\"";

    private const string Mirrors = "\"hsm*\"";

    // Of NICs that belong to server VMs; a program hands on what arrives, and the base gets none of it.
    private const string Uplinks = "\"hsu*\"";

    internal static string NameOf(string host) => $"hyperspector_{host}";

    /// <param name="host">The host.</param>
    /// <param name="open4">Interfaces that forwarded IPv4 before us; null: all. What others bring is dropped as before.</param>
    /// <param name="closed6">IPv6 forwarding was off before us: what is not ours is dropped as before.</param>
    internal static string Render(string host, IReadOnlyList<string>? open4, bool closed6)
    {
        var table = NameOf(host);
        var from = open4 is null or [] ? "" : $" iifname != {{ {string.Join(", ", open4.Select(n => $"\"{n}\""))} }}";
        var foreign4 = open4 is null ? "" : $"    meta nfproto ipv4{from} counter name foreign drop\n";
        var foreign6 = closed6 ? "    meta nfproto ipv6 counter name foreign drop\n" : "";
        return NfTables.Delete("inet", table) + $$"""
            table inet {{table}} {
              counter loopback { }
              counter mirror { }
              counter input { }
              counter between { }
              counter unpublished { }
              counter output { }
              counter foreign { }

              # route_localnet on the ports makes the kernel forget that loopback addresses belong on no wire.
              chain arrival {
                type filter hook prerouting priority raw; policy accept;
                iifname {{Mirrors}} counter name mirror drop
                iifname {{Uplinks}} drop
                iifname != "lo" ip daddr 127.0.0.0/8 counter name loopback drop
                iifname != "lo" ip saddr 127.0.0.0/8 counter name loopback drop
              }

              # The base is closed to its VMs. What passes answers a process of the base that uses a published port.
              chain input {
                type filter hook input priority filter; policy accept;
                iifname != {{Ports}} accept
                ct state { established, related } ct direction reply ct status dnat accept
                counter name input drop
              }

              chain forward {
                type filter hook forward priority filter; policy accept;
                iifname {{Ports}} jump from_port
                oifname {{Mirrors}} counter name mirror drop
                oifname {{Ports}} jump to_port
            {{foreign4}}{{foreign6}}  }

              chain from_port {
                oifname {{Ports}} counter name between drop
                oifname {{Mirrors}} counter name between drop
                ip daddr {{AddressPlan.Prefix4(host)}} counter name between drop
                ip6 daddr {{AddressPlan.Prefix6(host)}} counter name between drop
                accept
              }

              chain to_port {
                ct state { established, related } accept
                ct status dnat accept
                counter name unpublished drop
              }

              chain output {
                type filter hook output priority filter; policy accept;
                oifname {{Mirrors}} counter name mirror drop
                oifname != {{Ports}} accept
                ct state { established, related } accept
                ct status dnat accept
                counter name output drop
              }
            }

            """;
    }
}
