using System.Globalization;
using System.Text;
using HyperSpector.Tests.Kit.Traffic;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>Datagrams that say where the mix begins and ends: to the server's echo port and back, so that both directions have them.</summary>
public static class Marker
{
    /// <summary>First of the mix.</summary>
    public static readonly byte[] Begin = Encoding.ASCII.GetBytes("hyperspector-mix-begin");

    /// <summary>Last of the mix.</summary>
    public static readonly byte[] End = Encoding.ASCII.GetBytes("hyperspector-mix-end");

    /// <summary>Says nothing but that the watchers are awake.</summary>
    public static readonly byte[] Ready = Encoding.ASCII.GetBytes("hyperspector-ready?");

    /// <summary>Raised by <see cref="End"/>.</summary>
    public const int EndSignature = SuricataWatch.ReadySignature - 1;

    /// <summary>Rules that notice the markers.</summary>
    public static string Rules { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        alert udp any any -> any any (msg:"marker: ready"; flow:to_server; content:"hyperspector-ready?"; sid:{SuricataWatch.ReadySignature};)
        alert udp any any -> any any (msg:"marker: end"; flow:to_server; content:"hyperspector-mix-end"; sid:{EndSignature};)

        """);

    /// <summary>Sends a marker and waits until the server has sent it back.</summary>
    public static void Send(TrafficTarget target, byte[] marker) =>
        _ = new Client(target, six: false, benign: true).Datagram(target.Ports.Echo, marker);
}
