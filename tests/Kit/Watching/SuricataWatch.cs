using System.Diagnostics;
using HyperSpector.Engine.Packs;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>
/// An unmodified Suricata at a watch point, with the configuration and rules of our pack. One capturing thread: with several, the
/// packet at which a count over many flows (<c>threshold</c>) is reached depends on the scheduler, in one place as in the other.
/// </summary>
public sealed class SuricataWatch : IDisposable
{
    /// <summary>Raised by the marker that <see cref="Marker"/> sends; the file of rules is the tests' own.</summary>
    public const int ReadySignature = 8299999;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly WatchPoint _point;
    private readonly string _directory;
    private readonly Background _suricata;

    /// <summary>Starts it; it watches once <see cref="Eve"/> has the marker's alert.</summary>
    public SuricataWatch(WatchPoint point, string packDirectory)
    {
        _point = point;
        var loaded = PackLoader.Load(packDirectory);
        if (loaded.Pack is not { } pack)
            throw new IOException($"the pack in {packDirectory} cannot be read: {string.Join("; ", loaded.Problems)}");
        _directory = point.MakeDirectory();
        _ = point.Shell("cp -r /etc/suricata/rules \"$1/rules\" && mkdir -p \"$1/rules/local\"", _directory);
        pack = pack with
        {
            Options = new Dictionary<string, string>(pack.Options)
            {
                ["threads"] = "1",
                ["stats_interval"] = "2",
                ["rules"] = $"{_directory}/rules/local/*.rules",
            },
        };
        foreach (var file in PackInstall.Files(pack, new PackSurroundings([point.Interface], ["server"])))
        {
            var name = Path.GetFileName(file.Path);
            var target = name.EndsWith(".yaml", StringComparison.Ordinal) ? "suricata.yaml" : $"rules/{name}";
            point.Write($"{_directory}/{target}", file.Content.Replace("/etc/suricata/rules", $"{_directory}/rules", StringComparison.Ordinal));
        }

        point.Write($"{_directory}/rules/local/marker.rules", Marker.Rules);
        _suricata = point.Start(
            $"{_directory}/pid", "suricata", "-c", $"{_directory}/suricata.yaml", "--af-packet", "-l", _directory);
    }

    /// <summary>What it has written so far.</summary>
    public EveFile Eve => EveFile.Parse(_point.Shell("cat -- \"$1\" 2>/dev/null || true", $"{_directory}/eve.json"));

    /// <summary>Waits until an alert of a signature is there; <paramref name="meanwhile"/> is done every time it is not yet.</summary>
    public void WaitFor(int signature, Action meanwhile)
    {
        var started = Stopwatch.GetTimestamp();
        while (!Eve.Has(signature))
        {
            if (_suricata.HasEnded || Stopwatch.GetElapsedTime(started) > Limit)
                throw new IOException($"{_point.Name}: Suricata raises no alert {signature}: {_suricata.Output}");
            meanwhile();
            Thread.Sleep(100);
        }
    }

    /// <summary>Ends it in order, so that it judges what it still holds, and reads everything.</summary>
    public EveFile Finish()
    {
        _point.Interrupt($"{_directory}/pid", _suricata);
        var eve = Eve;
        if (eve.Captured is not { } captured)
            throw new IOException($"{_point.Name}: Suricata left no counters: {_suricata.Output}");
        if (captured.Dropped != 0)
            throw new IOException($"{_point.Name}: Suricata missed {captured.Dropped} frames, run the test again on a quieter machine");
        return eve;
    }

    public void Dispose()
    {
        _suricata.Dispose();
        _point.RemoveDirectory(_directory);
    }
}
