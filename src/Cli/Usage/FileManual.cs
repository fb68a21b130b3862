using System.Text.Json;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Cli.Usage;

/// <summary>hyperspector.yaml(5): every key, from the schema that is made from the tables that the loader works by.</summary>
internal static class FileManual
{
    private const string Example = """
        servers:
          web:
            run: [/usr/sbin/nginx, -g, "daemon off;"]
            publish: ["8080:80"]
        environments:
          edge:
            watch: [web]
            packs: [suricata]
        """;

    internal static string Of()
    {
        using var schema = JsonDocument.Parse(ConfigurationSchema.Site());
        var page = new Roff("hyperspector.yaml", 5, "which VMs a host runs, and who watches them");
        page.Section("DESCRIPTION");
        page.Paragraph(
            "`hyperspector up` makes the host match this file, `hyperspector config check` only reads it. "
            + "Problems are told all at once, one a line, each with file, line and column. "
            + "`${NAME}` in a value is an environment variable of the one who runs hyperspector, `${NAME:-default}` has a default, "
            + "`$$` is a dollar sign.");
        page.Section("EXAMPLE");
        page.Literal(Example);
        page.Section("THE FILE");
        Keys(page, schema.RootElement);
        foreach (var definition in schema.RootElement.GetProperty("definitions").EnumerateObject())
        {
            page.Section(definition.Name switch
            {
                "server" => "A SERVER",
                "environment" => "AN ENVIRONMENT",
                var other => other.ToUpperInvariant(),
            });
            Keys(page, definition.Value);
        }

        page.Section("SEE ALSO");
        page.Paragraph("**hyperspector**(1)");
        return page.ToString();
    }

    private static void Keys(Roff page, JsonElement schema)
    {
        var required = schema.TryGetProperty("required", out var names)
            ? names.EnumerateArray().Select(n => n.GetString()).ToHashSet() : [];
        foreach (var key in schema.GetProperty("properties").EnumerateObject())
        {
            var description = key.Value.TryGetProperty("description", out var text) ? text.GetString()! : "";
            page.Item(required.Contains(key.Name) ? $"{key.Name} (required)" : key.Name, $"{description}\n({TypeOf(key.Value)})");
        }
    }

    // Enough to know what to write; the loader says the rest.
    private static string TypeOf(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            return $"see {reference.GetString()!.Split('/')[^1].ToUpperInvariant()}";
        if (schema.TryGetProperty("enum", out var values))
            return "one of " + string.Join(", ", values.EnumerateArray().Select(v => v.ToString()));
        foreach (var combination in (string[])["oneOf", "anyOf", "allOf"])
        {
            if (schema.TryGetProperty(combination, out var choices))
                return string.Join(" or ", choices.EnumerateArray().Select(TypeOf).Distinct());
        }

        return (schema.TryGetProperty("type", out var type) ? type.ToString() : "") switch
        {
            "object" => "mapping" + (schema.TryGetProperty("additionalProperties", out var each) && each.ValueKind == JsonValueKind.Object
                ? $" of names to {TypeOf(each)}" : ""),
            "array" => "list" + (schema.TryGetProperty("items", out var items) ? $" of {TypeOf(items)}" : ""),
            "string" => "text",
            "integer" or "number" => "number",
            "boolean" => "true or false",
            _ => "any value",
        };
    }
}
