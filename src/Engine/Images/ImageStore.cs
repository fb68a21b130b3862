using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Images.Unpacking;
using HyperSpector.Engine.Machines;
using HyperSpector.Engine.Packs;

namespace HyperSpector.Engine.Images;

/// <summary>
/// Images, unpacked once and shared by every VM of this machine: <c>images/&lt;digest of the manifest&gt;</c>. A throw-away VM
/// without network checks and unpacks the layers; no process of the base does (MOD-5).
/// </summary>
internal sealed class ImageStore(HostPaths paths, IBuildMachine builder)
{
    /// <summary>Where an image is, or would be.</summary>
    internal static string DirectoryOf(HostPaths paths, ImageSpec image) => Path.Join(paths.Cache, "images", Digest.Parse(image.Manifest).Hex);

    /// <summary>Unpacks the images of these bases, as far as they are not there.</summary>
    internal void Ensure(IEnumerable<BaseSpec> bases, Action<ProgressLine> report, CancellationToken cancellation)
    {
        foreach (var image in bases.Select(b => b.Image).OfType<ImageSpec>().DistinctBy(i => i.Manifest))
            Ensure(image, report, cancellation);
    }

    private void Ensure(ImageSpec image, Action<ProgressLine> report, CancellationToken cancellation)
    {
        var destination = DirectoryOf(paths, image);
        var subject = $"image {Path.GetFileName(image.Layout)}{(image.Tag is null ? "" : $":{image.Tag}")}";
        PrivateDirectory.Create(paths.Cache);
        PrivateDirectory.Create(Path.GetDirectoryName(destination)!);
        // Two daemons of this machine may want the same image: the second waits and finds it made.
        using var turn = new CacheTurn(destination + ".lock", cancellation);
        if (Directory.Exists(destination))
        {
            report(new ProgressLine { Subject = subject, Step = "unpack", State = "unchanged" });
            return;
        }

        report(new ProgressLine { Subject = subject, Step = "unpack", State = "running", Detail = image.Manifest });
        builder.Build(
            new BuildOrder
            {
                Name = $"image-{Path.GetFileName(destination)[..8]}",
                Base = new BaseSpec { Host = true },
                Command = [MachinePlans.SensorProgram, "unpack", Unpacker.Plan],
                Files = [new GeneratedFile(Unpacker.Plan, JsonSerializer.Serialize(image, ApiJson.Default.ImageSpec))],
                Mounts =
                [
                    new BindMount($"{AppContext.BaseDirectory}hyperspector-sensor", MachinePlans.SensorProgram, ReadOnly: true),
                    new BindMount(image.Layout, Unpacker.Layout, ReadOnly: true),
                ],
                Tree = Unpacker.Target[1..],
                Destination = destination,
                Worker = $"unpacking {subject}",
            },
            cancellation);
        report(new ProgressLine { Subject = subject, Step = "unpack", State = "done" });
    }
}
