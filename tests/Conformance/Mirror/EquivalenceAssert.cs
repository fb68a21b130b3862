using System.Net;
using System.Text.Json.Nodes;
using HyperSpector.Tests.Kit.Traffic;
using HyperSpector.Tests.Kit.Watching;
using Xunit;

namespace HyperSpector.Tests.Conformance.Mirror;

/// <summary>What must hold after a run of the mix.</summary>
internal static class EquivalenceAssert
{
    private const int Mtu = 1500;

    /// <summary>The pack under test.</summary>
    internal static string PackDirectory { get; } = Path.Join(AppContext.BaseDirectory, "packs", "suricata");

    /// <summary>The mix raised what it is meant to raise, and benign exchanges raised nothing; else equality would prove little.</summary>
    internal static void TheMixMeansSomething(EquivalenceResult result, Action<string> say)
    {
        var alerts = Equivalence.OfTheMix(result.Here).ToList();
        var raised = alerts.Select(EveFile.Signature).ToHashSet();
        say($"{Mix.All.Count} exchanges in {result.Took.Sum(t => t.Took.TotalSeconds):0.0} s, {alerts.Count} alerts of {raised.Count} signatures, "
            + $"{result.FramesHere.Count} frames");
        Assert.True(Mix.All.Count >= 40, $"only {Mix.All.Count} exchanges");
        Assert.True(raised.Count >= 25, $"only {raised.Count} signatures");
        var missing = Mix.All.SelectMany(e => e.Raises.Where(s => !raised.Contains(s)).Select(s => $"{e.Name}: {s}")).ToList();
        Assert.True(missing.Count == 0, $"not raised: {string.Join("; ", missing)}");
    }

    /// <summary>Nothing was raised about the benign addresses.</summary>
    internal static void BenignRaisesNothing(EquivalenceResult result, TrafficTarget target)
    {
        string[] benign = [target.Benign4.ToString(), target.Benign6.ToString()];
        var raised = Equivalence.OfTheMix(result.Here)
            .Where(a => benign.Contains(Address(a, "src_ip")) || benign.Contains(Address(a, "dest_ip")))
            .Select(a => $"{a["alert"]!["signature"]} {Address(a, "src_ip")}:{a["src_port"]} {Address(a, "dest_ip")}:{a["dest_port"]}").ToList();
        Assert.True(raised.Count == 0, string.Join('\n', raised));

        // Suricata writes IPv6 addresses in full; a packet that does not parse has none.
        static string? Address(JsonObject alert, string field) =>
            alert[field]?.GetValue<string>() is { } text ? IPAddress.Parse(text).ToString() : null;
    }

    /// <summary>Whole alert records are equal, as multisets.</summary>
    internal static void SameAlerts(EquivalenceResult result) => Same(Equivalence.OfTheMix(result.Here), Equivalence.OfTheMix(result.There));

    /// <summary>The same of any two onlookers.</summary>
    internal static void Same(IEnumerable<JsonObject> here, IEnumerable<JsonObject> there)
    {
        var differences = AlertComparison.Differences(here, there);
        Assert.True(differences.Count == 0, $"{differences.Count} alerts differ:\n{string.Join('\n', differences.Take(20))}");
    }

    /// <summary>The same signatures about the same ends; sizes of flows count frames, and those differ when frames are cut up.</summary>
    internal static void SameSignatures(EquivalenceResult result)
    {
        var here = Keys(result.Here);
        var there = Keys(result.There);
        var differences = Rest(here, there).Select(k => $"only here: {k}").Concat(Rest(there, here).Select(k => $"only there: {k}")).ToList();
        Assert.True(differences.Count == 0, string.Join('\n', differences));

        static List<string> Rest(List<string> from, List<string> less)
        {
            var rest = from.ToList();
            less.ForEach(k => rest.Remove(k));
            return rest;
        }

        static List<string> Keys(EveFile eve) => [.. Equivalence.OfTheMix(eve)
            .Select(a => $"{EveFile.Signature(a)} {a["src_ip"]} {a["src_port"]} {a["dest_ip"]} {a["dest_port"]} {a["proto"]} {a["app_proto"]}")
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Every frame is the same, byte for byte and in order per direction.</summary>
    internal static void SameFrames(EquivalenceResult result, byte[] serverMac)
    {
        foreach (var fromServer in new[] { false, true })
        {
            var here = FrameComparison.Window(result.FramesHere, serverMac, fromServer, Marker.Begin, Marker.End);
            var there = FrameComparison.Window(result.FramesThere, serverMac, fromServer, Marker.Begin, Marker.End);
            var differences = FrameComparison.Differences(here, there, FrameComparison.Name(fromServer));
            Assert.True(differences.Count == 0, string.Join('\n', differences));
        }
    }

    /// <summary>No frame of an honest sender is longer than the MTU or has a bad checksum.</summary>
    internal static void OnlyWireFrames(IReadOnlyList<CapturedFrame> frames, byte[] serverMac)
    {
        var problems = new List<string>();
        for (var i = 0; i < frames.Count; i++)
        {
            // Some exchanges send bad checksums on purpose; they must arrive as bad as they were sent.
            if (WireCheck.Problem(frames[i].Bytes, Mtu) is { } problem && !Forged.IsOnPurpose(frames[i]))
                problems.Add($"frame {i} {FrameComparison.Name(frames[i].SourceMac.SequenceEqual(serverMac))}: {problem}");
        }

        Assert.True(problems.Count == 0, $"{problems.Count} of {frames.Count} frames:\n{string.Join('\n', problems.Take(10))}");
    }

    /// <summary>There was something to cut up, and some checksum to fill in.</summary>
    internal static void WithSuperPackets(IReadOnlyList<CapturedFrame> frames) =>
        Assert.Contains(frames, f => f.Bytes.Length > 2 * Mtu);
}
