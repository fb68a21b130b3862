using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Images;

/// <summary>What a blob is (image-spec, media-types.md), with the older names that Docker writes into layouts.</summary>
internal static class MediaTypes
{
    internal static bool IsIndex(string type) => type
        is "application/vnd.oci.image.index.v1+json" or "application/vnd.docker.distribution.manifest.list.v2+json";

    internal static bool IsManifest(string type) => type
        is "application/vnd.oci.image.manifest.v1+json" or "application/vnd.docker.distribution.manifest.v2+json";

    internal static bool IsConfig(string type) => type
        is "application/vnd.oci.image.config.v1+json" or "application/vnd.docker.container.image.v1+json";

    /// <summary>How a layer is packed; null for what is no layer of files.</summary>
    internal static LayerPacking? PackingOf(string type) => type switch
    {
        "application/vnd.oci.image.layer.v1.tar" => LayerPacking.None,
        "application/vnd.oci.image.layer.v1.tar+gzip" => LayerPacking.Gzip,
        "application/vnd.oci.image.layer.v1.tar+zstd" => LayerPacking.Zstd,
        "application/vnd.oci.image.layer.nondistributable.v1.tar" => LayerPacking.None,
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" => LayerPacking.Gzip,
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd" => LayerPacking.Zstd,
        "application/vnd.docker.image.rootfs.diff.tar" => LayerPacking.None,
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => LayerPacking.Gzip,
        _ => null,
    };
}
