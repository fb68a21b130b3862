using System.Text.Json;

namespace HyperSpector.Engine.Images;

/// <summary>A processor architecture with its variant, in Go's names (image-spec, image-index.md).</summary>
internal sealed record Platform(string Os, string Architecture, string? Variant)
{
    /// <summary>This machine's.</summary>
    internal static Platform Current { get; } = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => new("linux", "amd64", null),
        System.Runtime.InteropServices.Architecture.Arm64 => new("linux", "arm64", null),
        var other => new("linux", other.ToString().ToLowerInvariant(), null),
    };

    /// <summary>True for a program of that platform on this one. A variant is a level of the same instruction set: v8 of arm64 is all there is.</summary>
    internal bool Runs(Platform other) => other.Os == Os && other.Architecture == Architecture && other.Variant is null or "" or "v1" or "v8";

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}

/// <summary>What names a blob: its type, digest and size.</summary>
internal sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    internal static Descriptor Parse(JsonElement element, string what, long most = ImageLimits.DocumentBytes)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new ImageException($"{what} is not a JSON object");
        return new Descriptor(
            Json.Text(element, "mediaType", what) ?? throw new ImageException($"{what} has no 'mediaType'"),
            Digest.Parse(Json.Text(element, "digest", what) ?? throw new ImageException($"{what} has no 'digest'")),
            Json.Number(element, "size", what, most));
    }
}

/// <summary>One row of an index.</summary>
/// <param name="Blob">A manifest, a further index, or something that we do not know.</param>
/// <param name="Tag">Its <c>org.opencontainers.image.ref.name</c>.</param>
/// <param name="Platform">What it runs on; null when it does not say.</param>
internal sealed record IndexEntry(Descriptor Blob, string? Tag, Platform? Platform);

/// <summary>An image index: <c>index.json</c>, or one that it names. Pure.</summary>
internal static class ImageIndex
{
    private const string TagKey = "org.opencontainers.image.ref.name";

    internal static IReadOnlyList<IndexEntry> Parse(ReadOnlyMemory<byte> bytes, string what)
    {
        using var document = Json.Object(bytes, what);
        var root = document.RootElement;
        CheckVersion(root, what);
        if (Json.Text(root, "mediaType", what) is { } type && !MediaTypes.IsIndex(type))
            throw new ImageException($"{what} says that it is {Json.Shown(type)}, not an image index");
        return [.. Json.List(root, "manifests", what, ImageLimits.Manifests).Select((e, i) => Entry(e, $"{what}: manifest {i + 1}"))];
    }

    /// <summary>Every document of an image has the number 2 (image-spec, manifest.md).</summary>
    internal static void CheckVersion(JsonElement root, string what)
    {
        if (Json.Number(root, "schemaVersion", what, int.MaxValue) is not 2 and var version)
            throw new ImageException($"{what} has schemaVersion {version}; only 2 is known");
    }

    private static IndexEntry Entry(JsonElement element, string what)
    {
        var blob = Descriptor.Parse(element, what);
        var tag = Json.Find(element, "annotations") is { } annotations ? Json.Text(annotations, TagKey, what) : null;
        var platform = Json.Find(element, "platform") is { } p
            ? new Platform(Json.Text(p, "os", what) ?? "", Json.Text(p, "architecture", what) ?? "", Json.Text(p, "variant", what))
            : null;
        return new IndexEntry(blob, tag, platform);
    }
}
