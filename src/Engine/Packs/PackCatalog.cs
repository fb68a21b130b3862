using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary>The packs that a file can name; each is read once, so that its problems are told once.</summary>
internal sealed class PackCatalog(IReadOnlyList<string> directories, List<Diagnostic> problems)
{
    private readonly Dictionary<string, PackSpec?> _packs = [];

    /// <summary>The names there are.</summary>
    internal IEnumerable<string> Names => directories
        .Where(Directory.Exists)
        .SelectMany(d => Directory.EnumerateDirectories(d).Where(p => File.Exists(Path.Join(p, PackLoader.FileName))))
        .Select(p => Path.GetFileName(p)).Distinct().Order(StringComparer.Ordinal);

    /// <summary>False when there is no pack of that name; <paramref name="pack"/> is null when there is one with problems.</summary>
    internal bool TryGet(string name, out PackSpec? pack)
    {
        if (_packs.TryGetValue(name, out pack))
            return true;
        if (directories.LastOrDefault(d => File.Exists(Path.Join(d, name, PackLoader.FileName))) is not { } directory)
            return false;
        (pack, var found) = PackLoader.Load(Path.Join(directory, name));
        problems.AddRange(found);
        _packs[name] = pack;
        return true;
    }
}
