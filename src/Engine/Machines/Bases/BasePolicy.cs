using System.IO.Enumeration;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>policy/host-base.json: what of the host's files a VM may see, a reason per row.</summary>
internal sealed record BasePolicy
{
    public required string About { get; init; }
    public required IReadOnlyList<PathRow> Live { get; init; }
    public required IReadOnlyList<PathRow> Hide { get; init; }
    public required IReadOnlyList<PathRow> Copy { get; init; }
    public required PristineRule Pristine { get; init; }
    public required IReadOnlyList<PathRow> Directories { get; init; }
    public required IReadOnlyList<LinkRow> Links { get; init; }
    public required IReadOnlyList<PathRow> PackageDirectories { get; init; }
    public required IReadOnlyList<PathRow> Never { get; init; }
    public required IReadOnlyList<PatternRow> SecretNames { get; init; }
    public required IReadOnlyList<PatternRow> SecretTexts { get; init; }
    public required UrlRule SecretUrls { get; init; }

    /// <summary>The file as it is, for the generation.</summary>
    [JsonIgnore]
    public byte[] Bytes { get; init; } = [];

    internal static BasePolicy Read(string directory)
    {
        var bytes = File.ReadAllBytes(Path.Join(directory, "host-base.json"));
        return JsonSerializer.Deserialize(bytes, BaseJson.Default.BasePolicy)! with { Bytes = bytes };
    }

    /// <summary>The row that forbids a path or one of its parents, or null.</summary>
    internal PathRow? Forbidden(string path) => Never.FirstOrDefault(row => PathText.IsWithin(path, row.Path));

    /// <summary>True for a name that tells a secret.</summary>
    internal bool IsSecretName(string path) =>
        SecretNames.Any(row => FileSystemName.MatchesSimpleExpression(row.Pattern, Path.GetFileName(path), ignoreCase: false));
}

internal sealed record PathRow(string Path, string Reason, string? Mode = null);

internal sealed record LinkRow(string Path, string Target, string Reason);

internal sealed record PatternRow(string Pattern, string Reason);

internal sealed record PristineRule(bool Enabled, string Reason);

internal sealed record UrlRule(string Below, string Reason);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true)]
[JsonSerializable(typeof(BasePolicy))]
[JsonSerializable(typeof(PackLayer))]
internal sealed partial class BaseJson : JsonSerializerContext;
