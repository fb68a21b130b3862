namespace HyperSpector.Engine.Hosts.Changes;

/// <summary>What somebody wants to know of a server VM's changes.</summary>
/// <param name="Machine">The server VM.</param>
/// <param name="Follow">What happens from now on, too.</param>
/// <param name="Mounts">What is in its volumes and file systems in memory, too.</param>
/// <param name="Paths">Only these, and what is below them; none: everything.</param>
public sealed record ChangeQuery(string Machine, bool Follow, bool Mounts, IReadOnlyList<string> Paths)
{
    private const int PathLimit = 4096;
    private const int PathsLimit = 64;

    /// <summary>One line that says what is wrong with it; null: nothing.</summary>
    public string? Problem =>
        Paths.Count > PathsLimit ? $"at most {PathsLimit} paths can be asked for at a time"
        : Paths.FirstOrDefault(p => !p.StartsWith('/') || p.Length > PathLimit || p.Split('/').Contains("..")) is { } path
            ? $"{Configuration.Quoted.Text(path)} must be a path in the server VM that begins with '/' and has no '..' in it"
            : null;
}
