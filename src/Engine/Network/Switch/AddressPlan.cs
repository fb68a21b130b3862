using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// Addresses of the server VMs of one host, made from the host's name and a small number, so that nothing has to be remembered or
/// negotiated. IPv4 lies in 10.80.0.0/12 (4,096 hosts of one network namespace, by hash): a private range, which is what IDS rules
/// take as home network by default. Only /32 routes are ever made, so nothing else of 10/8 is shadowed.
/// </summary>
public static class AddressPlan
{
    /// <summary>Number of ports on a host.</summary>
    public const int Capacity = 252;

    /// <summary>The addresses of port <paramref name="index"/> (0 … <see cref="Capacity"/> - 1) of a host.</summary>
    public static PortAddresses For(string host, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Capacity);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes("hyperspector/" + host));
        var slot = (hash[0] << 8 | hash[1]) & 0xFFF;
        // Number 1 is the base as a VM sees it; 0 and 255 look like network and broadcast addresses to some programs.
        var number = index + 2;
        return new PortAddresses(
            V4(slot, number), V6(hash, number), Mac(hash, number, machine: true), Mac(hash, number, machine: false),
            V4(slot, 1), V6(hash, 1));
    }

    /// <summary>The IPv4 prefix of a host's server VMs, e.g. <c>10.83.5.0/24</c>.</summary>
    public static string Prefix4(string host) => $"{new IPAddress([.. For(host, 0).V4.GetAddressBytes()[..3], 0])}/24";

    /// <summary>The IPv6 prefix of a host's server VMs.</summary>
    public static string Prefix6(string host) => $"{new IPAddress([.. For(host, 0).V6.GetAddressBytes()[..8], 0, 0, 0, 0, 0, 0, 0, 0])}/64";

    private static IPAddress V4(int slot, int number) => new([10, (byte)(80 + (slot >> 8)), (byte)slot, (byte)number]);

    // RFC 4193: fd, 40 bits that are as good as random, subnet 0.
    private static IPAddress V6(byte[] hash, int number) =>
        new([0xfd, hash[2], hash[3], hash[4], hash[5], hash[6], 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)number]);

    /// <summary>The MAC in the place of a VM's that no interface has (<c>bpf/gate.bpf.h</c>).</summary>
    internal static PhysicalAddress Nobody(PhysicalAddress machine)
    {
        var bytes = machine.GetAddressBytes();
        bytes[4] = 2;
        return new PhysicalAddress(bytes);
    }

    // 02: locally administered, unicast. The fifth byte tells the sides apart; the programs at the port know it (bpf/gate.bpf.h).
    private static PhysicalAddress Mac(byte[] hash, int number, bool machine) =>
        new([0x02, 0x48, hash[7], hash[8], (byte)(machine ? 1 : 0), (byte)number]);

    /// <summary>A MAC address as tools write it.</summary>
    internal static string Text(PhysicalAddress mac) =>
        string.Join(':', mac.GetAddressBytes().Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
}
