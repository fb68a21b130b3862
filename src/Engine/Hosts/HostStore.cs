using System.Text.Json;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Hosts;

/// <summary>Keeps the <see cref="HostRecord"/> in <c>host.json</c>, replaced atomically at every change.</summary>
public sealed class HostStore
{
    private const int CurrentVersion = 1;
    private readonly string _path;

    // Guards Record and the file.
    private readonly Lock _lock = new();

    /// <summary>Loads what there is.</summary>
    /// <exception cref="IOException">The file is unreadable or was written by a newer version.</exception>
    public HostStore(HostPaths paths)
    {
        _path = Path.Join(paths.State, "host.json");
        Record = Load();
    }

    /// <summary>The present state.</summary>
    public HostRecord Record { get; private set; }

    /// <summary>Changes the state and has it on disk before returning.</summary>
    public void Update(Func<HostRecord, HostRecord> change)
    {
        lock (_lock)
        {
            var next = change(Record);
            Save(next);
            Record = next;
        }
    }

    /// <summary>Sets one VM's record.</summary>
    public void Put(MachineRecord machine) => Update(record => record with
    {
        Machines = new Dictionary<string, MachineRecord>(record.Machines) { [machine.Name] = machine },
    });

    /// <summary>Forgets one VM.</summary>
    public void Forget(string name) => Update(record => record with
    {
        Machines = record.Machines.Where(m => m.Key != name).ToDictionary(),
    });

    /// <summary>Removes the file: nothing is left to remember.</summary>
    public void Delete()
    {
        lock (_lock)
        {
            Record = new HostRecord();
            // A missing directory would make File.Delete throw; a missing file does not. 'down' twice, or after 'pack build'.
            if (File.Exists(_path))
                File.Delete(_path);
        }
    }

    private HostRecord Load()
    {
        if (!File.Exists(_path))
            return new HostRecord();
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(_path));
            RefuseNewer(document.RootElement);
            if (JsonMistakes.HoldsNull(document.RootElement))
                throw new JsonException("it holds null");
            var record = document.Deserialize(HostJson.Default.HostRecord)!;
            return Defect(record) is { } defect ? throw new JsonException(defect) : record;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a key with half of a Unicode pair.
            throw new IOException($"{_path}: not readable ({JsonMistakes.Line(broken)}); move it away and run 'hyperspector up' again", broken);
        }
    }

    // Names are parts of paths below which things are removed: a file that somebody has edited is looked at before anything is done.
    private static string? Defect(HostRecord record)
    {
        foreach (var (name, machine) in record.Machines)
        {
            if (!Names.IsName(name) || machine.Name != name)
                return $"machine {Quoted.Text(name)} has not its own name";
            if (machine.Server is null == machine.Environment is null)
                return $"machine '{name}' is neither server nor environment";
            if (Requests.NumberDefect($"machine '{name}'", machine.Machine) is { } defect)
                return defect;
        }

        return record.Site is null ? null : Requests.Defect(record.Site);
    }

    // Before the rest is looked at: a newer format may say things that this version takes for broken.
    private void RefuseNewer(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("version"u8, out var version)
            && version.ValueKind == JsonValueKind.Number && version.GetDouble() > CurrentVersion)
        {
            throw new IOException(
                $"{_path}: written by a newer HyperSpector (format {version.GetRawText()}, this one knows {CurrentVersion}); upgrade this one, nothing was changed");
        }
    }

    private void Save(HostRecord record)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(_path)!, PrivateDirectory.Mode);
        var temporary = _path + ".new";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, record, HostJson.Default.HostRecord);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, _path, overwrite: true);
    }
}
