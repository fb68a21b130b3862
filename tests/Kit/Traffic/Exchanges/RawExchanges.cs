using HyperSpector.Tests.Kit.Traffic.Raw;

namespace HyperSpector.Tests.Kit.Traffic.Exchanges;

/// <summary>Exchanges by handmade frames, each from an address of its own.</summary>
internal static class RawExchanges
{
    private const byte FirstAddress = 20;

    internal static IEnumerable<Exchange> All => IcmpExchanges.Rows.Concat(FragmentExchanges.Rows).Concat(SegmentExchanges.Rows).Concat(ScanExchanges.Rows)
        .Select((row, i) => new Exchange(row.Name + (row.Six ? ", IPv6" : ", IPv4"), row.Intent, target =>
        {
            using var host = new RawHost(target, row.Six, (byte)(FirstAddress + i));
            row.Run(host, target.Ports);
        })
        { Raises = row.Raises });
}

/// <summary>One of them.</summary>
internal sealed record RawRow(string Name, bool Six, Intent Intent, Action<RawHost, ServicePorts> Run, params int[] Raises);
