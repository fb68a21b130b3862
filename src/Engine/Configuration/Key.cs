namespace HyperSpector.Engine.Configuration;

/// <summary>
/// One key of a mapping of our format. The tables of keys are the only place that knows them: the loader dispatches by them,
/// the suggestions and the JSON Schema for editors come from them.
/// </summary>
/// <typeparam name="T">What a mapping is collected in.</typeparam>
/// <param name="Name">The key.</param>
/// <param name="Help">One sentence for editors and the reference.</param>
/// <param name="Schema">JSON Schema of its value, without the description.</param>
/// <param name="Read">Takes the value over; reports what is wrong with it.</param>
internal sealed record Key<T>(string Name, string Help, string Schema, Action<T, Node> Read);

/// <summary>Reading a mapping by a table of keys.</summary>
internal static class Section
{
    // What people write who come from compose files.
    private static readonly Dictionary<string, string> Synonyms = new()
    {
        ["services"] = "servers",
        ["image"] = "base",
        ["command"] = "run",
        ["entrypoint"] = "run",
        ["ports"] = "publish",
        ["env"] = "environment",
        ["workdir"] = "working_dir",
        ["limits"] = "resources",
        ["deploy"] = "resources",
        ["shm_size"] = "tmpfs",
        ["mem_limit"] = "resources",
        ["mem_reservation"] = "memory_reservation",
        ["cpu_shares"] = "cpu_weight",
        ["healthcheck"] = "health",
        ["test"] = "run",
        ["privileged"] = "cap_add",
    };

    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["depends_on"] = "a server's key; environments are started before all servers",
        ["start"] = "a server's key",
        ["start_within"] = "a server's key",
        ["uplink"] = "a server's key; an IDS VM has no other network than its mirror ports",
        ["publish"] = "a server's key; an IDS VM has no network to publish in",
        ["watch"] = "an environment's key",
        ["packs"] = "an environment's key",
        ["frames"] = "an environment's key",
        ["capture"] = "an environment's key",
        ["net_admin"] = "an environment's key",
        ["only"] = "a key of a server below 'watch': {server: web, only: …}",
        ["except"] = "a key of a server below 'watch': {server: web, except: …}",
        ["sample"] = "a key of a server below 'watch': {server: web, sample: 1/10}",
        ["truncate"] = "a key of a server below 'watch': {server: web, truncate: 256}",
        ["cpus"] = "a key of 'resources'",
        ["memory"] = "a key of 'resources'",
        ["pids"] = "a key of 'resources'",
        ["cpu_weight"] = "a key of 'resources'",
        ["io_weight"] = "a key of 'resources'",
        ["memory_reservation"] = "a key of 'resources'",
    };

    /// <summary>Dispatches every key of <paramref name="node"/>; false when it is no mapping.</summary>
    /// <param name="file">Gets the problems.</param>
    /// <param name="node">The mapping.</param>
    /// <param name="what">What the mapping describes, for messages: <c>server 'web'</c>.</param>
    /// <param name="keys">The table.</param>
    /// <param name="draft">Handed to the rows.</param>
    internal static bool Read<T>(SourceFile file, Node node, string what, IReadOnlyList<Key<T>> keys, T draft)
    {
        if (Values.Map(file, node, what) is not { } map)
            return false;
        foreach (var (key, value) in map.Entries)
        {
            var row = keys.FirstOrDefault(k => k.Name == key.Value);
            if (row is null)
                file.Report(key, Unknown(key.Value, keys.Select(k => k.Name)));
            else if (value is TextNode { IsNothing: true })
                file.Report(key, $"'{key.Value}' has no value; give it one or remove the key");
            else
                row.Read(draft, value);
        }

        return true;
    }

    private static string Unknown(string key, IEnumerable<string> known)
    {
        if (key == "<<")
            return "merge keys (<<) are not supported; write the keys out";
        if (Synonyms.TryGetValue(key, out var ours) && known.Contains(ours))
            return $"unknown key '{key}'; did you mean '{ours}'?";
        if (Elsewhere.TryGetValue(key, out var place))
            return $"unknown key '{key}' here: it is {place}";
        var suggestion = Nearest.Suggest(key, known);
        return $"unknown key {Quoted.Text(key)}{(suggestion.Length > 0 ? suggestion : $"; known here: {string.Join(", ", known)}")}";
    }
}
