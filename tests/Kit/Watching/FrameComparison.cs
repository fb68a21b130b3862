using System.Globalization;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>
/// Are two captures of the same traffic the same? Byte for byte and in order, each direction by itself: between the directions two
/// watchers on two processors may see the order of what happens at once differently.
/// </summary>
public static class FrameComparison
{
    /// <summary>The frames of one direction from the first that carries <paramref name="begin"/> to the last with <paramref name="end"/>.</summary>
    /// <remarks>Watchers start and stop at different moments; markers in both directions say what both must have.</remarks>
    public static IReadOnlyList<CapturedFrame> Window(
        IReadOnlyList<CapturedFrame> frames, byte[] serverMac, bool fromServer, byte[] begin, byte[] end)
    {
        var direction = frames.Where(f => f.SourceMac.SequenceEqual(serverMac) == fromServer).ToList();
        var first = direction.FindIndex(f => f.Bytes.AsSpan().IndexOf(begin) >= 0);
        var last = direction.FindLastIndex(f => f.Bytes.AsSpan().IndexOf(end) >= 0);
        if (first < 0 || last < first)
            throw new InvalidDataException($"of {direction.Count} frames {Name(fromServer)} none carries the marker of the {(first < 0 ? "begin" : "end")}");
        return direction[first..(last + 1)];
    }

    /// <summary>What differs, a line each; empty when nothing does.</summary>
    public static IReadOnlyList<string> Differences(IReadOnlyList<CapturedFrame> here, IReadOnlyList<CapturedFrame> there, string direction)
    {
        var found = new List<string>();
        if (here.Count != there.Count)
            found.Add($"{direction}: {here.Count} frames against {there.Count}");
        for (var i = 0; i < Math.Min(here.Count, there.Count) && found.Count < 10; i++)
        {
            if (here[i].OriginalLength != here[i].Bytes.Length)
                found.Add($"{direction}: frame {i} was cut to {here[i].Bytes.Length} of {here[i].OriginalLength} bytes");
            if (here[i].Bytes.AsSpan().SequenceEqual(there[i].Bytes))
                continue;
            var at = here[i].Bytes.AsSpan().CommonPrefixLength(there[i].Bytes);
            found.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{direction}: frame {i} differs from byte {at} on: {Show(here[i].Bytes, at)} against {Show(there[i].Bytes, at)}"));
        }

        return found;
    }

    /// <summary>A direction's name.</summary>
    public static string Name(bool fromServer) => fromServer ? "from the server" : "to the server";

    private static string Show(byte[] bytes, int at) =>
        $"{Convert.ToHexStringLower(bytes.AsSpan(at, Math.Min(16, bytes.Length - at)))} (of {bytes.Length})";
}
