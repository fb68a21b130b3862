using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Mirror;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>
/// What is not copied does not pass: numbered datagrams go both ways while somebody takes the mirror apart. Whatever number arrives
/// at the other side must have been seen in the IDS VM; and once the switch is told to make it anew, numbers arrive again.
/// </summary>
[Collection("network")]
public sealed class ClosedTests : IDisposable
{
    private readonly SwitchBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("base", "tc qdisc del dev PORT clsact", true, true)]
    [InlineData("base", "tc filter del dev PORT ingress pref 1", false, true)]
    [InlineData("base", "tc filter del dev PORT egress pref 1", true, false)]
    [InlineData("base", "tc filter del dev PORT ingress", false, true)]
    [InlineData("base", "tc filter del dev PORT egress", true, false)]
    [InlineData("base", "ip link del MIRROR", true, true)]
    [InlineData("base", "ip link set MIRROR down", true, true)]
    [InlineData("ids", "ip link del mon0", true, true)]
    [InlineData("ids", "ip link set mon0 down", true, true)]
    [InlineData("ids", "ip link set mon0 mtu 68", true, true)]
    [InlineData("ids", "ip link set mon0 down; ip link set mon0 name gone", true, true)]
    public void Frames_WhileTheMirrorIsTakenApart_DoNotPassUnseen(string where, string how, bool holdsTo, bool holdsFrom)
    {
        var (server, port) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "udp"));
        var (ids, mirror) = _bench.Ids("web", "edge", always: true, strict: true);
        using var numbers = new NumberedTraffic(server, _bench.Client, ids, $"{port.Addresses.V4}");
        numbers.WaitForMore("before");

        (where == "base" ? _bench.Base : ids).Shell(
            how.Replace("PORT", port.Interface, StringComparison.Ordinal).Replace("MIRROR", mirror.Interface, StringComparison.Ordinal));
        numbers.WaitUntilSent(2000);
        var held = numbers.Arrived();
        numbers.WaitUntilSent(2000);
        // The direction whose programs are whole goes on, and is seen.
        Assert.Equal(!holdsTo, numbers.Arrived().AtServer > held.AtServer);
        Assert.Equal(!holdsFrom, numbers.Arrived().AtClient > held.AtClient);

        _ = _bench.Attach("web", server, 0, new PublishedPort(null, 8080, 80, "udp"));
        var again = _bench.Base.Run(() => _bench.Switch.AttachMirror("web", "edge", ids.Pid, "mon0", FrameForm.Carried, true, true));
        numbers.WaitForMore("after");
        numbers.Stop();

        Assert.Equal(where == "ids" || how.Contains("MIRROR", StringComparison.Ordinal), again.Created);
        numbers.AssertAllWereSeen();
        Assert.Null(_bench.Base.Run(() => _bench.Switch.DefectOf("web", "edge")));
    }

    [Fact]
    public void Frames_WithoutTheGate_StillPassTheirMirror()
    {
        var (server, port) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "udp"));
        var (ids, _) = _bench.Ids("web", "edge", always: true);
        using var numbers = new NumberedTraffic(server, _bench.Client, ids, $"{port.Addresses.V4}");
        numbers.WaitForMore("before");

        // The mirror itself is there: frames are seen, and may pass.
        _bench.Base.Shell($"tc filter del dev {port.Interface} egress pref 100; tc filter del dev {port.Interface} ingress pref 100");
        numbers.WaitForMore("without the gate");
        numbers.Stop();

        numbers.AssertAllWereSeen();
        Assert.NotNull(_bench.Base.Run(() => _bench.Switch.DefectOf("web", "edge")));
    }

    [Fact]
    public void Frames_OfAServerWatchedByTwo_MustHavePassedBoth()
    {
        var (server, port) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "udp"));
        var (first, _) = _bench.Ids("web", "one", always: true);
        var (second, _) = _bench.Ids("web", "two", always: true);
        using var numbers = new NumberedTraffic(server, _bench.Client, second, $"{port.Addresses.V4}");
        numbers.WaitForMore("before");

        _bench.Base.Shell($"tc filter del dev {port.Interface} ingress pref 2; tc filter del dev {port.Interface} egress pref 2");
        AssertNothingPasses(numbers);

        // An environment that is taken away on purpose is waited for no more.
        _bench.Base.Run(() => _bench.Switch.DetachMirror("web", "two"));
        numbers.WaitForMore("with one", seen: false);
        _ = first;
    }

    [Fact]
    public void Gate_MadeAnew_IsWhatItsMirrorsGoBy()
    {
        var (server, port) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "udp"));
        var (first, _) = _bench.Ids("web", "one", always: true);
        using var numbers = new NumberedTraffic(server, _bench.Client, first, $"{port.Addresses.V4}");
        numbers.WaitForMore("before");
        _bench.Base.Shell($"tc filter del dev {port.Interface} egress pref 100; tc filter del dev {port.Interface} ingress pref 100");
        Assert.NotNull(_bench.Base.Run(() => _bench.Switch.DefectOf("web", "one")));

        // The second mirror makes a new gate: were the first to go by the demands of the old one, its frames would not need the second.
        var (second, _) = _bench.Ids("web", "two", always: true);
        Assert.Null(_bench.Base.Run(() => _bench.Switch.DefectOf("web", "one")));
        numbers.WaitForMore("with two");
        _bench.Base.Shell($"tc filter del dev {port.Interface} ingress pref 2; tc filter del dev {port.Interface} egress pref 2");
        AssertNothingPasses(numbers);
        _ = second;
    }

    [Fact]
    public void Rules_ThatSomebodyChanged_AreFoundAndRestored()
    {
        var (server, port) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "udp"));
        var (ids, _) = _bench.Ids("web", "edge", always: true);
        using var numbers = new NumberedTraffic(server, _bench.Client, ids, $"{port.Addresses.V4}");
        var table = $"hyperspector_{_bench.Paths.Name}";
        var right = Rules();
        Assert.Empty(_bench.Base.Run(_bench.Switch.RestoreRules));
        foreach (var (damage, pages) in new[]
        {
            ("nft flush ruleset", 2), ($"nft delete table inet {table}", 1), ($"nft delete table netdev {table}_{port.Interface}", 1),
            ($"nft flush chain inet {table} input", 1), ($"nft insert rule inet {table} input accept", 1),
            ($"nft delete rule inet {table} to_port handle $(nft -a list chain inet {table} to_port | sed -n 's/.*unpublished. drop # handle //p')", 1),
        })
        {
            _bench.Base.Shell(damage);
            Assert.NotEqual(right, Rules());
            Assert.Equal(pages, _bench.Base.Run(_bench.Switch.RestoreRules).Count);
            Assert.Equal(right, Rules());
            Assert.Empty(_bench.Base.Run(_bench.Switch.RestoreRules));
            // Mirroring has not stopped, and the port works.
            numbers.WaitForMore(damage);
        }

        numbers.Stop();
        numbers.AssertAllWereSeen();

        // Tables that are made anew come last.
        string Rules() => _bench.Base.Output("sh", "-c", "nft --stateless list ruleset | sort");
    }

    private static void AssertNothingPasses(NumberedTraffic numbers)
    {
        // What was under way arrives first.
        numbers.WaitUntilSent(2000);
        var held = numbers.Arrived();
        numbers.WaitUntilSent(2000);
        Assert.Equal(held, numbers.Arrived());
    }

    private MirrorCounters Counters => _bench.Read("web", "edge");

    [Fact]
    public void IdsVm_ThatTakesItsEndDown_HoldsFramesBack_AndTheyAreCounted()
    {
        var (server, port) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "udp"));
        var (ids, _) = _bench.Ids("web", "edge", always: true, strict: true);
        using var numbers = new NumberedTraffic(server, _bench.Client, ids, $"{port.Addresses.V4}");
        numbers.WaitForMore("before");
        ids.Shell("ip link set mon0 down");
        var before = Counters;

        numbers.WaitUntilSent(500);
        numbers.Stop();

        Assert.True(Counters.Held - before.Held >= 500);
        Assert.Equal(0, Counters.Dropped);
        Assert.Equal(Counters.Received + Counters.Sent, Counters.Mirrored + Counters.Idle);
    }
}
