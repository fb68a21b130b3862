using System.Net.Sockets;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Mirror;
using HyperSpector.Engine.Network.Switch;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>What a mirror leaves out is what its filter says, and nothing that hides; and it is counted.</summary>
[Collection("network")]
public sealed class FilterTests : IDisposable
{
    private readonly SwitchBench _bench = new();
    private readonly FakeMachine _server;
    private readonly ServerPort _port;
    private readonly FakeMachine _ids;

    public FilterTests()
    {
        (_server, _port) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "udp"), new PublishedPort(null, 8080, 80, "tcp"));
        (_ids, _) = _bench.Ids("web", "edge", always: true);
    }

    public void Dispose() => _bench.Dispose();

    public static TheoryData<string, FilterSpec> Filters() => new()
    {
        { "one port", Only(new FilterRule { Protocols = [6], Ports = [new(80, 80)] }) },
        {
            "all at once", Only(
                new FilterRule { Protocols = [6], Ports = [new(5432, 5432)], Networks = ["192.0.2.0/24"], Direction = FrameDirection.In },
                new FilterRule { Protocols = [17, 132], PeerPorts = [new(53, 53), new(8000, 8099)], Direction = FrameDirection.Out })
        },
        { "all but a port", new FilterSpec { Except = [new FilterRule { Protocols = [6], Ports = [new(443, 443)] }] } },
        { "all but a network", new FilterSpec { Except = [new FilterRule { Networks = ["2001:db8:1::/48", "192.0.3.7/32"], Direction = FrameDirection.Out }] } },
        { "one way", Only(new FilterRule { Direction = FrameDirection.In }) },
        { "a protocol", Only(new FilterRule { Protocols = [1, 58] }) },
        {
            "a range without a network",
            new FilterSpec { Only = [new FilterRule { Ports = [new(8000, 8099)] }], Except = [new FilterRule { Networks = ["0.0.0.0/0"] }] }
        },
        {
            "as many as there may be", new FilterSpec
            {
                Only = [.. Enumerable.Range(0, 31).Select(i => new FilterRule { Protocols = [17], Ports = [new(i, i)], Networks = [$"192.0.2.{i}/32"] })],
                Except = [new FilterRule { PeerPorts = [new(8100, 8100)], Networks = ["2000::/3"] }],
            }
        },
        { "random 1", Random(1) },
        { "random 2", Random(2) },
        { "random 3", Random(3) },
        { "random 4", Random(4) },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void Filter_OfFramesOfEveryKind_LeavesOutWhatItSaysAndCountsIt(string name, FilterSpec filter)
    {
        var frames = Frames(name.Length, 400);
        Use(filter);
        using var capture = new Capture(_ids, "mon0");
        var before = Quiet();

        Send(frames);

        var seen = capture.Stop().Select(f => f.Text).ToHashSet();
        var after = Quiet();
        var wrong = frames.Where(f => seen.Contains(f.Text) != f.IsWanted(filter)).ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} frames, first: {(wrong.Count > 0 ? $"{(seen.Contains(wrong[0].Text) ? "copied" : "left out")}: {wrong[0]} {wrong[0].Text}" : "")}");
        var wanted = frames.Count(f => f.IsWanted(filter));
        Assert.InRange(wanted, 1, frames.Count - 1);
        // The kernel of the server may say a word of its own meanwhile.
        Assert.InRange(after.LeftOut - before.LeftOut, frames.Count - wanted, frames.Count - wanted + 20);
        Assert.InRange(after.Mirrored - before.Mirrored, wanted, wanted + 20);
        // A VLAN tag may have been taken off.
        Assert.InRange(after.LeftOutBytes - before.LeftOutBytes, frames.Where(f => !f.IsWanted(filter)).Sum(f => f.Bytes.Length - 4), long.MaxValue);
        Assert.Equal(0, after.Unsampled + after.Truncated + after.Dropped + after.Held);
    }

    [Fact]
    public void Filter_OfServersThatHideTheirHeaders_CopiesThem()
    {
        Use(Only(new FilterRule { Protocols = [6], Ports = [new(80, 80)] }));
        var to = Hex(_port.Addresses.BaseMac) + Hex(_port.Addresses.MachineMac);
        string[] hidden =
        [
            // A TCP header from port 22, in pieces of eight bytes; and a second first piece that says otherwise.
            to + "0800" + "4500001c00012000400600000a5000020a500001" + "0016005000000001",
            to + "0800" + "4500001c00010001400600000a5000020a500001" + "5002200000000000",
            to + "0800" + "4500001c00012000400600000a5000020a500001" + "0050005000000001",
            // Behind nine headers; behind a fragment header of a packet in one piece; behind AH.
            to + "86dd" + "6000000000503c40" + V6 + Repeat("3c00000000000000", 8) + "0600000000000000" + "0050d431",
            to + "86dd" + "6000000000102c40" + V6 + "0600000000000001" + "0016d431" + "00000002",
            to + "86dd" + "6000000000103340" + V6 + "0604000000000000" + "0050d431" + "00000003",
            // Three tags; an EtherType of somebody's own.
            to + "810000058100000681000007" + "0800" + "4500001c00010000400600000a5000020a500001" + "0050d43100000004",
            to + "88b5" + "6869646465" + "6e",
        ];
        string[] plain =
        [
            to + "0800" + "4500001c00010000400600000a5000020a500001" + "0016005000000001",
            to + "0800" + "4500001c00012000401100000a5000020a500001" + "0050005000000001",
            to + "86dd" + "6000000000103c40" + V6 + "0600000000000000" + "0016d431" + "00000005",
        ];
        using var capture = new Capture(_ids, "mon0");

        Traffic.SendFrame(_server, "eth0", [.. hidden.Concat(plain).Select(Convert.FromHexString)]);

        var seen = capture.Stop().Select(f => f.Text).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Assert.All(hidden, f => Assert.Contains(f, seen));
        Assert.All(plain, f => Assert.DoesNotContain(f, seen));
    }

    [Fact]
    public void Filter_ChangedWhileFramesFlow_LosesNone()
    {
        var filters = (FilterSpec?[])
        [
            Only(new FilterRule { Protocols = [17] }), null, Only(new FilterRule { Ports = [new(80, 80), new(7777, 7777)] }),
            new FilterSpec { Except = [new FilterRule { Protocols = [6] }], Truncate = 1000 },
        ];
        var links = _bench.Base.Output("ip", "-o", "link");
        using var traffic = new NumberedTraffic(_server, _bench.Client, _ids, _port.Addresses.V4.ToString());
        traffic.WaitForMore("at first");

        for (var i = 0; i < 200; i++)
        {
            Use(filters[i % filters.Length]);
            Thread.Sleep(1);
        }

        traffic.WaitForMore("after the changes");
        traffic.Stop();
        traffic.AssertAllWereSeen();
        Assert.Equal(links, _bench.Base.Output("ip", "-o", "link"));
        Assert.Equal(0, Quiet().Held);
    }

    [Fact]
    public void Sample_OfFlows_IsWholeAndStaysWhenRulesChange()
    {
        const int of = 4, many = 500;
        var made = new FilterFrames(7, Mac(_port.Addresses.MachineMac), Mac(_port.Addresses.BaseMac));
        var flows = Enumerable.Range(0, many).Select(i => ((FrameDirection[])[FrameDirection.In, FrameDirection.Out, FrameDirection.In])
            .Select(w => made.Flow(w, i % 2 == 0 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, i % 3 == 0 ? 17 : 6, 80, 10_000 + i)).ToList()).ToList();
        Use(new FilterSpec { Sample = of });
        var before = Quiet();
        var first = SeenOf(flows);
        var after = Quiet();
        // Another rule, which leaves none of these out: the same flows are in the sample.
        Use(new FilterSpec { Sample = of, Except = [new FilterRule { Protocols = [47] }] });
        var second = SeenOf(flows);

        Assert.InRange(first.Count, many / of / 2, many * 2 / of);
        Assert.Equal(first, second);
        Assert.InRange(after.Unsampled - before.Unsampled, (many - first.Count) * 3, ((many - first.Count) * 3) + 20);
        Assert.Equal(after.Unsampled, after.LeftOut);
    }

    [Fact]
    public void Truncate_OfSuperPacketsToo_CutsTheCopyAlone()
    {
        const int longest = 200;
        Use(new FilterSpec { Truncate = longest });
        using var onPort = new Capture(_bench.Base, _port.Interface);
        using (var inIds = new Capture(_ids, "mon0"))
        {
            Traffic.Mix(_server, _bench.Client, vlan: true, bulk: true);

            // The kernels' multicast reports come when they like, also between the starts of two captures.
            var copies = inIds.Stop().Select(f => f.Text).Where(f => !f.StartsWith(MulticastReports, StringComparison.Ordinal)).ToList();
            var frames = onPort.Stop().Select(f => f.Text).Where(f => !f.StartsWith(MulticastReports, StringComparison.Ordinal)).ToList();
            Assert.Equal(frames.Select(f => f[..Math.Min(f.Length, longest * 2)]).Order(StringComparer.Ordinal), copies.Order(StringComparer.Ordinal));
            Assert.Contains(frames, f => f.Length > 9000 * 2);
            var cut = frames.Count(f => f.Length > longest * 2);
            var counters = Quiet();
            Assert.InRange(counters.Truncated, cut, cut + 20);
            Assert.Equal(0, counters.LeftOut + counters.Dropped);
        }

        Use(null);
        using var again = new Capture(_ids, "mon0");
        Traffic.Send(_server, null, "192.0.2.2", 9000, new byte[1000]);
        Assert.Contains(again.Stop(), f => f.Length > 1000);
    }

    private const string MulticastReports = "333300000016";
    private const string V6 = "20010db8000000000000000000000001" + "20010db8000000000000000000000002";

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static FilterSpec Only(params FilterRule[] rules) => new() { Only = rules };

    private static FilterSpec Random(int seed)
    {
        var random = new Random(seed);
        int[] protocols = [1, 6, 17, 47, 58, 132];
        string[] networks = ["192.0.2.0/24", "192.0.0.0/16", "198.51.100.1/32", "2001:db8::/32", "2001:db8:2::/64", "::/0"];
        return new FilterSpec { Only = Rules(random.Next(1, 6)), Except = Rules(random.Next(0, 4)) };

        List<FilterRule> Rules(int count) => [.. Enumerable.Range(0, count).Select(_ => new FilterRule
        {
            Direction = random.Next(3) switch { 0 => FrameDirection.In, 1 => FrameDirection.Out, _ => null },
            Protocols = Some(protocols),
            Ports = Ranges(),
            PeerPorts = Ranges(),
            Networks = Some(networks),
        })];

        List<PortRange> Ranges() => [.. Some(FilterFrames.Ports).Select(p => new PortRange(p, p + random.Next(60)))];

        List<T> Some<T>(T[] of) => random.Next(2) == 0 ? [] : [.. of.Where(_ => random.Next(2) == 0)];
    }

    private List<CraftedFrame> Frames(int seed, int count)
    {
        var made = new FilterFrames(seed, Mac(_port.Addresses.MachineMac), Mac(_port.Addresses.BaseMac));
        return [.. Enumerable.Range(0, count).Select(i => made.Next(i % 2 == 0 ? FrameDirection.In : FrameDirection.Out))];
    }

    private void Send(IReadOnlyList<CraftedFrame> frames)
    {
        Traffic.SendFrame(_server, "eth0", [.. frames.Where(f => f.Way == FrameDirection.Out).Select(f => f.Bytes)]);
        Traffic.SendFrame(_bench.Base, _port.Interface, [.. frames.Where(f => f.Way == FrameDirection.In).Select(f => f.Bytes)]);
    }

    // Which flows are seen; each is seen whole or not at all.
    private List<int> SeenOf(List<List<CraftedFrame>> flows)
    {
        using var capture = new Capture(_ids, "mon0");
        Send([.. flows.SelectMany(f => f)]);
        var seen = capture.Stop().Select(f => f.Text).ToHashSet();
        Assert.All(flows, f => Assert.Single(f.Select(p => seen.Contains(p.Text)).Distinct()));
        return [.. flows.Index().Where(f => seen.Contains(f.Item[0].Text)).Select(f => f.Index)];
    }

    private void Use(FilterSpec? filter) => _bench.Base.Run(() => _bench.Switch.FilterMirror("web", "edge", filter));

    private MirrorCounters Quiet()
    {
        MirrorCounters last;
        var next = _bench.Read("web", "edge");
        do
        {
            last = next;
            Thread.Sleep(50);
            next = _bench.Read("web", "edge");
        }
        while (last != next);
        Assert.Equal(last.Received + last.Sent, last.Mirrored + last.Dropped + last.Idle + last.LeftOut);
        return last;
    }

    private static byte[] Mac(System.Net.NetworkInformation.PhysicalAddress address) => address.GetAddressBytes();

    private static string Hex(System.Net.NetworkInformation.PhysicalAddress address) => Convert.ToHexString(Mac(address));
}
