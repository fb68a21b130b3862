using System.Text;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Events;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Unit.Events;

/// <summary>A directory of a test, removed with it.</summary>
internal sealed class Scratch : IDisposable
{
    internal Scratch() => Path = System.IO.Directory.CreateTempSubdirectory("hyperspector-events-").FullName;

    internal string Path { get; }

    internal FileDescriptor Open() => Files.OpenDirectory(Path);

    internal string At(string name) => System.IO.Path.Join(Path, name);

    /// <summary>Events of the spool here, checkpoints left out.</summary>
    internal List<EventRecord> Events() =>
        [.. Lines().Where(l => !l.StartsWith("{\"checkpoint\"", StringComparison.Ordinal)).Select(Parse)];

    internal List<string> Lines() =>
        [.. System.IO.Directory.GetFiles(Path, "*.jsonl").Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines)];

    internal static EventRecord Parse(string line) => JsonSerializer.Deserialize(line, ApiJson.Default.EventRecord)!;

    internal static EventRecord Event(int number, SourcePosition? source = null) => new()
    {
        Id = $"id-{number}",
        Time = DateTimeOffset.UnixEpoch.AddSeconds(number),
        Host = "h",
        Environment = "edge",
        Sensor = "suricata",
        Kind = "alert",
        Severity = "high",
        Summary = $"event {number}",
        Source = source,
    };

    internal void Append(string name, string text) => File.AppendAllBytes(At(name), Encoding.UTF8.GetBytes(text));

    public void Dispose() => System.IO.Directory.Delete(Path, recursive: true);
}
