using System.Text.Json;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// Rules of other programs that drop what is forwarded to and from server VMs. A packet passes only if every base chain of a hook lets
/// it (nft(8)): our accept does not overrule another program's drop, and we change nobody's rules. So it is said whose they are.
/// </summary>
public static class ForeignRules
{
    private const string OurTables = "hyperspector_";

    // A chain that knows our ports by name has been told what to do with them.
    private const string OurPorts = "hsp";
    private const int MostJumps = 1000;

    /// <summary>The chains in the way in the calling thread's network namespace, each in words; empty if there are none, or nobody may look.</summary>
    public static IReadOnlyList<string> InTheWay()
    {
        try
        {
            return InTheWay(NfTables.Ruleset());
        }
        catch (IOException)
        {
            // A table of a kind that this nft does not know: it is no reason to fail.
            return [];
        }
    }

    /// <summary>The same of a ruleset as <c>nft -j list ruleset</c> tells it.</summary>
    internal static IReadOnlyList<string> InTheWay(IReadOnlyList<JsonElement> ruleset)
    {
        var rules = ruleset.Where(r => r.TryGetProperty("rule", out _)).Select(r => r.GetProperty("rule"))
            .ToLookup(r => (Text(r, "family"), Text(r, "table"), Text(r, "chain")));
        var found = new List<string>();
        foreach (var chain in ruleset.Where(r => r.TryGetProperty("chain", out _)).Select(r => r.GetProperty("chain")))
        {
            var (family, table, name) = (Text(chain, "family"), Text(chain, "table"), Text(chain, "name"));
            if (Text(chain, "hook") != "forward" || family is not ("ip" or "ip6" or "inet") || table.StartsWith(OurTables, StringComparison.Ordinal))
                continue;
            var own = rules[(family, table, name)].ToList();
            var how = Text(chain, "policy") == "drop" ? "its policy is drop" : own.Count > 0 && Refuses(own[^1]) ? "its last rule refuses everything" : null;
            if (how is null)
                continue;
            var (from, to) = Lets(rules, family, table, name);
            if (!from || !to)
                found.Add($"table {family} {table}, chain {name}: {how}{(to ? ", which ends what server VMs send" : from ? ", which ends what comes for published ports" : "")}");
        }

        return found;
    }

    // A verdict without a condition; what only counts or logs is none.
    private static bool Refuses(JsonElement rule)
    {
        var refuses = false;
        foreach (var expression in Expressions(rule))
        {
            if (expression.TryGetProperty("drop", out _) || expression.TryGetProperty("reject", out _))
                refuses = true;
            else if (!expression.TryGetProperty("counter", out _) && !expression.TryGetProperty("log", out _))
                return false;
        }

        return refuses;
    }

    // Has the chain, or one that it jumps to, a rule for what comes from our ports, and for what goes to them? It may accept, or send it
    // to a chain of its own, as for a zone; what was translated is accepted by some without a look at where it goes.
    private static (bool From, bool To) Lets(ILookup<(string, string, string), JsonElement> rules, string family, string table, string chain)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { chain };
        var open = new Queue<string>(seen);
        var (from, to) = (false, false);
        while (open.TryDequeue(out var name) && seen.Count < MostJumps)
        {
            foreach (var rule in rules[(family, table, name)])
            {
                var expressions = Expressions(rule).ToList();
                var text = rule.ToString();
                var ours = text.Contains(OurPorts, StringComparison.Ordinal);
                var accepts = expressions.Any(e => e.TryGetProperty("accept", out _));
                var lets = accepts || expressions.Any(e => Target(e) is not null);
                from |= lets && ours && text.Contains("\"iifname\"", StringComparison.Ordinal);
                to |= (lets && ours && text.Contains("\"oifname\"", StringComparison.Ordinal)) || (accepts && text.Contains("\"dnat\"", StringComparison.Ordinal));
                foreach (var target in expressions.Select(Target).OfType<string>().Where(seen.Add))
                    open.Enqueue(target);
            }
        }

        return (from, to);
    }

    private static string? Target(JsonElement expression) =>
        expression.TryGetProperty("jump", out var jump) || expression.TryGetProperty("goto", out jump) ? Text(jump, "target") : null;

    private static IEnumerable<JsonElement> Expressions(JsonElement rule) =>
        rule.TryGetProperty("expr", out var list) ? list.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object) : [];

    private static string Text(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
