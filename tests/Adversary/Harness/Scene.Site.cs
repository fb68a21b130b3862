using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>The VMs of the scene.</summary>
public sealed partial class Scene
{
    /// <summary>Attacked and attacking server VM.</summary>
    public const string Web = "web";

    /// <summary>Another server VM.</summary>
    public const string Db = "db";

    /// <summary>IDS VM that watches <see cref="Web"/>.</summary>
    public const string Edge = "edge";

    /// <summary>IDS VM with <c>net_admin: true</c> that watches both server VMs.</summary>
    public const string Admin = "admin";

    /// <summary>IDS VM with <c>net_admin: true</c> that spoils its own ports; it watches three servers.</summary>
    public const string Breaker = "breaker";

    /// <summary>Server VM on the network of a NIC, with CAP_NET_ADMIN.</summary>
    public const string Lan = "lan";

    public const string Lan4 = "198.51.100.10";
    public const string Lan6 = "2001:db8:1::10";

    /// <summary>IDS VM with <c>net_admin: true</c> that watches <see cref="Lan"/> through a filter.</summary>
    public const string Sift = "sift";

    /// <summary>Server VM that may be ruined; small limits.</summary>
    public const string DoomedServer = "doomed";

    /// <summary>IDS VM that may be ruined; small limits.</summary>
    public const string DoomedIds = "doomedids";

    /// <summary>Server VM in which everything is deleted; nothing else runs there.</summary>
    public const string RazedServer = "razed";

    /// <summary>IDS VM in which everything is deleted.</summary>
    public const string RazedIds = "razedids";

    private static readonly string[] MachineNames = [Web, Db, Lan, Edge, Admin, Breaker, Sift, DoomedServer, DoomedIds];

    /// <summary>A directory of the base that the VMs may write to.</summary>
    public string Volume => $"{Host.Prefix}/volume";

    /// <summary>The VMs that an attack is made from.</summary>
    public static IEnumerable<string> Attackers(Vantage from)
    {
        if (from.HasFlag(Vantage.Server))
            yield return Web;
        if (from.HasFlag(Vantage.Ids))
            yield return Edge;
        if (from.HasFlag(Vantage.Admin))
            yield return Admin;
        if (from.HasFlag(Vantage.Breaker))
            yield return Breaker;
        if (from.HasFlag(Vantage.Lan))
            yield return Lan;
        if (from.HasFlag(Vantage.Sift))
            yield return Sift;
        if (from.HasFlag(Vantage.Doomed))
        {
            yield return DoomedServer;
            yield return DoomedIds;
        }
    }

    private void PrepareSite()
    {
        Host.Network.PlugIn();
        _ = System.IO.Directory.CreateDirectory(Volume);
        const UnixFileMode everybody = (UnixFileMode)0x1FF;
        File.SetUnixFileMode(Volume, everybody);
    }

    private string Site() => $$"""
        servers:
          web:
            base: host
            run: [/usr/bin/sleep, infinity]
            publish: ["8080:7777", "8080:7777/udp"]
            volumes: ["{{Volume}}:/vol"]
          db:
            base: host
            run: [/usr/bin/sleep, infinity]
            publish: ["8081:7777", "8081:7777/udp"]
          lan:
            base: host
            run: [/usr/bin/sleep, infinity]
            cap_add: [NET_ADMIN]
            uplink: {nic: {{TestNetwork.Nic}}, address: [{{Lan4}}/24, "{{Lan6}}/64"]}
          doomed:
            base: host
            run: [/usr/bin/sleep, infinity]
            resources: { pids: 200, memory: 256M }
          razed:
            base: host
            run: [/usr/bin/sleep, infinity]
        environments:
          edge:
            watch: [web]
            base: host
            run: [/usr/bin/sleep, infinity]
            volumes: ["{{Volume}}:/vol"]
          admin:
            watch: [web, db]
            base: host
            run: [/usr/bin/sleep, infinity]
            net_admin: true
          breaker:
            watch: [web, db, doomed]
            base: host
            run: [/usr/bin/sleep, infinity]
            net_admin: true
          sift:
            watch: [{server: lan, only: [{protocol: udp, ports: 7777}, {protocol: udp, peer_ports: 7777}]}]
            base: host
            run: [/usr/bin/sleep, infinity]
            net_admin: true
          doomedids:
            watch: [doomed]
            base: host
            run: [/usr/bin/sleep, infinity]
            resources: { pids: 200, memory: 256M }
          razedids:
            watch: [razed]
            base: host
            run: [/usr/bin/sleep, infinity]
        """;

    /// <summary>Addresses of a server VM, without prefix lengths.</summary>
    public IReadOnlyList<string> AddressesOf(string server) =>
        [.. Host.Ps().Single(m => m.Name == server).Addresses.Select(a => a.Split('/')[0])];

    /// <summary>The base's end of a server's port.</summary>
    public string PortOf(string server) => new HostPaths(Host.Name).Interface('p', server);

    /// <summary>MAC address of an interface of a network namespace.</summary>
    public static string MacOf(string space, string device)
    {
        var line = Tool.RunChecked("ip", ["-n", space, "-o", "link", "show", "dev", device]).Split(' ');
        return line[Array.IndexOf(line, "link/ether") + 1];
    }

    /// <summary>MAC address of an interface of a VM.</summary>
    public string MacInside(string machine, string device) =>
        Host.Exec(machine, "cat", $"/sys/class/net/{device}/address").Output.Trim();
}
