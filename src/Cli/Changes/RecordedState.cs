using HyperSpector.Api.Messages;

namespace HyperSpector.Cli.Changes;

/// <summary>A list of differences from before, with which a new one is compared: what is in both and the same has not changed since.</summary>
internal sealed class RecordedState(Dictionary<string, ChangeRecord> records)
{
    private const int NameLimit = 64;

    /// <summary>Names are files of ours.</summary>
    internal static bool IsName(string name) =>
        name.Length is > 0 and <= NameLimit && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>The path, exactly.</summary>
    internal static string KeyOf(ChangeRecord record) => record.Bytes ?? "/" + record.Path;

    /// <summary>What has happened since at a path that differs from the base now.</summary>
    internal IEnumerable<ChangeRecord> Compare(ChangeRecord now)
    {
        if (!records.Remove(KeyOf(now), out var then))
            return [now];
        if (now.Kind == ChangeKind.Mount || then.Kind == ChangeKind.Mount)
            return now.Kind == then.Kind ? [] : [now];
        return (then.Type, now.Type) switch
        {
            (null, null) => [],
            (null, _) => [now with { Kind = ChangeKind.Added, Was = null, What = null }],
            (_, null) => [now with { Kind = ChangeKind.Removed, Was = then.Type, What = null }],
            var (before, after) when before != after => [now with { Kind = ChangeKind.Replaced, Was = before, What = null }],
            _ => Parts(then.State, now.State) is { Count: > 0 } parts ? [now with { Kind = ChangeKind.Changed, Was = null, What = parts }] : [],
        };
    }

    /// <summary>What differed then and does not differ from the base now. Preconditions: the whole new list was compared.</summary>
    internal IEnumerable<ChangeRecord> Rest()
    {
        foreach (var then in records.Values.OrderBy(r => r.Path, StringComparer.Ordinal))
        {
            var back = then with { State = null, Type = null, Was = null };
            yield return then.Kind switch
            {
                ChangeKind.Added or ChangeKind.Mount => back with { Kind = ChangeKind.Removed, Was = then.Type, What = null },
                ChangeKind.Removed => back with { Kind = ChangeKind.Added, Type = then.Was, What = null },
                ChangeKind.Replaced => back with { Kind = ChangeKind.Replaced, Type = then.Was, Was = then.Type, What = null },
                _ => back with { Kind = ChangeKind.Changed, Type = then.Type },
            };
        }
    }

    // The time of change moves with everything, and cannot be set: whoever sets the others back is found out by it, if not what he did.
    private static List<string> Parts(ChangeState? then, ChangeState? now)
    {
        var parts = new List<string>();
        if (then is null || now is null)
            return then == now ? parts : ["unread"];
        if (then.Size != now.Size)
            parts.Add("content");
        if (then.Mode != now.Mode)
            parts.Add("mode");
        if (then.User != now.User)
            parts.Add("owner");
        if (then.Group != now.Group)
            parts.Add("group");
        if (then.Modified != now.Modified)
            parts.Add("modified");
        if (parts.Count == 0 && then.Changed != now.Changed)
            parts.Add("unread");
        return parts;
    }
}
