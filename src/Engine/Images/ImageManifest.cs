using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Images;

/// <summary>A manifest: which settings and which layers an image has. Pure.</summary>
internal sealed record ImageManifest(Descriptor Config, IReadOnlyList<(Descriptor Blob, LayerPacking Packing)> Layers)
{
    internal static ImageManifest Parse(ReadOnlyMemory<byte> bytes, string what)
    {
        using var document = Json.Object(bytes, what);
        var root = document.RootElement;
        ImageIndex.CheckVersion(root, what);
        if (Json.Text(root, "mediaType", what) is { } type && !MediaTypes.IsManifest(type))
            throw new ImageException($"{what} says that it is {Json.Shown(type)}, not an image manifest");
        var config = Descriptor.Parse(Json.Required(root, "config", what), $"{what}: config");
        if (!MediaTypes.IsConfig(config.MediaType))
            throw new ImageException($"{what} is no image that can be run: its config is {Json.Shown(config.MediaType)}");
        var layers = new List<(Descriptor, LayerPacking)>();
        foreach (var element in Json.List(root, "layers", what, ImageLimits.Layers))
        {
            var layer = Descriptor.Parse(element, $"{what}: layer {layers.Count + 1}", ImageLimits.LayerBytes);
            var packing = MediaTypes.PackingOf(layer.MediaType)
                ?? throw new ImageException($"{what}: layer {layers.Count + 1} is {Json.Shown(layer.MediaType)}; tar, tar+gzip and tar+zstd are known");
            layers.Add((layer, packing));
        }

        return layers.Count > 0 ? new ImageManifest(config, layers) : throw new ImageException($"{what} has no layers: there are no files to run");
    }
}
