using System.Text.Json.Nodes;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>What Suricata wrote to its EVE file.</summary>
public sealed class EveFile
{
    /// <summary>
    /// What two watchers of the same frames may rightly differ in: the time by their clocks; the flow's id, which Suricata mixes with
    /// a random number; the name of the interface. Everything else in an alert must be equal.
    /// </summary>
    private static readonly string[] OwnBusiness = ["timestamp", "flow_id", "in_iface"];

    private EveFile(IReadOnlyList<JsonObject> records) => Records = records;

    /// <summary>All records, in order.</summary>
    public IReadOnlyList<JsonObject> Records { get; }

    /// <summary>The alerts.</summary>
    public IEnumerable<JsonObject> Alerts => Records.Where(r => Kind(r) == "alert");

    /// <summary>Reads the file's text. A last line without an end is left out: Suricata is writing it.</summary>
    public static EveFile Parse(string text) => new(
        [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject())]);

    /// <summary>The signature of an alert.</summary>
    public static int Signature(JsonObject alert) => alert["alert"]!["signature_id"]!.GetValue<int>();

    /// <summary>True once an alert of this signature is there.</summary>
    public bool Has(int signature) => Alerts.Any(a => Signature(a) == signature);

    /// <summary>
    /// Frames that the kernel had to drop because Suricata did not take them in time, and that Suricata took in all, by its last
    /// counters; null before the first.
    /// </summary>
    public (long Packets, long Dropped)? Captured => Records.LastOrDefault(r => Kind(r) == "stats")?["stats"]?["capture"] is { } capture
        ? (capture["kernel_packets"]!.GetValue<long>(), capture["kernel_drops"]!.GetValue<long>())
        : null;

    /// <summary>An alert as one line that is the same for every watcher of the same frames.</summary>
    public static string Canonical(JsonObject alert)
    {
        var copy = alert.DeepClone().AsObject();
        foreach (var name in OwnBusiness)
            _ = copy.Remove(name);
        _ = copy["flow"]?.AsObject().Remove("start");
        return Sorted(copy)!.ToJsonString();
    }

    private static string Kind(JsonObject record) => record["event_type"]!.GetValue<string>();

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
