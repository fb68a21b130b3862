using System.Text.Json.Nodes;
using CsCheck;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Images;
using HyperSpector.Engine.Images.Unpacking;
using HyperSpector.Tests.Kit.Images;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Images;

/// <summary>
/// A layout whole: index → manifest → settings → layers. Documents are changed before they are hashed, so that what is wrong with them
/// is found by whoever reads them, and blobs are damaged afterwards.
/// </summary>
public class LayoutTargets
{
    private static readonly byte[] s_archive = LayoutWriter.Archive("bin/", "bin/server", "lib -> bin");

    private enum Damage
    {
        None, Missing, Longer, Other, Link, Loop, Directory, NoMark, OtherMark, NoIndex, HugeIndex, Deep,
    }

    private static readonly Gen<Damage> s_damage = Gen.Frequency((4, Gen.Const(Damage.None)), (3, Gen.Enum<Damage>()));

    [Fact]
    public void Resolve_AnyLayout_IsTheImageOrRefusedInOneLine() => Target.Run(
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int, s_damage, Gen.OneOfConst<string?>(null, "a", "b", "\u001b")),
        sample => Scratch.Within(scratch =>
        {
            var (index, manifest, config, seed, damage, tag) = sample;
            Write(scratch.Path, new Random(seed), index, manifest, config, damage);
            var image = Properties.OrRefused<ImageException, ResolvedImage>(() => ImageLayout.Resolve(scratch.Path, tag, new Platform("linux", "amd64", null)));
            if (image is null)
                return;
            Assert.True(damage is Damage.None or Damage.Link || index + manifest + config > 0, $"{damage} went unnoticed");
            Assert.NotEmpty(image.Spec.Layers);
            // What was resolved is what lies there: the daemon relies on these names.
            Assert.True(File.Exists($"{scratch.Path}/blobs/sha256/{Digest.Parse(image.Spec.Manifest).Hex}"));
            if (damage != Damage.Link)
                Assert.All(image.Spec.Layers, l => Assert.Equal(l.Size, new FileInfo($"{scratch.Path}/blobs/sha256/{Digest.Parse(l.Digest).Hex}").Length));
        }), few: 200);

    [Fact]
    public void Unpacking_AnyStoredLayer_IsTheArchiveOrRefused() => Target.Run(
        Gen.Select(Gen.Enum<LayerPacking>(), Gen.Bool, Gen.Frequency((3, Gen.Const(s_archive)), (2, Corpus.Mutated(Gen.Const(s_archive)))), Gen.Int[0, 3]),
        sample => Scratch.Within(scratch =>
        {
            var (packing, packed, archive, wrong) = sample;
            if (archive.Length == 0)
                return;
            var stored = packed ? LayoutWriter.Gzip(archive) : archive;
            if (wrong == 1)
                stored = stored[..(stored.Length / 2)];
            var layout = new LayoutWriter(scratch.At("layout"));
            var blob = layout.Blob(LayoutWriter.LayerType, stored);
            if (wrong == 2)
                File.AppendAllText(layout.PathOf(blob), "x");
            var digest = blob["digest"]!.GetValue<string>();
            var layer = new ImageLayerSpec(digest, stored.Length, packing, Digest.Of(wrong == 3 ? [0] : archive).ToString());
            var tree = Directory.CreateDirectory(scratch.At("tree")).FullName;
            var done = Properties.OrRefused<ImageException, object>(() =>
            {
                Unpacker.Apply(new ImageSpec(scratch.At("layout"), null, digest, [layer]), [LayerStreams.Open(scratch.At("layout"), layer)], tree);
                return tree;
            });
            var fitting = packing == (packed ? LayerPacking.Gzip : LayerPacking.None);
            // zstd(1) unpacks gzip, too, where it was built so: what comes out is what its digest says.
            if (done is not null)
                Assert.True(wrong == 0 && (fitting || packing == LayerPacking.Zstd), "a layer that is not what its digests say was unpacked");
            else
                Assert.False(archive.AsSpan().SequenceEqual(s_archive) && wrong == 0 && fitting, "a good layer was refused");
        }), few: 200, threads: 1);

    private static void Write(string directory, Random random, int index, int manifest, int config, Damage damage)
    {
        var layout = new LayoutWriter(directory);
        var settings = layout.Blob(LayoutWriter.ConfigType, Changed(LayoutWriter.Config(s_archive), config, random));
        var layer = layout.Blob(LayoutWriter.LayerType, s_archive);
        var document = new JsonObject { ["schemaVersion"] = 2, ["config"] = settings, ["layers"] = new JsonArray(layer) };
        var described = layout.Blob(LayoutWriter.ManifestType, Changed(document, manifest, random));
        for (var depth = damage == Damage.Deep ? ImageLimits.IndexDepth : random.Next(3) / 2; depth > 0; depth--)
        {
            var nested = new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(described.DeepClone()) };
            described = layout.Blob(LayoutWriter.IndexType, Changed(nested, index, random));
        }

        _ = layout.Add(described, random.Next(2) == 0 ? "a" : null, random.Next(4) switch { 0 => "arm64", 1 => "amd64", _ => null });
        layout.Finish();
        File.WriteAllText($"{directory}/index.json", JsonTrees.Change(layout.Index.ToJsonString(), index, random));
        // Of a layer nobody looks at the content before it is unpacked.
        Spoil(layout, directory, random.Next(3) switch { 0 => settings, 1 when damage != Damage.Other => layer, _ => described }, damage);
    }

    private static JsonNode Changed(JsonNode document, int changes, Random random) =>
        JsonNode.Parse(JsonTrees.Change(document.ToJsonString(), changes, random)) ?? new JsonObject();

    private static void Spoil(LayoutWriter layout, string directory, JsonObject blob, Damage damage)
    {
        var path = layout.PathOf(blob);
        switch (damage)
        {
            case Damage.Missing:
                File.Delete(path);
                break;
            case Damage.Longer:
                File.AppendAllText(path, "x");
                break;
            case Damage.Other:
                File.WriteAllBytes(path, [.. File.ReadAllBytes(path).Select(b => (byte)(b ^ 1))]);
                break;
            case Damage.Link:
                File.Move(path, $"{directory}/moved");
                _ = File.CreateSymbolicLink(path, "/moved");
                break;
            case Damage.Loop:
                File.Delete(path);
                _ = File.CreateSymbolicLink(path, path[directory.Length..]);
                break;
            case Damage.OtherMark:
                File.WriteAllText($"{directory}/oci-layout", """{"imageLayoutVersion":"2.0.0"}""");
                break;
            case Damage.Directory:
                File.Delete(path);
                _ = System.IO.Directory.CreateDirectory(path);
                break;
            case Damage.NoMark:
                File.Delete($"{directory}/oci-layout");
                break;
            case Damage.NoIndex:
                File.Delete($"{directory}/index.json");
                break;
            case Damage.HugeIndex:
                using (var file = File.OpenWrite($"{directory}/index.json"))
                    file.SetLength(ImageLimits.DocumentBytes + 1);
                break;
        }
    }
}
