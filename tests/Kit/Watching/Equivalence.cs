using System.Text.Json.Nodes;
using HyperSpector.Tests.Kit.Traffic;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>What two watchers saw of one run of the mix.</summary>
/// <param name="Here">Alerts of the first, markers left out.</param>
/// <param name="There">Alerts of the second.</param>
/// <param name="FramesHere">Frames of the first.</param>
/// <param name="FramesThere">Frames of the second.</param>
/// <param name="Took">How long each exchange took.</param>
public sealed record EquivalenceResult(
    EveFile Here, EveFile There, IReadOnlyList<CapturedFrame> FramesHere, IReadOnlyList<CapturedFrame> FramesThere,
    IReadOnlyList<(string Name, TimeSpan Took)> Took);

/// <summary>Runs the mix once while Suricata and tcpdump watch from two places.</summary>
public static class Equivalence
{
    /// <summary>Starts the watchers, runs the mix, ends the watchers in order.</summary>
    /// <param name="target">The server.</param>
    /// <param name="here">The server's port in the base.</param>
    /// <param name="there">The mirror.</param>
    /// <param name="packDirectory">The Suricata pack, whose configuration both use.</param>
    /// <param name="alsoReady">Whether a third onlooker has noticed <see cref="Marker.Ready"/>, which is sent until it has.</param>
    public static EquivalenceResult Run(
        TrafficTarget target, WatchPoint here, WatchPoint there, string packDirectory, Func<bool>? alsoReady = null)
    {
        using var suricataHere = new SuricataWatch(here, packDirectory);
        using var suricataThere = new SuricataWatch(there, packDirectory);
        using var captureHere = new PacketCapture(here);
        using var captureThere = new PacketCapture(there);
        foreach (var suricata in new[] { suricataHere, suricataThere })
            suricata.WaitFor(SuricataWatch.ReadySignature, () => Marker.Send(target, Marker.Ready));

        for (var i = 0; alsoReady?.Invoke() == false; i++)
        {
            if (i > 300)
                throw new TimeoutException("the third onlooker does not notice the marker");
            Marker.Send(target, Marker.Ready);
            Thread.Sleep(100);
        }

        IReadOnlyList<(string, TimeSpan)> took;
        using (new OneProcessor())
        {
            Marker.Send(target, Marker.Begin);
            took = Mix.Run(target);
            Marker.Send(target, Marker.End);
        }

        foreach (var suricata in new[] { suricataHere, suricataThere })
            suricata.WaitFor(Marker.EndSignature, () => { });
        var framesHere = captureHere.Finish();
        var framesThere = captureThere.Finish();
        return new EquivalenceResult(suricataHere.Finish(), suricataThere.Finish(), framesHere, framesThere, took);
    }

    /// <summary>What was raised while the mix ran, before Suricata was told to end and judged what it still held.</summary>
    public static IEnumerable<JsonObject> WhileItRan(IEnumerable<JsonObject> alerts) =>
        alerts.TakeWhile(a => EveFile.Signature(a) != Marker.EndSignature)
            .Where(a => EveFile.Signature(a) != SuricataWatch.ReadySignature);

    /// <summary>The alerts that the mix raised, without those of the markers.</summary>
    public static IEnumerable<JsonObject> OfTheMix(EveFile eve) =>
        eve.Alerts.Where(a => EveFile.Signature(a) is not (SuricataWatch.ReadySignature or Marker.EndSignature));
}
