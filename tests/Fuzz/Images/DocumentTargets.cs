using System.Text;
using CsCheck;
using HyperSpector.Engine.Images;
using HyperSpector.Tests.Kit.Images;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Images;

/// <summary>The documents of an image layout from a stranger.</summary>
public class DocumentTargets
{
    private static readonly string s_descriptor = $$$"""
        {"mediaType":"{{{LayoutWriter.ManifestType}}}","digest":"sha256:{{{new string('a', 64)}}}","size":7,"annotations":{"org.opencontainers.image.ref.name":"a"},
        "platform":{"os":"linux","architecture":"amd64","variant":"v1"}}
        """;

    private static readonly string s_index = $$$"""{"schemaVersion":2,"mediaType":"{{{LayoutWriter.IndexType}}}","manifests":[{{{s_descriptor}}},{{{s_descriptor}}}]}""";

    private static readonly string s_manifest = $$$"""
        {"schemaVersion":2,"mediaType":"{{{LayoutWriter.ManifestType}}}","config":{{{s_descriptor.Replace("manifest.v1", "config.v1", StringComparison.Ordinal)}}},
        "layers":[{{{s_descriptor.Replace("manifest.v1+json", "layer.v1.tar+gzip", StringComparison.Ordinal)}}}]}
        """;

    private static readonly string s_config = LayoutWriter.Config([1]).ToJsonString();

    [Fact]
    public void Index_Any_IsSoundOrRefusedInOneLine() => Run(s_index, bytes =>
    {
        var entries = ImageIndex.Parse(bytes, "index.json");
        Assert.InRange(entries.Count, 0, ImageLimits.Manifests);
        Assert.All(entries, e => IsSound(e.Blob, ImageLimits.DocumentBytes));
        return entries;
    });

    [Fact]
    public void Manifest_Any_IsSoundOrRefusedInOneLine() => Run(s_manifest, bytes =>
    {
        var manifest = ImageManifest.Parse(bytes, "manifest");
        IsSound(manifest.Config, ImageLimits.DocumentBytes);
        Assert.InRange(manifest.Layers.Count, 1, ImageLimits.Layers);
        Assert.All(manifest.Layers, l => IsSound(l.Blob, ImageLimits.LayerBytes));
        return manifest;
    });

    [Fact]
    public void Config_Any_IsSoundOrRefusedInOneLine() => Run(s_config, bytes =>
    {
        var config = ImageConfig.Parse(bytes, "config");
        Assert.All(config.Entrypoint.Concat(config.Command), a => Assert.DoesNotContain('\0', a));
        Assert.All(config.Environment, e => Assert.True(e.Key.Length > 0 && !e.Key.Contains('=', StringComparison.Ordinal)));
        Assert.True(config.WorkingDirectory is null || (config.WorkingDirectory[0] == '/' && !config.WorkingDirectory.Split('/').Contains("..")));
        Assert.True(config.StopSignal is null || Signals.NumberOf(config.StopSignal) is not null);
        Assert.DoesNotContain(config.User ?? "", char.IsControl);
        return config;
    });

    [Fact]
    public void Digest_AnyText_IsAFileNameOrRefused() => Target.Run(
        Corpus.Around("sha256:" + new string('0', 64), "sha256:" + new string('F', 64), "sha512:" + new string('a', 128)).Select(Encoding.UTF8.GetString),
        text =>
        {
            if (Properties.OrRefused<ImageException, object>(() => Digest.Parse(text)) is Digest digest)
            {
                Assert.Equal(text, digest.ToString());
                Assert.Matches("^[0-9a-f]{64}$", digest.Hex);
            }
        }, few: 20_000);

    private static void Run<T>(string seed, Func<byte[], T> parse) where T : class => Target.Run(
        Gen.Frequency((1, Corpus.Around(400, Encoding.UTF8.GetBytes(seed))), (3, JsonTrees.Around(seed))),
        bytes => _ = Properties.OrRefused<ImageException, T>(() => parse(bytes)),
        few: 6_000);

    private static void IsSound(Descriptor blob, long most)
    {
        Assert.InRange(blob.Size, 0, most);
        Assert.Matches("^[0-9a-f]{64}$", blob.Digest.Hex);
    }
}
