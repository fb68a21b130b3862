using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>What must be true of the events of <see cref="Sites.Counting"/>.</summary>
internal static class Oracle
{
    /// <summary>Every line that the "IDS" wrote is one event, in order, and there is no other; it goes on writing meanwhile.</summary>
    internal static void AssertEventsAreTheLinesWritten(TestHost host, int atLeast)
    {
        var written = LinesWritten(host);
        var events = new List<string>();
        for (var attempt = 0; attempt < 120; attempt++)
        {
            events = Events(host);
            if (events.Count >= written.Count)
                break;
            Thread.Sleep(500);
        }

        Assert.True(written.Count >= atLeast, $"{written.Count} of at least {atLeast} lines were written");
        Assert.True(events.Count >= written.Count, $"{events.Count} events of {written.Count} lines");
        Assert.Equal(written, events.Take(written.Count));
        // And those since then are in the file, too: read after the events were.
        Assert.Equal(events, LinesWritten(host).Take(events.Count));
    }

    internal static List<string> LinesWritten(TestHost host)
    {
        var path = Directory.GetFiles($"{host.Paths.MachineState("edge")}/outputs", "lines.log", SearchOption.AllDirectories).Single();
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var text = file.ReadToEnd();
        // A line being written is not there yet.
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static List<string> Events(TestHost host) => [.. host.Alerts().Where(e => e.Kind == "line").Select(e => e.Summary)];
}
