using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace HyperSpector.Tests.Fuzz;

/// <summary>JSON documents with values exchanged, left out, doubled or put elsewhere: what mutating bytes seldom makes.</summary>
internal static class JsonTrees
{
    private static readonly string[] s_values =
    [
        "null", "true", "0", "-1", "2", "1.5", "1e999", "4294967296", "9223372036854775808", "\"\"", "\"x\"", "\"a\\nb\\u001b\"", "\"\\u0000\"", "\"..\"", "\"/\"", "\"\\u202e\"",
        "\"application/vnd.oci.image.index.v1+json\"", "\"application/vnd.docker.distribution.manifest.v2+json\"", "\"application/vnd.docker.distribution.manifest.list.v2+json\"",
        "\"application/vnd.docker.container.image.v1+json\"", "\"application/vnd.oci.image.layer.v1.tar+zstd\"", "\"application/vnd.oci.image.layer.nondistributable.v1.tar\"",
        "\"application/vnd.docker.image.rootfs.diff.tar\"", "\"application/vnd.docker.image.rootfs.diff.tar.gzip\"",
        "[]", "{}", "[null]", "{\"a\":null}", "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
    ];

    /// <summary>Documents around the given ones.</summary>
    internal static Gen<byte[]> Around(params string[] seeds) =>
        Gen.Select(Gen.OneOfConst(seeds), Gen.Int[0, 4], Gen.Int).Select((seed, changes, number) => Encoding.UTF8.GetBytes(Change(seed, changes, new Random(number))));

    /// <summary>A document with so many changes.</summary>
    internal static string Change(string seed, int changes, Random random)
    {
        var root = new JsonArray(JsonNode.Parse(seed));
        for (var i = 0; i < changes; i++)
        {
            var places = Places(root).ToList();
            var (parent, key) = places[random.Next(places.Count)];
            var value = random.Next(3) == 0 ? Get(places[random.Next(places.Count)])?.DeepClone() : JsonNode.Parse(s_values[random.Next(s_values.Length)]);
            switch (parent)
            {
                case JsonObject map when random.Next(4) == 0:
                    _ = map.Remove((string)key);
                    break;
                case JsonObject map when random.Next(6) == 0:
                    map[random.Next(2) == 0 ? "unknown" : "a\nb"] = value;
                    break;
                case JsonObject map:
                    map[(string)key] = value;
                    break;
                case JsonArray list when random.Next(3) == 0 && list != root:
                    list.Add(value);
                    break;
                case JsonArray list:
                    list[(int)key] = value;
                    break;
            }
        }

        return root[0]?.ToJsonString() ?? "null";
    }

    private static IEnumerable<(JsonNode Parent, object Key)> Places(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            foreach (var (key, value) in map)
            {
                yield return (map, key);
                foreach (var place in Places(value))
                    yield return place;
            }
        }
        else if (node is JsonArray list)
        {
            for (var i = 0; i < list.Count; i++)
            {
                yield return (list, i);
                foreach (var place in Places(list[i]))
                    yield return place;
            }
        }
    }

    private static JsonNode? Get((JsonNode Parent, object Key) place) => place.Parent is JsonObject map ? map[(string)place.Key] : place.Parent[(int)place.Key];
}
