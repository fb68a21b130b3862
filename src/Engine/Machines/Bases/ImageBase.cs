using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Images;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>An unpacked image as a base: one layer, which belongs to the ids of the VM that unpacked it.</summary>
internal static class ImageBase
{
    internal static PreparedBase Prepare(ImageSpec image, HostPaths paths)
    {
        var directory = ImageStore.DirectoryOf(paths, image);
        if (!Directory.Exists(directory))
            throw new IOException($"image {image.Layout} is not unpacked in {Path.GetDirectoryName(directory)} any more: run 'hyperspector up' again");
        var layer = PackLayer.Read(directory);
        return new PreparedBase(
            Generation(image), [.. layer.Parts.Select(p => new BasePart(p.Mount, [Path.Join(directory, p.Dir)]) { FirstId = layer.FirstId })]);
    }

    /// <summary>An image never changes: another one has another digest.</summary>
    internal static string Generation(ImageSpec image) => image.Manifest;
}
