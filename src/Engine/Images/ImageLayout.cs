using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Images;

/// <summary>An image that was found: what a VM is made of, and what it does by default.</summary>
internal sealed record ResolvedImage(ImageSpec Spec, ImageConfig Config);

/// <summary>
/// An OCI image layout on disk (image-spec, image-layout.md). Only its small documents are read here, each against the digest and
/// size by which it was named; layers are only looked for: a throw-away VM checks and unpacks them.
/// </summary>
internal sealed class ImageLayout : IDisposable
{
    private readonly string _path;
    private readonly FileDescriptor _root;

    private ImageLayout(string path, FileDescriptor root)
    {
        _path = path;
        _root = root;
    }

    /// <summary>Finds the image of a tag for this platform; without a tag the only image.</summary>
    /// <exception cref="ImageException">There is none, or something about it is wrong: one line.</exception>
    internal static ResolvedImage Resolve(string directory, string? tag, Platform? platform = null)
    {
        try
        {
            using var root = Beneath.Reference(directory) ?? throw new ImageException($"there is no directory {Quoted.Text(directory)}");
            using var layout = new ImageLayout(directory, root);
            return layout.Resolve(tag, platform ?? Platform.Current);
        }
        catch (Linux.KernelException refused)
        {
            throw new ImageException($"{Quoted.Text(directory)} cannot be read: {Quoted.Text(refused.Message)}");
        }
    }

    public void Dispose() => _root.Dispose();

    private ResolvedImage Resolve(string? tag, Platform platform)
    {
        CheckMark();
        var index = ImageIndex.Parse(Document("index.json"), "index.json");
        var manifest = Select(index, tag, platform);
        var what = $"manifest {manifest.Digest.Hex[..12]}";
        var parsed = ImageManifest.Parse(Blob(manifest, what), what);
        var config = ImageConfig.Parse(Blob(parsed.Config, $"config of {what}"), $"config of {what}");
        if (!platform.Runs(config.Platform))
            throw new ImageException($"{what} is for {Quoted.Text(config.Platform.ToString())}; this machine runs {platform}");
        if (config.Unpacked.Count != parsed.Layers.Count)
            throw new ImageException($"{what} has {parsed.Layers.Count} layers, its config tells of {config.Unpacked.Count}");
        var layers = parsed.Layers.Select((l, i) =>
        {
            CheckLayer(l.Blob, $"layer {i + 1} of {what}");
            return new ImageLayerSpec(l.Blob.Digest.ToString(), l.Blob.Size, l.Packing, config.Unpacked[i].ToString());
        });
        return new ResolvedImage(new ImageSpec(_path, tag, manifest.Digest.ToString(), [.. layers]), config);
    }

    private void CheckMark()
    {
        using var document = Json.Object(Document("oci-layout"), "oci-layout");
        if (Json.Text(document.RootElement, "imageLayoutVersion", "oci-layout") is not "1.0.0" and var version)
            throw new ImageException($"oci-layout has imageLayoutVersion {Json.Shown(version)}; only '1.0.0' is known");
    }

    private Descriptor ForPlatform(IReadOnlyList<IndexEntry> index, Platform platform, int depth)
    {
        var fitting = index.Where(e => MediaTypes.IsManifest(e.Blob.MediaType) || MediaTypes.IsIndex(e.Blob.MediaType))
            .Where(e => e.Platform is null || platform.Runs(e.Platform)).ToList();
        if (fitting.Count == 0)
        {
            var others = index.Select(e => e.Platform?.ToString()).OfType<string>().Distinct().Take(ImageLimits.ListedTags).ToList();
            throw new ImageException(others.Count == 0
                ? "there is no image in it"
                : $"there is no image for {platform} in it, only for {string.Join(", ", others.Select(Quoted.Text))}");
        }

        // One that names its platform is meant before one that does not.
        var best = fitting.FirstOrDefault(e => e.Platform is not null) ?? fitting[0];
        if (MediaTypes.IsManifest(best.Blob.MediaType))
            return best.Blob;
        if (depth >= ImageLimits.IndexDepth)
            throw new ImageException($"its indexes are nested deeper than {ImageLimits.IndexDepth}");
        var what = $"index {best.Blob.Digest.Hex[..12]}";
        return ForPlatform(ImageIndex.Parse(Blob(best.Blob, what), what), platform, depth + 1);
    }

    private Descriptor Select(IReadOnlyList<IndexEntry> index, string? tag, Platform platform)
    {
        var tags = index.Select(e => e.Tag).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        if (tag is not null && !tags.Contains(tag))
            throw new ImageException($"there is no tag {Quoted.Text(tag)} in it; {List(tags)}{Nearest.Suggest(tag, tags)}");
        if (tag is null && index.Select(e => e.Tag).Distinct().Count() > 1)
            throw new ImageException($"it holds several images; name one as oci:DIRECTORY:TAG; {List(tags)}");
        return ForPlatform([.. index.Where(e => tag is null || e.Tag == tag)], platform, depth: 1);
    }

    private static string List(List<string> tags)
    {
        if (tags.Count == 0)
            return "it has no tags: leave the tag out";
        var more = tags.Count > ImageLimits.ListedTags ? $" and {tags.Count - ImageLimits.ListedTags} more" : "";
        return $"there are: {string.Join(", ", tags.Take(ImageLimits.ListedTags).Select(t => Quoted.Text(t)))}{more}";
    }

    private byte[] Document(string name)
    {
        var bytes = Beneath.ReadFile(_root, name, ImageLimits.DocumentBytes + 1)
            ?? throw new ImageException($"{Quoted.Text(_path)} is no OCI image layout: it has no file '{name}'");
        return bytes.Length <= ImageLimits.DocumentBytes ? bytes : throw new ImageException($"{name} is larger than {ImageLimits.DocumentBytes >> 20} MiB");
    }

    private byte[] Blob(Descriptor blob, string what)
    {
        var bytes = Beneath.ReadFile(_root, PathOf(blob), (int)blob.Size + 1) ?? throw Missing(blob, what);
        if (bytes.Length != blob.Size)
            throw WrongSize(blob, what);
        return Digest.Of(bytes) == blob.Digest ? bytes : throw new ImageException($"{what} is not what its digest says: the layout is damaged");
    }

    private void CheckLayer(Descriptor blob, string what)
    {
        using var reference = Beneath.ReferenceInRoot(_root, PathOf(blob));
        if (reference is null || NodeStatus.Of(reference) is not { IsRegular: true } status)
            throw Missing(blob, what);
        if (status.Size != (ulong)blob.Size)
            throw WrongSize(blob, what);
    }

    private static ImageException Missing(Descriptor blob, string what) =>
        new($"{what} is missing: there is no file {PathOf(blob)}");

    private static string PathOf(Descriptor blob) => $"blobs/sha256/{blob.Digest.Hex}";

    private static ImageException WrongSize(Descriptor blob, string what) =>
        new($"{what} has not the {blob.Size} bytes that it should have: the layout is damaged");
}
