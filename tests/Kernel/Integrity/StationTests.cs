using System.Text;
using HyperSpector.Engine.Integrity;
using HyperSpector.Engine.Integrity.Signing;
using Xunit;

namespace HyperSpector.Tests.Kernel.Integrity;

/// <summary>What the program does with its files: baselines, acceptances, signatures, reports.</summary>
public sealed class StationTests : IDisposable
{
    private readonly OverlayScene _scene = new("index=on,redirect_dir=on,metacopy=off");

    public StationTests()
    {
        File.WriteAllText($"{_scene.Lower}/file", "as it was");
        _scene.Mount();
        File.WriteAllText(At("policy.yaml"), "check: {/: R}\n");
        _scene.LetTimePass();
    }

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void Station_WithoutAKey_RecordsChecksAndAccepts()
    {
        var station = new IntegrityStation(Settings(null), TimeProvider.System);
        Assert.Throws<IntegrityException>(() => Check(station, out _));
        Assert.Equal(0, station.Record("me", "first", first: true, TextWriter.Null));
        Assert.Throws<IntegrityException>(() => station.Record("me", "again", first: true, TextWriter.Null));
        Assert.Equal(0, Check(station, out var text));
        Assert.StartsWith("web: nothing differs", text, StringComparison.Ordinal);

        File.WriteAllText($"{_scene.Merged}/file", "as it is");
        File.WriteAllText($"{_scene.Merged}/evil\u001b[2J", "");
        Assert.Equal(IntegrityStation.Added | IntegrityStation.Changed, Check(station, out text));
        Assert.Contains("size: 9 -> 8", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
        using var json = new MemoryStream();
        Assert.Equal(IntegrityStation.Added | IntegrityStation.Changed, station.Check(changedOnly: false, json: true, json));
        var lines = Encoding.UTF8.GetString(json.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["summary", "changed", "added", "changed"], lines.Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("kind").GetString()));

        using var told = new StringWriter();
        Assert.Equal(0, station.Record("me", "ticket 17", first: false, told));
        Assert.StartsWith("3 files differ from the accepted baseline\n", told.ToString(), StringComparison.Ordinal);
        Assert.Contains("size: 9 -> 8", told.ToString(), StringComparison.Ordinal);
        Assert.Contains("added      /evil", told.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', told.ToString());
        Assert.Equal(0, Check(station, out _));
        using var report = new MemoryStream();
        station.Report(json: false, report);
        Assert.Contains("by me: ticket 17", Encoding.UTF8.GetString(report.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Station_OfAPlainDirectory_ChecksEverything()
    {
        var settings = Settings(null) with { Merged = _scene.Lower, Upper = null, Generation = null };
        var station = new IntegrityStation(settings, TimeProvider.System);
        Assert.Equal(0, station.Record("me", "first", first: true, TextWriter.Null));
        Assert.Equal(0, Check(station, out var text));
        Assert.Contains("everything", text, StringComparison.Ordinal);

        File.AppendAllText($"{_scene.Lower}/file", ", and more");
        Assert.Equal(IntegrityStation.Changed, Check(station, out _));
    }

    [Fact]
    public void Station_WithAKey_BelievesTheLastSignedBaselineOnly()
    {
        BaseSigner.MakeKeys(At("secret"), At("open"));
        var station = new IntegrityStation(Settings(BaseSigner.ReadKey(At("open"))), TimeProvider.System);
        _ = station.Record("me", "first", first: true, TextWriter.Null);
        Assert.Throws<IntegrityException>(() => Check(station, out _));
        Sign("first");
        Assert.Equal(0, Check(station, out _));
        var first = File.ReadAllBytes(At("state/baseline"));

        // An intruder in the IDS VM makes a baseline with his change in it, and nobody signs it.
        File.WriteAllText($"{_scene.Merged}/file", "his");
        _ = station.Record("him", "mine", first: false, TextWriter.Null);
        Assert.Equal(IntegrityStation.Changed, Check(station, out _));
        File.Copy(At("state/candidate"), At("state/baseline"), overwrite: true);
        Assert.Throws<IntegrityException>(() => Check(station, out _));

        // Once another one is accepted, the older does not count any more, though it was signed.
        File.WriteAllBytes(At("state/baseline"), first);
        _ = station.Record("me", "second", first: false, TextWriter.Null);
        Sign("second");
        Assert.Equal(0, Check(station, out _));
        File.WriteAllBytes(At("state/baseline"), first);
        Assert.Throws<IntegrityException>(() => Check(station, out _));
    }

    private static int Check(IntegrityStation station, out string text)
    {
        using var bytes = new MemoryStream();
        var result = station.Check(changedOnly: true, json: false, bytes);
        text = Encoding.UTF8.GetString(bytes.ToArray());
        return result;
    }

    private void Sign(string reason) => _ = BaseSigner.Accept(
        At("state/candidate"), At("log"), "web", BaseSigner.ReadKey(At("secret")), ("admin", reason, TimeProvider.System.GetUtcNow()));

    private string At(string name) => Path.Join(_scene.Place, name);

    private StationSettings Settings(byte[]? key) => new()
    {
        Server = "web",
        Merged = _scene.Merged,
        Upper = _scene.Upper,
        Generation = "1",
        State = At("state"),
        Policy = At("policy.yaml"),
        Log = key is null ? null : At("log"),
        PublicKey = key,
    };
}
