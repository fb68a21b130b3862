using System.Globalization;
using System.Net.NetworkInformation;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// A NIC's network joined to a server's port: a macvlan on the NIC with the VM's MAC address, and a program at it that hands on what
/// arrives (<c>bpf/uplink.bpf.c</c>). The base itself takes nothing from either. What the VM sends, policing hands to the macvlan.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="server">The server VM.</param>
/// <param name="name">The macvlan.</param>
/// <param name="nic">The NIC.</param>
/// <param name="mac">The VM's MAC address.</param>
internal sealed class Uplink(string host, string server, string name, string nic, PhysicalAddress mac)
{
    private const uint Priority = 1;
    private const string PortMap = "hs_port";

    /// <summary>The macvlan.</summary>
    internal string Name => name;

    /// <summary>Its MAC address, and the VM's.</summary>
    internal PhysicalAddress Mac => mac;

    private string Alias => $"hyperspector/{host}/uplink/{server}/{nic}";

    /// <summary>Makes it, or what is missing of it; its index, or 0 if there is no such NIC.</summary>
    /// <param name="path">The object file.</param>
    /// <param name="port">The port's end in the base.</param>
    internal uint Ensure(string path, string port)
    {
        if (Wrong(port, Links.All()) is null)
        {
            Close(name);
            return Interfaces.IndexOf(name);
        }

        _ = Links.Remove(name);
        if (Interfaces.IndexOf(nic) == 0)
            return 0;
        Links.Batch(
            $"link add name {name} link {nic} address {AddressPlan.Text(mac)} mtu {PortConfiguration.Mtu} type macvlan mode private",
            // All multicast groups: which of them the VM has joined, the NIC does not hear.
            $"link set dev {name} arp off allmulticast on addrgenmode none",
            $"link set dev {name} alias {Alias}");
        Close(name);
        Attach(path, Interfaces.IndexOf(port));
        Links.Batch($"link set dev {name} up");
        return Interfaces.IndexOf(name);
    }

    /// <summary>What keeps the VM from its network, as far as the base's side goes; null if nothing does.</summary>
    internal string? Defect(string port)
    {
        var links = Links.All();
        return Wrong(port, links) ?? (links.Any(l => l.Name == nic && l.Flags.Contains("UP")) ? null : $"NIC {nic} is switched off");
    }

    /// <summary>Is there any sign that something is wrong? A few system calls.</summary>
    internal bool LooksWell()
    {
        using var here = LinkProbe.OpenHere();
        return here.Find(nic) is { IsUp: true } && here.Find(name) is { IsUp: true, Mtu: PortConfiguration.Mtu };
    }

    private string? Wrong(string port, IReadOnlyList<LinkRow> links)
    {
        if (!links.Any(l => l.Name == nic))
            return $"there is no NIC {nic}";
        if (links.FirstOrDefault(l => l.Name == name) is not { } link || link.Alias != Alias)
            return $"its part at {nic} is gone";
        if (link.Lower != nic || link.Address != AddressPlan.Text(mac) || !link.Flags.Contains("UP") || link.Mtu != PortConfiguration.Mtu)
            return $"its part at {nic} was switched off or changed";
        using var program = TrafficControl.Find(link.Index, TrafficDirection.Ingress, Priority);
        using var map = program?.FindMap(PortMap);
        if (map is null || map.Read<uint>(0) != Interfaces.IndexOf(port))
            return $"the program at its part of {nic} is gone";
        return null;
    }

    /// <summary>Neither protocol of the base takes anything that arrives at an interface, whatever becomes of programs and rules.</summary>
    internal static void Close(string link)
    {
        _ = Knobs.Write($"ipv4/conf/{link}/forwarding", "0");
        _ = Knobs.Write($"ipv4/conf/{link}/arp_ignore", "8");
        // Strict: no route leads to it, so no source address is one that could come from there.
        _ = Knobs.Write($"ipv4/conf/{link}/rp_filter", "1");
        if (Knobs.HasV6)
            _ = Knobs.Write($"ipv6/conf/{link}/disable_ipv6", "1");
    }

    private void Attach(string path, uint port)
    {
        using var loaded = BpfObject.Open(path);
        loaded.Load();
        using var map = loaded.OpenMap(PortMap);
        map.Write(0, port);
        using var program = loaded.Program("hs_uplink");
        var index = Interfaces.IndexOf(name);
        TrafficControl.Prepare(index);
        if (!TrafficControl.TryAttach(index, TrafficDirection.Ingress, Priority, program))
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{name}: priority {Priority} is taken by another program"));
    }
}
