using HyperSpector.Tests.Kit.Watching;
using Xunit;

namespace HyperSpector.Tests.Conformance.Mirror;

/// <summary>Suricata and tcpdump in the IDS VM see what they would see on the server's own port in the base (SW-2, MOD-6).</summary>
public sealed class EquivalenceTests(ITestOutputHelper output)
{
    [Fact]
    public void IdsVm_FramesAsCarried_SeesWhatTheBaseSees()
    {
        using var server = new MachineServer(wire: false);
        var result = Equivalence.Run(
            server.Target, server.OnPort, server.OnMirror, EquivalenceAssert.PackDirectory,
            alsoReady: () => server.Told().Any(a => EveFile.Signature(a) == SuricataWatch.ReadySignature));
        EquivalenceAssert.TheMixMeansSomething(result, output.WriteLine);
        EquivalenceAssert.BenignRaisesNothing(result, server.Target);
        EquivalenceAssert.SameAlerts(result);
        EquivalenceAssert.SameFrames(result, server.ServerMac);

        // And what the pack's own Suricata found has come all the way to the user.
        EquivalenceAssert.Same(Equivalence.WhileItRan(result.Here.Alerts), Equivalence.WhileItRan(server.ToldToTheEnd()));
        Assert.All(server.Host.Status().Mirrors, m => Assert.Equal((0L, 0L), (m.Dropped, m.Refused)));
    }

    [Fact]
    public void IdsVm_WireFrames_SeesTheSameAlertsAndOnlyWireFrames()
    {
        using var server = new MachineServer(wire: true);
        var result = Equivalence.Run(server.Target, server.OnPort, server.OnMirror, EquivalenceAssert.PackDirectory);
        EquivalenceAssert.TheMixMeansSomething(result, output.WriteLine);
        EquivalenceAssert.SameSignatures(result);
        EquivalenceAssert.OnlyWireFrames(result.FramesThere, server.ServerMac);
        EquivalenceAssert.WithSuperPackets(result.FramesHere);
    }
}
