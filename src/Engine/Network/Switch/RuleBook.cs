using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// Our nft rules as they should be: each page is the text that was applied and what nft made of it. Whoever else changes the
/// ruleset (a firewall that is reloaded, <c>nft flush ruleset</c>) is found out by comparing the two. Any thread.
/// </summary>
internal sealed class RuleBook
{
    private sealed record Page(string Text, IReadOnlyList<(string Family, string Name)> Tables, IReadOnlyList<string> Devices, string Listing);

    // Held while nft runs: no page is restored that is being changed or removed.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Page> _pages = new(StringComparer.Ordinal);

    /// <summary>Applies a text as one transaction and remembers it.</summary>
    /// <param name="name">Of the page.</param>
    /// <param name="text">Removes its tables and makes them anew.</param>
    /// <param name="tables">The tables it makes.</param>
    /// <param name="devices">Interfaces without which the page's rules cannot be made, or the kernel takes them away.</param>
    internal void Apply(string name, string text, IReadOnlyList<(string Family, string Name)> tables, params IReadOnlyList<string> devices)
    {
        lock (_lock)
        {
            NfTables.Apply(text);
            _pages[name] = new Page(text, tables, devices, NfTables.List(tables) ?? throw new IOException($"nft does not show the tables of {name} that it has just made"));
        }
    }

    /// <summary>Is this what was applied last? False after a start of the daemon: nobody knows what happened before.</summary>
    internal bool Holds(string name, string text)
    {
        lock (_lock)
            return _pages.TryGetValue(name, out var page) && page.Text == text && NfTables.List(page.Tables) == page.Listing;
    }

    /// <summary>Forgets a page and removes its tables.</summary>
    internal void Remove(string name, string deletion)
    {
        lock (_lock)
        {
            _ = _pages.Remove(name);
            NfTables.Apply(deletion);
        }
    }

    /// <summary>Forgets everything: from now on nothing is restored.</summary>
    internal void Clear()
    {
        lock (_lock)
            _pages.Clear();
    }

    /// <summary>Makes every page right again that somebody has changed; their names.</summary>
    /// <exception cref="IOException">nft refuses.</exception>
    internal IReadOnlyList<string> Restore()
    {
        lock (_lock)
        {
            var wrong = _pages.Where(p => p.Value.Devices.All(d => Interfaces.IndexOf(d) != 0))
                .Where(p => NfTables.List(p.Value.Tables) != p.Value.Listing).ToList();
            // One transaction: the switch is never half closed.
            if (wrong.Count > 0)
                NfTables.Apply(string.Concat(wrong.Select(p => p.Value.Text)));
            return [.. wrong.Select(p => p.Key)];
        }
    }
}
