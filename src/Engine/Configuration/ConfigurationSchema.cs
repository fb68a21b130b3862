using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HyperSpector.Engine.Configuration.Keys;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Packs;

namespace HyperSpector.Engine.Configuration;

/// <summary>
/// JSON Schema of our files for editors, made from the tables of keys that the loader dispatches by; <c>docs/</c> holds what this
/// writes. Draft 7: the newest that the YAML language server fully knows. It helps while typing; only the loader judges.
/// </summary>
public static class ConfigurationSchema
{
    /// <summary>Schema of <c>hyperspector.yaml</c>.</summary>
    public static string Site() => Document(
        "HyperSpector: server VMs and the environments that watch them",
        Properties(SiteKeys.Site),
        // 'run' is required but for an image that names a command, which no schema can see.
        ("server", Properties(SiteKeys.Server)),
        ("environment", Properties(SiteKeys.Environment)),
        ("volume", Properties(VolumeReader.Keys, "source", "target")),
        ("resources", Properties(ResourceReader.Keys)),
        ("health", Properties(HealthReader.Keys, "run")),
        ("watch", Properties(WatchReader.Keys, "server")),
        ("rule", Properties(FilterRuleReader.Keys)),
        ("pack", Properties(PackUse.Keys, "name")));

    /// <summary>Schema of <c>pack.yaml</c>.</summary>
    public static string Pack() => Document(
        "HyperSpector: how an IDS gets into an IDS VM",
        Properties(PackKeys.Pack),
        ("apt", Properties(PackKeys.Apt, "packages")),
        ("task", Properties(PackScheduleReader.Keys, "run", "every")),
        ("output", Properties(PackOutputReader.Keys, "path", "format")));

    /// <summary>Schema of the policies of integrity checks.</summary>
    public static string Integrity() => Document(
        "HyperSpector: which files of a server VM are checked, and what of them",
        Properties(PolicyReader.Keys, "check"));

    private static string Document(string title, JsonObject root, params (string Name, JsonObject Schema)[] definitions)
    {
        var document = new JsonObject { ["$schema"] = "http://json-schema.org/draft-07/schema#", ["title"] = title };
        foreach (var (key, value) in root)
            document[key] = value?.DeepClone();
        var all = new JsonObject();
        foreach (var (name, schema) in definitions)
            all[name] = schema;
        document["definitions"] = all;
        using var bytes = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };
        using (var writer = new Utf8JsonWriter(bytes, options))
            document.WriteTo(writer);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length) + "\n";
    }

    private static JsonObject Properties<T>(IReadOnlyList<Key<T>> keys, params ReadOnlySpan<string> required)
    {
        var properties = new JsonObject();
        foreach (var key in keys)
        {
            var value = JsonNode.Parse(key.Schema)!.AsObject();
            // Beside a $ref draft 7 ignores everything else.
            if (value.ContainsKey("$ref"))
                value = new JsonObject { ["allOf"] = new JsonArray(value) };
            value.Insert(0, "description", key.Help);
            properties[key.Name] = value;
        }

        var schema = new JsonObject { ["type"] = "object", ["additionalProperties"] = false };
        if (required.Length > 0)
        {
            var names = new JsonArray();
            foreach (var name in required)
                names.Add((JsonNode)name);
            schema["required"] = names;
        }

        schema["properties"] = properties;
        return schema;
    }
}
