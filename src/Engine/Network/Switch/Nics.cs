using System.Globalization;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>What keeps a NIC of the base from being a server VM's uplink, in the network namespace of the calling thread. No privilege is needed.</summary>
internal static class Nics
{
    // linux/route.h, linux/ipv6_route.h: the route is one that refuses.
    private const uint RTF_REJECT = 0x0200;

    /// <summary>What is wrong with it and how to mend that; null if nothing is.</summary>
    internal static string? Defect(string name)
    {
        if (name == "lo")
            return "is the loopback interface; name a NIC";
        if (name.StartsWith("hs", StringComparison.Ordinal) && name.Length == 11 && name[3..].All(char.IsAsciiHexDigitLower))
            return "is one of HyperSpector's own interfaces; name a NIC";
        using var probe = LinkProbe.OpenHere();
        if (probe.Find(name) is not { } link)
            return "is no interface of this host ('ip link' lists them)";
        if (HasDefaultRoute(name))
        {
            return "carries the base's own default route: the VM would stand beside the base on the network that the base lives on, and could take "
                + "its address; use another NIC, 'uplink: host', or 'publish'";
        }

        if (link.Mtu < PortConfiguration.Mtu)
            return string.Create(CultureInfo.InvariantCulture, $"has an MTU of {link.Mtu}; a VM's port needs {PortConfiguration.Mtu}: ip link set {name} mtu {PortConfiguration.Mtu}");
        return link.IsUp ? null : $"is switched off; switch it on (ip link set {name} up), and in the host's network configuration, too";
    }

    /// <summary>Does a default route of the base lead through it?</summary>
    internal static bool HasDefaultRoute(string name) =>
        Lines("route").Skip(1).Any(l => IsDefault4(l, name)) || Lines("ipv6_route").Any(l => IsDefault6(l, name));

    /// <summary>"eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0": destination, gateway, flags … mask (proc_net_route of the kernel).</summary>
    internal static bool IsDefault4(string line, string name)
    {
        var parts = line.Split('\t', StringSplitOptions.TrimEntries);
        return parts.Length > 7 && parts[0] == name && parts[1] == "00000000" && parts[7] == "00000000" && !Rejects(parts[3]);
    }

    /// <summary>Destination, its length, source, its length, next hop, metric, counts, flags, name; all but the last in hex.</summary>
    internal static bool IsDefault6(string line, string name)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 10 && parts[9] == name && parts[1] == "00" && parts[0].All(c => c == '0') && !Rejects(parts[8]);
    }

    /// <summary>
    /// A MAC address for a VM on the NIC's network: the same at every start, and as good as never that of another machine's VM, whose host
    /// has the same name as often as not. The first two bytes and the fifth are as at every port (<c>bpf/gate.bpf.h</c>).
    /// </summary>
    /// <param name="machine">What identifies this machine, see machine-id(5).</param>
    /// <param name="host">The host's name.</param>
    /// <param name="server">The server's name.</param>
    internal static PhysicalAddress Mac(string machine, string host, string server)
    {
        // machine-id(5): not to be shown on a network, but hashed.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"hyperspector/{machine}/{host}/{server}"));
        return new PhysicalAddress([0x02, 0x48, hash[0], hash[1], 1, hash[2]]);
    }

    /// <summary>What identifies this machine.</summary>
    internal static string MachineId()
    {
        try
        {
            return File.ReadAllText("/etc/machine-id").Trim();
        }
        catch (IOException)
        {
            return Environment.MachineName;
        }
    }

    private static bool Rejects(string flags) =>
        !uint.TryParse(flags, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits) || (bits & RTF_REJECT) != 0;

    private static string[] Lines(string table)
    {
        try
        {
            return File.ReadAllLines($"/proc/thread-self/net/{table}");
        }
        catch (IOException)
        {
            // No IPv6 here.
            return [];
        }
    }
}
