using HyperSpector.Tests.Kit.Watching;
using Xunit;

namespace HyperSpector.Tests.Conformance.Mirror;

/// <summary>The control of the equivalence tests: the same mix, the same comparison, on the kernel's own means.</summary>
public sealed class NativeMirrorTests(ITestOutputHelper output)
{
    [Fact]
    public void Mirror_OfPlainTc_ShowsWhatThePortShows()
    {
        using var server = new NativeServer(wire: false);
        var result = Equivalence.Run(server.Target, server.OnPort, server.OnMirror, EquivalenceAssert.PackDirectory);
        EquivalenceAssert.TheMixMeansSomething(result, output.WriteLine);
        EquivalenceAssert.BenignRaisesNothing(result, server.Target);
        EquivalenceAssert.SameAlerts(result);
        EquivalenceAssert.SameFrames(result, NativeServer.ServerAddress);
    }

    [Fact]
    public void Mirror_SegmentedForTheWire_CarriesOnlyWireFrames()
    {
        using var server = new NativeServer(wire: true);
        var result = Equivalence.Run(server.Target, server.OnPort, server.OnMirror, EquivalenceAssert.PackDirectory);
        EquivalenceAssert.SameSignatures(result);
        EquivalenceAssert.OnlyWireFrames(result.FramesThere, NativeServer.ServerAddress);
        EquivalenceAssert.WithSuperPackets(result.FramesHere);
    }
}
