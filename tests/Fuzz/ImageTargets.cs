using System.Text;
using CsCheck;
using HyperSpector.Engine.Images;
using HyperSpector.Engine.Images.Unpacking;
using HyperSpector.Tests.Kit.Images;
using Xunit;

namespace HyperSpector.Tests.Fuzz;

/// <summary>What an image layout from a stranger holds.</summary>
public class ImageTargets
{
    private static readonly string s_descriptor = $"{{\"mediaType\":\"{LayoutWriter.ManifestType}\",\"digest\":\"sha256:{new string('a', 64)}\",\"size\":7}}";
    private static readonly byte[] s_index = Encoding.UTF8.GetBytes($"{{\"schemaVersion\":2,\"manifests\":[{s_descriptor}]}}");
    private static readonly byte[] s_manifest = Encoding.UTF8.GetBytes(
        $"{{\"schemaVersion\":2,\"config\":{s_descriptor.Replace("manifest", "config", StringComparison.Ordinal)},\"layers\":[{s_descriptor.Replace("manifest.v1+json", "layer.v1.tar+gzip", StringComparison.Ordinal)}]}}");
    private static readonly byte[] s_config = Encoding.UTF8.GetBytes(LayoutWriter.Config([1]).ToJsonString());
    private static readonly byte[] s_archive = LayoutWriter.Archive("a/", "a/b", "a/.wh.c", "d -> a/b", "e => a/b", "a/.wh..wh..opq");

    [Fact]
    public void Documents_AnyBytes_AreParsedOrRefusedInOneLine()
    {
        Refuses(s_index, bytes => _ = ImageIndex.Parse(bytes, "index.json"));
        Refuses(s_manifest, bytes => _ = ImageManifest.Parse(bytes, "manifest"));
        Refuses(s_config, bytes => _ = ImageConfig.Parse(bytes, "config"));
    }

    [Fact]
    public void Archive_AnyBytes_StaysInItsTree()
    {
        var outside = Directory.CreateTempSubdirectory("hyperspector-fuzz-layers-");
        try
        {
            Corpus.Around(2000, s_archive).Sample(
                bytes =>
                {
                    var tree = Directory.CreateDirectory(Path.Join(outside.FullName, "tree")).FullName;
                    using var stream = new MemoryStream(bytes);
                    try
                    {
                        new LayerTree(tree).Apply(stream);
                    }
                    catch (ImageException wrong)
                    {
                        Assert.DoesNotContain('\n', wrong.Message);
                    }

                    Directory.Delete(tree, recursive: true);
                    Assert.Empty(outside.EnumerateFileSystemInfos());
                },
                iter: Corpus.Iterations(300), threads: 1);
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    private static void Refuses(byte[] seed, Action<byte[]> parse) => Corpus.Around(400, seed).Sample(
        bytes =>
        {
            try
            {
                parse(bytes);
            }
            catch (ImageException wrong)
            {
                Assert.DoesNotContain('\n', wrong.Message);
            }
        },
        iter: Corpus.Iterations(5_000));
}
