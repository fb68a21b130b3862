using System.Net;
using System.Net.NetworkInformation;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>What identifies a server VM on its port. Fixed: neither side ever asks the other (no ARP, no neighbour discovery).</summary>
/// <param name="V4">The VM's IPv4 address (/32).</param>
/// <param name="V6">The VM's IPv6 address (/128, unique local).</param>
/// <param name="MachineMac">MAC of <c>eth0</c> in the VM.</param>
/// <param name="BaseMac">MAC of the base's end.</param>
/// <param name="BaseV4">Source that a VM sees when a process of the base itself uses a published port; assigned to nothing.</param>
/// <param name="BaseV6">The same for IPv6.</param>
public sealed record PortAddresses(
    IPAddress V4, IPAddress V6, PhysicalAddress MachineMac, PhysicalAddress BaseMac, IPAddress BaseV4, IPAddress BaseV6);
