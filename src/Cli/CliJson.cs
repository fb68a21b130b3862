using System.Text.Json.Serialization;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Changes;
using HyperSpector.Cli.Watching;

namespace HyperSpector.Cli;

/// <summary><c>ps --json</c>.</summary>
internal sealed record MachineList(string Host, IReadOnlyList<MachineStatus> Machines);

/// <summary><c>config check --json</c>.</summary>
internal sealed record CheckResult(string File, bool Valid, IReadOnlyList<Problem> Problems);

/// <summary>One problem of a file; line and column are absent when it is the file as a whole.</summary>
internal sealed record Problem(string File, int? Line, int? Column, string Message);

/// <summary><c>version --json</c>; no daemon: none runs.</summary>
internal sealed record Versions(string Version, VersionInfo? Daemon);

/// <summary><c>pack list --json</c>.</summary>
internal sealed record PackList(IReadOnlyList<PackEntry> Packs);

/// <summary>One pack that could be named in a file.</summary>
internal sealed record PackEntry(string Name, string Description, string Directory, string? Problem);

/// <summary><c>changes --summary --json</c>: differences in all and by directory, and what was not compared.</summary>
internal sealed record ChangeSummaryText(ChangeCounts All, IReadOnlyDictionary<string, ChangeCounts> Directories, IReadOnlyList<string> Mounts);

/// <summary>Source-generated JSON of what only the CLI prints.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MachineList))]
[JsonSerializable(typeof(CheckResult))]
[JsonSerializable(typeof(Versions))]
[JsonSerializable(typeof(PackList))]
[JsonSerializable(typeof(HostSample))]
[JsonSerializable(typeof(ChangeSummaryText))]
internal sealed partial class CliJson : JsonSerializerContext
{
}
