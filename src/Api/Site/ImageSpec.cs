using System.Text.Json.Serialization;

namespace HyperSpector.Api.Site;

/// <summary>An image of an OCI image layout on disk, as <c>base: oci:DIR[:tag]</c> named it when the file was read.</summary>
/// <param name="Layout">The layout's directory, absolute.</param>
/// <param name="Tag">As the user wrote it; null for the only image there.</param>
/// <param name="Manifest">Digest of the image's manifest, <c>sha256:…</c>: it names the image, its layers and its settings.</param>
/// <param name="Layers">The lowest first.</param>
public sealed record ImageSpec([property: JsonRequired] string Layout, string? Tag, [property: JsonRequired] string Manifest, [property: JsonRequired] IReadOnlyList<ImageLayerSpec> Layers);

/// <summary>One layer of an image: a blob of the layout.</summary>
/// <param name="Digest">Of the blob as it is stored, <c>sha256:…</c>.</param>
/// <param name="Size">Bytes of the blob.</param>
/// <param name="Packing">How the archive in it is compressed.</param>
/// <param name="Unpacked">Digest of the archive itself (the image's <c>diff_ids</c>).</param>
public sealed record ImageLayerSpec([property: JsonRequired] string Digest, long Size, LayerPacking Packing, [property: JsonRequired] string Unpacked);

/// <summary>How a layer's archive is compressed.</summary>
public enum LayerPacking
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 8878.</summary>
    Zstd,
}
