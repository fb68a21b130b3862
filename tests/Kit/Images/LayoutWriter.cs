using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Images;

/// <summary>An OCI image layout written by hand, with what a test wants to be wrong in it.</summary>
public sealed class LayoutWriter
{
    public const string IndexType = "application/vnd.oci.image.index.v1+json";
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    public const string ConfigType = "application/vnd.oci.image.config.v1+json";
    public const string LayerType = "application/vnd.oci.image.layer.v1.tar";

    private readonly string _directory;

    public LayoutWriter(string directory)
    {
        _directory = directory;
        _ = Directory.CreateDirectory($"{directory}/blobs/sha256");
        File.WriteAllText($"{directory}/oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        Index = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = IndexType, ["manifests"] = new JsonArray() };
    }

    /// <summary>index.json, until <see cref="Finish"/> writes it.</summary>
    public JsonObject Index { get; }

    /// <summary>Path of a blob.</summary>
    public string PathOf(JsonObject descriptor) => $"{_directory}/blobs/sha256/{descriptor["digest"]!.GetValue<string>()[7..]}";

    /// <summary>Stores a blob; returns its descriptor.</summary>
    public JsonObject Blob(string type, byte[] bytes)
    {
        var hex = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes($"{_directory}/blobs/sha256/{hex}", bytes);
        return new JsonObject { ["mediaType"] = type, ["digest"] = $"sha256:{hex}", ["size"] = bytes.Length };
    }

    public JsonObject Blob(string type, JsonNode document) => Blob(type, Encoding.UTF8.GetBytes(document.ToJsonString()));

    /// <summary>Settings of an image with these layers' archives.</summary>
    public static JsonObject Config(params byte[][] archives) => new()
    {
        ["architecture"] = "amd64",
        ["os"] = "linux",
        ["config"] = new JsonObject
        {
            ["Entrypoint"] = new JsonArray("/bin/server"),
            ["Cmd"] = new JsonArray("--port", "80"),
            ["Env"] = new JsonArray("PATH=/bin", "MODE=image"),
            ["User"] = "1000:1000",
            ["WorkingDir"] = "/srv",
            ["StopSignal"] = "SIGQUIT",
        },
        ["rootfs"] = new JsonObject
        {
            ["type"] = "layers",
            ["diff_ids"] = new JsonArray([.. archives.Select(a => (JsonNode)$"sha256:{Convert.ToHexStringLower(SHA256.HashData(a))}")]),
        },
    };

    /// <summary>A manifest of an image; layers as stored, of the given types.</summary>
    public JsonObject Manifest(JsonObject config, params (string Type, byte[] Stored)[] layers) => new()
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = ManifestType,
        ["config"] = Blob(ConfigType, config),
        ["layers"] = new JsonArray([.. layers.Select(l => (JsonNode)Blob(l.Type, l.Stored))]),
    };

    /// <summary>Adds an image to the index.</summary>
    public JsonObject Add(JsonObject descriptor, string? tag = null, string? architecture = null)
    {
        if (tag is not null)
            descriptor["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        if (architecture is not null)
            descriptor["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = architecture };
        Index["manifests"]!.AsArray().Add((JsonNode)descriptor);
        return descriptor;
    }

    /// <summary>Writes index.json.</summary>
    public void Finish() => File.WriteAllText($"{_directory}/index.json", Index.ToJsonString());

    /// <summary>An archive: names that end in a slash are directories, <c>a -> b</c> links, <c>a => b</c> hard links, all else files.</summary>
    public static byte[] Archive(params string[] entries)
    {
        using var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries)
                writer.WriteEntry(Entry(entry));
        }

        return bytes.ToArray();
    }

    public static byte[] Gzip(byte[] archive)
    {
        using var bytes = new MemoryStream();
        using (var stream = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(archive);
        return bytes.ToArray();
    }

    private static PaxTarEntry Entry(string text)
    {
        PaxTarEntry entry;
        if (text.Split(" -> ") is [var link, var to])
            entry = new(TarEntryType.SymbolicLink, link) { LinkName = to };
        else if (text.Split(" => ") is [var name, var other])
            entry = new(TarEntryType.HardLink, name) { LinkName = other };
        else if (text.EndsWith('/'))
            entry = new(TarEntryType.Directory, text) { Mode = (UnixFileMode)0x1ED };
        else
            entry = new(TarEntryType.RegularFile, text) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) };
        // Whoever runs the tests may give files to nobody else.
        entry.Uid = entry.Gid = (int)NodeStatus.TryOf("/proc/self")!.User;
        return entry;
    }
}
