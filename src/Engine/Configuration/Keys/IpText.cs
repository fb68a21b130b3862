using System.Net;
using System.Net.Sockets;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary>Addresses and networks as people write them.</summary>
internal static class IpText
{
    /// <summary>
    /// An address; null if it is none. IPAddress also takes "1" and "0x7f.1" for addresses, and a zone ("fe80::1%eth0"): comparing with
    /// what it prints refuses those for IPv4; for IPv6 any spelling of an address is fine, a zone is not.
    /// </summary>
    internal static IPAddress? Address(string text) => IPAddress.TryParse(text, out var address)
        && (address.AddressFamily == AddressFamily.InterNetworkV6 ? !text.Contains('%', StringComparison.Ordinal) : address.ToString() == text)
        ? address : null;

    /// <summary>The first address of the network that an address is in.</summary>
    /// <param name="address">The address.</param>
    /// <param name="length">Of the network's prefix, in bits.</param>
    internal static IPAddress Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }
}
