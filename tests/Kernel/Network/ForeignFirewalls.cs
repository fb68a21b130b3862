namespace HyperSpector.Tests.Kernel.Network;

/// <summary>Rulesets as three well-known programs make them: their tables, chains, priorities and policies, in nft's words.</summary>
internal static class ForeignFirewalls
{
    /// <summary>Docker with iptables-nft: FORWARD drops, and it publishes a port of its own.</summary>
    internal const string Docker = """
        table ip nat {
          chain DOCKER { iifname "docker0" counter return; iifname != "docker0" tcp dport 8088 counter dnat to 172.17.0.2:80; }
          chain PREROUTING { type nat hook prerouting priority dstnat; policy accept; fib daddr type local counter jump DOCKER; }
          chain OUTPUT { type nat hook output priority -100; policy accept; ip daddr != 127.0.0.0/8 fib daddr type local counter jump DOCKER; }
          chain POSTROUTING { type nat hook postrouting priority srcnat; policy accept; oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade; }
        }
        table ip filter {
          chain DOCKER { iifname != "docker0" oifname "docker0" ip daddr 172.17.0.2 tcp dport 80 counter accept; }
          chain DOCKER-ISOLATION-STAGE-1 { iifname "docker0" oifname != "docker0" counter jump DOCKER-ISOLATION-STAGE-2; counter return; }
          chain DOCKER-ISOLATION-STAGE-2 { oifname "docker0" counter drop; counter return; }
          chain DOCKER-USER { counter return; }
          chain FORWARD {
            type filter hook forward priority filter; policy drop;
            counter jump DOCKER-USER
            counter jump DOCKER-ISOLATION-STAGE-1
            oifname "docker0" ct state related,established counter accept
            oifname "docker0" counter jump DOCKER
            iifname "docker0" oifname != "docker0" counter accept
            iifname "docker0" oifname "docker0" counter accept
          }
        }
        table ip6 filter {
          chain DOCKER-USER { counter return; }
          chain FORWARD { type filter hook forward priority filter; policy drop; counter jump DOCKER-USER; }
        }

        """;

    /// <summary>What docs/coexistence.md says for Docker, as iptables-nft makes it.</summary>
    internal const string DockerMended = """
        insert rule ip filter DOCKER-USER iifname "hsp*" counter accept
        insert rule ip filter DOCKER-USER oifname "hsp*" counter accept
        insert rule ip6 filter DOCKER-USER iifname "hsp*" counter accept
        insert rule ip6 filter DOCKER-USER oifname "hsp*" counter accept

        """;

    /// <summary>ufw, enabled, with its defaults and SSH.</summary>
    internal const string Ufw = """
        table ip filter {
          chain ufw-before-input { iifname "lo" counter accept; ct state related,established counter accept; ct state invalid counter drop; ip protocol icmp icmp type echo-request counter accept; }
          chain ufw-user-input { tcp dport 22 counter accept; }
          chain ufw-before-forward { ct state related,established counter accept; ip protocol icmp icmp type echo-request counter accept; counter jump ufw-user-forward; }
          chain ufw-user-forward { }
          chain INPUT { type filter hook input priority filter; policy drop; counter jump ufw-before-input; counter jump ufw-user-input; }
          chain FORWARD { type filter hook forward priority filter; policy drop; counter jump ufw-before-forward; }
        }
        table ip6 filter {
          chain ufw6-before-input { iifname "lo" counter accept; ct state related,established counter accept; ip6 nexthdr icmpv6 counter accept; }
          chain ufw6-before-forward { ct state related,established counter accept; }
          chain INPUT { type filter hook input priority filter; policy drop; counter jump ufw6-before-input; }
          chain FORWARD { type filter hook forward priority filter; policy drop; counter jump ufw6-before-forward; }
        }

        """;

    /// <summary>What docs/coexistence.md says for ufw, as iptables-nft makes it.</summary>
    internal const string UfwMended = """
        add rule ip filter ufw-before-forward iifname "hsp*" counter accept
        add rule ip filter ufw-before-forward oifname "hsp*" counter accept
        add rule ip6 filter ufw6-before-forward iifname "hsp*" counter accept
        add rule ip6 filter ufw6-before-forward oifname "hsp*" counter accept

        """;

    /// <summary>firewalld with nftables and the zone public: what was translated passes, all other forwarding is refused.</summary>
    internal const string Firewalld = """
        table inet firewalld {
          chain filter_IN_public { tcp dport 22 accept; meta l4proto { icmp, ipv6-icmp } accept; }
          chain filter_INPUT {
            type filter hook input priority filter + 10; policy accept;
            ct state { established, related } accept
            ct status dnat accept
            iifname "lo" accept
            jump filter_IN_public
            ct state invalid drop
            reject with icmpx admin-prohibited
          }
          chain filter_FWD_public { meta l4proto { icmp, ipv6-icmp } accept; }
          chain filter_FWD_trusted { accept; }
          chain filter_FORWARD_ZONES { goto filter_FWD_public; }
          chain filter_FORWARD {
            type filter hook forward priority filter + 10; policy accept;
            ct state { established, related } accept
            ct status dnat accept
            iifname "lo" accept
            jump filter_FORWARD_ZONES
            ct state invalid drop
            reject with icmpx admin-prohibited
          }
          chain filter_OUTPUT { type filter hook output priority filter + 10; policy accept; oifname "lo" accept; }
          chain nat_PREROUTING { type nat hook prerouting priority dstnat + 10; policy accept; }
          chain nat_POSTROUTING { type nat hook postrouting priority srcnat + 10; policy accept; }
        }

        """;

    /// <summary>What docs/coexistence.md says for firewalld, as it makes it.</summary>
    internal const string FirewalldMended = """
        insert rule inet firewalld filter_FORWARD_ZONES iifname "hsp*" goto filter_FWD_trusted

        """;
}
