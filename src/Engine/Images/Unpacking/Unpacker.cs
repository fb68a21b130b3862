using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Site;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Images.Unpacking;

/// <summary>
/// First process of the throw-away VM that unpacks an image: <c>sensor unpack PLAN</c>. It has no network; what it leaves below
/// <see cref="Target"/> becomes the image's layer.
/// </summary>
public static class Unpacker
{
    /// <summary>Where the VM finds the layout.</summary>
    internal const string Layout = "/run/hyperspector/image-layout";

    /// <summary>Where it finds what is to be unpacked, an <see cref="ImageSpec"/>.</summary>
    internal const string Plan = "/etc/hyperspector/image.json";

    /// <summary>Where it makes the file system.</summary>
    internal const string Target = "/image";

    /// <summary>Unpacks; prints one line about what went wrong. Returns the exit code.</summary>
    public static int Run(string plan)
    {
        try
        {
            var image = JsonSerializer.Deserialize(File.ReadAllBytes(plan), ApiJson.Default.ImageSpec)
                ?? throw new ImageException("the plan is empty");
            _ = Directory.CreateDirectory(Target);
            var archives = image.Layers.Select(l => LayerStreams.Open(Layout, l)).ToList();
            RootDirectory.ChangeTo(Target);
            Apply(image, archives, "");
            return 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            Console.Error.WriteLine(failure.Message.ReplaceLineEndings(" "));
            return 1;
        }
    }

    /// <summary>Applies the layers in their order, and checks each against the digest that the image's settings have for it.</summary>
    internal static void Apply(ImageSpec image, IReadOnlyList<Stream> archives, string root)
    {
        var tree = new LayerTree(root);
        for (var i = 0; i < archives.Count; i++)
        {
            using var archive = new HashingStream(archives[i]);
            try
            {
                tree.Apply(archive);
                if (archive.Finish() != image.Layers[i].Unpacked)
                    throw new ImageException("its files are not those of the image's diff_ids");
            }
            catch (Exception wrong) when (wrong is ImageException or InvalidDataException)
            {
                throw new ImageException($"layer {i + 1} ({image.Layers[i].Digest}): {wrong.Message}");
            }
        }

        tree.Finish();
        if (tree.DevicesLeftOut > 0)
            Console.Error.WriteLine($"{tree.DevicesLeftOut} device nodes were left out: a VM has its own /dev");
    }
}
