using System.Text.Json.Nodes;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Images;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Images;
using Xunit;

namespace HyperSpector.Tests.Unit.Images;

/// <summary>Image layouts, good ones, and every way in which one can be wrong with the one line that says so.</summary>
public sealed class ImageLayoutTests : IDisposable
{
    private const string Long = "0000000000000000000000000000000000000000000000000000000000000000";
    private static readonly byte[] s_archive = LayoutWriter.Archive("bin/", "bin/server");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperspector-image-");

    /// <summary>What is made wrong, and what is said about it; <c>M</c> stands for the manifest's short digest.</summary>
    private static readonly Dictionary<string, (Action<ImageLayoutTests> Spoil, string Message)> Malformed = new()
    {
        ["no mark"] = (t => { t.Good(); File.Delete(t.At("oci-layout")); }, "'D' is no OCI image layout: it has no file 'oci-layout'"),
        ["mark of another version"] = (t => { t.Good(); t.Write("oci-layout", """{"imageLayoutVersion":"2.0.0"}"""); }, "oci-layout has imageLayoutVersion '2.0.0'; only '1.0.0' is known"),
        ["no index"] = (t => { t.Good(); File.Delete(t.At("index.json")); }, "'D' is no OCI image layout: it has no file 'index.json'"),
        ["index is no JSON"] = (t => { t.Good(); t.Write("index.json", "{\n\"a\" 1}"); }, "index.json is not JSON (line 2)"),
        ["index is a list"] = (t => { t.Good(); t.Write("index.json", "[]"); }, "index.json is not a JSON object"),
        ["index says a key twice"] = (t => { t.Good(); t.Write("index.json", """{"schemaVersion":2,"schemaVersion":2,"manifests":[]}"""); }, "index.json is not JSON (it says a key twice)"),
        ["index has half a character in a key"] = (t => { t.Good(); t.Write("index.json", """{"schemaVersion":2,"\ud800":1,"manifests":[]}"""); }, "index.json is not JSON (a key holds half of a Unicode pair)"),
        ["index nested too deep"] = (t => { t.Good(); t.Write("index.json", $"{{\"a\":{new string('[', 40)}{new string(']', 40)}}}"); }, "index.json is not JSON (line 1)"),
        ["index too large"] = (t => { t.Good(); t.Write("index.json", new string(' ', ImageLimits.DocumentBytes + 1)); }, "index.json is larger than 4 MiB"),
        ["index of schema 1"] = (t => t.Good(w => w.Index["schemaVersion"] = 1), "index.json has schemaVersion 1; only 2 is known"),
        ["index without manifests"] = (t => t.Good(w => w.Index.Remove("manifests")), "index.json has no 'manifests'"),
        ["index of nothing"] = (t => t.Good(w => w.Index["manifests"] = new JsonArray()), "there is no image in it"),
        ["another kind of document"] = (t => t.Good(w => w.Index["mediaType"] = "text/html"), "index.json says that it is 'text/html', not an image index"),
        ["digest is a path"] = (t => t.Good(w => w.Index["manifests"]![0]!["digest"] = "sha256:../../etc/shadow"), "digest 'sha256:../../etc/shadow' is not 'sha256:' and 64 hexadecimal digits"),
        ["digest of another kind"] = (t => t.Good(w => w.Index["manifests"]![0]!["digest"] = $"md5:{Long}"), $"digest 'md5:{Long}' is not 'sha256:' and 64 hexadecimal digits"),
        ["size is negative"] = (t => t.Good(w => w.Index["manifests"]![0]!["size"] = -1), "index.json: manifest 1: 'size' is not a whole number from 0 to 4194304"),
        ["blob is missing"] = (t => t.Good(w => w.Index["manifests"]![0]!["digest"] = $"sha256:{Long}"), $"manifest 000000000000 is missing: there is no file blobs/sha256/{Long}"),
        ["blob of another size"] = (t => t.Good(w => w.Index["manifests"]![0]!["size"] = 5), "manifest M has not the 5 bytes that it should have: the layout is damaged"),
        ["blob was changed"] = (t => { t.Good(); Flip(t.Manifest); }, "manifest M is not what its digest says: the layout is damaged"),
        ["another platform"] = (t => t.Good(architecture: "s390x"), "there is no image for linux/amd64 in it, only for 'linux/s390x'"),
        ["settings of another platform"] = (t => t.Good(config: c => c["architecture"] = "riscv64"), "manifest M is for 'linux/riscv64'; this machine runs linux/amd64"),
        ["no layers"] = (t => t.Good(manifest: m => m["layers"] = new JsonArray()), "manifest M has no layers: there are no files to run"),
        ["an encrypted layer"] = (t => t.Good(manifest: m => m["layers"]![0]!["mediaType"] = "application/vnd.oci.image.layer.v1.tar+encrypted"), "manifest M: layer 1 is 'application/vnd.oci.image.layer.v1.tar+encrypted'; tar, tar+gzip and tar+zstd are known"),
        ["a chart, no image"] = (t => t.Good(manifest: m => m["config"]!["mediaType"] = "application/vnd.cncf.helm.config.v1+json"), "manifest M is no image that can be run: its config is 'application/vnd.cncf.helm.config.v1+json'"),
        ["more layers than digests"] = (t => t.Good(config: c => c["rootfs"]!["diff_ids"] = new JsonArray()), "manifest M has 1 layers, its config tells of 0"),
        ["layer is missing"] = (t => { t.Good(); File.Delete(t.Layer); }, "layer 1 of manifest M is missing: there is no file blobs/sha256/L"),
        ["layer is cut short"] = (t => { t.Good(); File.WriteAllBytes(t.Layer, [1, 2]); }, $"layer 1 of manifest M has not the {s_archive.Length} bytes that it should have: the layout is damaged"),
        ["layer is a FIFO"] = (t => { t.Good(); File.Delete(t.Layer); _ = Nodes.MakeFifo(t.Layer, 0x1A4); }, "layer 1 of manifest M is missing: there is no file blobs/sha256/L"),
        ["command is a text"] = (t => t.Good(config: c => c["config"]!["Cmd"] = "sh"), "config of manifest M: 'Cmd' is not a list of at most 1000 texts"),
        ["argument is a number"] = (t => t.Good(config: c => c["config"]!["Entrypoint"] = new JsonArray(1)), "config of manifest M: 'Entrypoint' holds something that is not a text"),
        ["argument holds NUL"] = (t => t.Good(config: c => c["config"]!["Entrypoint"] = new JsonArray("a\0b")), "config of manifest M: 'Entrypoint' holds something that is not a text"),
        ["variable without a value"] = (t => t.Good(config: c => c["config"]!["Env"] = new JsonArray("PATH")), "config of manifest M: environment variable 'PATH' has not the form NAME=value"),
        ["user with a space"] = (t => t.Good(config: c => c["config"]!["User"] = "a b"), "config of manifest M: user 'a b': write a name or number, or both with a group: www-data, 33, 33:33"),
        ["directory with dots"] = (t => t.Good(config: c => c["config"]!["WorkingDir"] = "/proc/self/fd/../7"), "config of manifest M: working directory '/proc/self/fd/../7' is not an absolute path without '.' and '..'"),
        ["unknown signal"] = (t => t.Good(config: c => c["config"]!["StopSignal"] = "SIGNOPE"), "config of manifest M: stop signal 'SIGNOPE' is unknown"),
    };

    public static TheoryData<string> Cases() => [.. Malformed.Keys];

    private string Manifest { get; set; } = "";

    private string Layer { get; set; } = "";

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Layout_Malformed_IsRefusedInOneLine(string name)
    {
        var (spoil, message) = Malformed[name];
        spoil(this);

        var wrong = Assert.Throws<ImageException>(() => Resolve(null)).Message
            .Replace(_directory.FullName, "D", StringComparison.Ordinal)
            .Replace(Path.GetFileName(Layer), "L", StringComparison.Ordinal);
        if (Manifest.Length > 0)
            wrong = wrong.Replace($"manifest {Path.GetFileName(Manifest)[..12]}", "manifest M", StringComparison.Ordinal);

        Assert.Equal(message, wrong);
        Assert.DoesNotContain('\n', wrong);
    }

    [Fact]
    public void Layout_WellFormed_GivesLayersAndSettings()
    {
        Good();

        var image = Resolve(null);

        Assert.Equal("sha256:" + Path.GetFileName(Manifest), image.Spec.Manifest);
        var layer = Assert.Single(image.Spec.Layers);
        Assert.Equal(LayerPacking.None, layer.Packing);
        Assert.Equal(layer.Digest, layer.Unpacked);
        Assert.Equal(["/bin/server"], image.Config.Entrypoint);
        Assert.Equal("1000:1000", image.Config.User);
        Assert.Equal("SIGQUIT", image.Config.StopSignal);
    }

    [Fact]
    public void Index_InAnIndex_IsSearchedForThisPlatform()
    {
        var writer = new LayoutWriter(_directory.FullName);
        var inner = new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray() };
        foreach (var architecture in new[] { "arm64", "amd64" })
        {
            var config = LayoutWriter.Config(s_archive);
            config["architecture"] = architecture;
            var manifest = writer.Blob(LayoutWriter.ManifestType, writer.Manifest(config, (LayoutWriter.LayerType, s_archive)));
            manifest["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = architecture };
            inner["manifests"]!.AsArray().Add((JsonNode)manifest);
        }

        _ = writer.Add(writer.Blob(LayoutWriter.IndexType, inner), "1.0");
        writer.Finish();

        Assert.Equal("amd64", Resolve("1.0").Config.Platform.Architecture);
        Assert.Equal("arm64", ImageLayout.Resolve(_directory.FullName, "1.0", new Platform("linux", "arm64", null)).Config.Platform.Architecture);
    }

    [Fact]
    public void Index_NestedWithoutEnd_IsRefused()
    {
        var writer = new LayoutWriter(_directory.FullName);
        var deepest = writer.Blob(LayoutWriter.ManifestType, writer.Manifest(LayoutWriter.Config(s_archive), (LayoutWriter.LayerType, s_archive)));
        for (var i = 0; i < 5; i++)
            deepest = writer.Blob(LayoutWriter.IndexType, new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray((JsonNode)deepest) });
        _ = writer.Add(deepest);
        writer.Finish();

        Assert.Equal("its indexes are nested deeper than 3", Assert.Throws<ImageException>(() => Resolve(null)).Message);
    }

    [Theory]
    [InlineData("wbe", "there is no tag 'wbe' in it; there are: 'db', 'web'; did you mean 'web'?")]
    [InlineData("v9", "there is no tag 'v9' in it; there are: 'db', 'web'")]
    [InlineData(null, "it holds several images; name one as oci:DIRECTORY:TAG; there are: 'db', 'web'")]
    public void Tag_ThatDoesNotChooseOne_ListsThoseThereAre(string? tag, string message)
    {
        var writer = new LayoutWriter(_directory.FullName);
        foreach (var name in new[] { "web", "db" })
            _ = writer.Add(writer.Blob(LayoutWriter.ManifestType, writer.Manifest(LayoutWriter.Config(s_archive), (LayoutWriter.LayerType, s_archive))), name);
        writer.Finish();

        Assert.Equal(message, Assert.Throws<ImageException>(() => Resolve(tag)).Message);
        Assert.Equal("web", Resolve("web").Spec.Tag);
    }

    private ResolvedImage Resolve(string? tag) => ImageLayout.Resolve(_directory.FullName, tag, new Platform("linux", "amd64", null));

    private void Good(
        Action<LayoutWriter>? index = null, Action<JsonObject>? manifest = null, Action<JsonObject>? config = null, string? architecture = null)
    {
        var writer = new LayoutWriter(_directory.FullName);
        var settings = LayoutWriter.Config(s_archive);
        config?.Invoke(settings);
        var document = writer.Manifest(settings, (LayoutWriter.LayerType, s_archive));
        Layer = writer.PathOf(document["layers"]![0]!.AsObject());
        manifest?.Invoke(document);
        var descriptor = writer.Blob(LayoutWriter.ManifestType, document);
        Manifest = writer.PathOf(descriptor);
        _ = writer.Add(descriptor, architecture: architecture);
        index?.Invoke(writer);
        writer.Finish();
    }

    private string At(string name) => Path.Join(_directory.FullName, name);

    private void Write(string name, string content) => File.WriteAllText(At(name), content);

    private static void Flip(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
