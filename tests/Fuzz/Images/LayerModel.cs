namespace HyperSpector.Tests.Fuzz.Images;

/// <summary>What layers of files, directories and whiteouts mean (OCI image-spec, layer.md), over a dictionary instead of a file system.</summary>
internal sealed class LayerModel
{
    // What LayoutWriter.Archive makes of them: a file holds its own entry's text.
    internal static readonly string[] Entries =
        ["a", "a/", "b", "b/", "a/x", "a/y", "a/x/", "a/x/p", "b/x", "c/d/e", ".wh.a", ".wh.b", "a/.wh.x", "a/.wh.y", "a/.wh..wh..opq", ".wh..wh..opq", "c/.wh.d", "h => a/x"];

    // Null: a directory.
    private readonly SortedDictionary<string, string?> _tree = new(StringComparer.Ordinal);

    internal IEnumerable<string> Listing => _tree.Select(e => e.Value is null ? e.Key + "/" : $"{e.Key}: {e.Value}").Order(StringComparer.Ordinal);

    /// <summary>Applies a layer; false when it cannot be: a file stands where a directory is needed, or what a hard link names is not there.</summary>
    internal bool TryApply(IReadOnlyList<string> layer)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in layer)
        {
            if (!TryApply(entry, own))
                return false;
        }

        return true;
    }

    private bool TryApply(string entry, HashSet<string> own)
    {
        var link = entry.Split(" => ");
        var path = link[0].TrimEnd('/');
        var (parent, name) = path.LastIndexOf('/') is var slash and >= 0 ? (path[..slash], path[(slash + 1)..]) : ("", path);
        if (name == ".wh..wh..opq")
        {
            Hide(parent.Length == 0 ? "" : parent + "/", own);
            return true;
        }

        if (name.StartsWith(".wh.", StringComparison.Ordinal))
        {
            var hidden = (parent.Length == 0 ? "" : parent + "/") + name[4..];
            if (!own.Any(o => o == hidden || o.StartsWith(hidden + "/", StringComparison.Ordinal)))
                Remove(hidden);
            else
                Hide(hidden + "/", own);
            return true;
        }

        for (var end = path.IndexOf('/', StringComparison.Ordinal); end >= 0; end = path.IndexOf('/', end + 1))
        {
            if (_tree.TryGetValue(path[..end], out var above) && above is not null)
                return false;
            _tree[path[..end]] = null;
        }

        if (entry.EndsWith('/'))
        {
            if (!_tree.TryGetValue(path, out var there) || there is not null)
                _tree[path] = null;
        }
        else
        {
            string? content = entry;
            // link(2) gives a directory no second name.
            if (link.Length == 2 && (!_tree.TryGetValue(link[1], out content) || content is null))
                return false;
            Remove(path);
            _tree[path] = content;
        }

        _ = own.Add(path);
        return true;
    }

    // What lower layers have below a prefix; directories stay that hold something of this layer.
    private void Hide(string prefix, HashSet<string> own)
    {
        foreach (var path in _tree.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).ToList())
        {
            if (!own.Any(o => o == path || o.StartsWith(path + "/", StringComparison.Ordinal)))
                Remove(path);
        }
    }

    private void Remove(string path)
    {
        foreach (var gone in _tree.Keys.Where(k => k == path || k.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
            _ = _tree.Remove(gone);
    }
}
