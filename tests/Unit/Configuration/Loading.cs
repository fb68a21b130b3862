using HyperSpector.Engine.Configuration;

namespace HyperSpector.Tests.Unit.Configuration;

/// <summary>Files in a directory of their own, and loading them.</summary>
internal sealed class Loading : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperspector-config-");

    internal string Root => _directory.FullName;

    internal Dictionary<string, string> Variables { get; } = [];

    internal string Write(string path, string content)
    {
        var full = Path.Join(Root, path);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        return full;
    }

    internal LoadResult Load(string yaml) => SiteLoader.Load(Write("hyperspector.yaml", yaml), [], Variables);

    /// <summary>Problems as they are printed, without the directory.</summary>
    internal string[] Problems(string yaml) => [.. Load(yaml).Problems.Select(p => p.ToString().Replace(Root + "/", "", StringComparison.Ordinal))];

    public void Dispose() => _directory.Delete(recursive: true);
}
