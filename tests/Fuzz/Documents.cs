using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace HyperSpector.Tests.Fuzz;

/// <summary>
/// Documents that a JSON Schema describes (the one that editors get), as JSON, which is YAML, too: a key that is added to the
/// configuration is fuzzed without another word here. Some are right in form, in some a value is not what it should be.
/// </summary>
/// <param name="schema">The schema.</param>
/// <param name="words">What text may stand for the values of a key; with a colon, for the keys of its mapping.</param>
/// <param name="part">The definition of it that the documents follow; null: the whole.</param>
internal sealed class Documents(string schema, IReadOnlyDictionary<string, string[]> words, string? part = null)
{
    private const int DepthLimit = 10;

    private static readonly string[] s_strange =
    [
        "", " ", "\n", "x\ny", "\u001b[2J", "\u202etxt", "-1", "0", "007", "1e9", "9999999999999999999999", "99999999999999999999T", "..", "/", "//", "/..", "~", "null",
        "true", "${", "${A}", "${NONE}", "${NONE:-b}", "${NONE:?say}", "$A", "$$", "{mirrors}", "'", "\"unfinished", "a b 'c d'", "[", "*", "é", "😀", ":", "a:b:c:d", "::", "0.0.0.0",
        "1.2.3.4/33", "fe80::1%lo", "256.1.1.1", "a/b", "host", "web", "1/2", "1/0", "4294967296", new('x', 40), new('9', 300),
    ];

    // From elsewhere in the file, from compose files, from YAML itself, and misspelt.
    private static readonly string[] s_keys = ["image", "ports", "privileged", "depends_on", "watch", "cpus", "sample", "net_admin", "<<", "pubish", "x", "a\nb", new('k', 200)];

    private readonly JsonElement _root = JsonDocument.Parse(schema).RootElement;

    /// <summary>Documents as bytes. The smaller the first number, the smaller the document: so that failures shrink.</summary>
    internal Gen<byte[]> Bytes => Gen.Select(Gen.Int[0, 60], Gen.Int).Select((size, seed) => Encoding.UTF8.GetBytes(Build(size, seed)?.ToJsonString() ?? "~"));

    private JsonNode? Build(int size, int seed)
    {
        var random = new Random(seed);
        // Half of the documents are as the schema says, so that what comes after the first check is reached.
        var wrong = random.Next(4) switch { 0 => 0.02, 1 => 0.2, _ => 0 };
        return new Builder(this, random, wrong) { Left = size }.Value(part is null ? _root : Definition(part), "", 0);
    }

    // One document under way.
    private sealed class Builder(Documents documents, Random random, double wrong)
    {
        /// <summary>Values that may yet be made: a document is bounded.</summary>
        internal int Left { get; set; }

        internal JsonNode? Value(JsonElement schema, string key, int depth)
        {
            Left--;
            if (random.NextDouble() < wrong)
                return Strange();
            if (schema.TryGetProperty("$ref", out var reference))
                return Value(documents.Definition(reference.GetString()!), key, depth);
            if (schema.TryGetProperty("allOf", out var all))
                return Value(all[0], key, depth);
            if (schema.TryGetProperty("oneOf", out var one))
                return Value(one[random.Next(one.GetArrayLength())], key, depth);
            if (schema.TryGetProperty("enum", out var words))
                return JsonValue.Create(words[random.Next(words.GetArrayLength())]);
            var type = schema.TryGetProperty("type", out var types) ? types : default;
            var name = type.ValueKind == JsonValueKind.Array ? type[random.Next(type.GetArrayLength())].GetString() : type.ValueKind == JsonValueKind.String ? type.GetString() : null;
            return name switch
            {
                "object" when depth < DepthLimit => Map(schema, key, depth),
                "array" when depth < DepthLimit => List(schema, key, depth),
                "integer" => Whole(schema),
                "number" => random.Next(2) == 0 ? 1.5 : random.Next(10),
                "boolean" => random.Next(2) == 0,
                _ => Word(key),
            };
        }

        private JsonObject Map(JsonElement schema, string key, int depth)
        {
            var map = new JsonObject();
            if (schema.TryGetProperty("properties", out var properties))
            {
                var needed = schema.TryGetProperty("required", out var required) ? required.EnumerateArray().Select(r => r.GetString()).ToHashSet() : [];
                var share = random.NextDouble();
                foreach (var property in properties.EnumerateObject())
                {
                    if (needed.Contains(property.Name) ? random.NextDouble() >= wrong : Left > 0 && (depth == 0 || random.NextDouble() < share * 0.5))
                        map[property.Name] = Value(property.Value, property.Name, depth + 1);
                }
            }
            if (random.NextDouble() < wrong)
                map[s_keys[random.Next(s_keys.Length)]] = Strange();
            if (properties.ValueKind == JsonValueKind.Undefined && schema.TryGetProperty("additionalProperties", out var further))
            {
                for (var i = random.Next(4); i > 0 && Left > 0; i--)
                    map[Name(key)] = Value(further, key, depth + 1);
            }

            return map;
        }

        private JsonArray List(JsonElement schema, string key, int depth)
        {
            var list = new JsonArray();
            var least = schema.TryGetProperty("minItems", out var most) ? most.GetInt32() : 0;
            for (var i = Math.Max(least, random.Next(4)); i > 0 && (Left > 0 || list.Count < least); i--)
                list.Add(schema.TryGetProperty("items", out var items) ? Value(items, key, depth + 1) : Word(key));
            return list;
        }

        private long Whole(JsonElement schema)
        {
            var least = schema.TryGetProperty("minimum", out var low) ? low.GetInt64() : 0;
            var most = schema.TryGetProperty("maximum", out var high) ? high.GetInt64() : 100_000;
            return random.Next(5) switch { 0 => least, 1 => most, _ => random.NextInt64(least, most + 1) };
        }

        private string Word(string key) => documents.Words(key) is { Length: > 0 } known ? known[random.Next(known.Length)] : s_strange[random.Next(s_strange.Length)];

        private string Name(string key)
        {
            if (random.NextDouble() < wrong)
                return s_strange[random.Next(s_strange.Length)];
            return documents.Words(key + ":") is { Length: > 0 } known ? known[random.Next(known.Length)] : $"n{random.Next(5).ToString(CultureInfo.InvariantCulture)}";
        }

        private JsonNode? Strange() => random.Next(8) switch
        {
            0 => null,
            1 => new JsonArray(),
            2 => new JsonObject(),
            3 => random.Next(-2, 100_000),
            4 => true,
            5 => new JsonArray("a", new JsonArray("b"), new JsonObject { ["c"] = "d" }),
            _ => s_strange[random.Next(s_strange.Length)],
        };

    }

    // "#/definitions/name"
    private JsonElement Definition(string reference) => _root.GetProperty("definitions").GetProperty(reference[(reference.LastIndexOf('/') + 1)..]);

    private string[] Words(string key) => words.GetValueOrDefault(key, []);
}
