using System.Reflection;

namespace HyperSpector.Tests.Unit;

/// <summary>Where the sources are that this program was built from.</summary>
internal static class SourceTree
{
    private static readonly string Project = typeof(SourceTree).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ProjectDirectory").Value!;

    /// <summary>A path below tests/Unit.</summary>
    internal static string Input(string path) => Path.Join(Project, path);

    /// <summary>A path below the root of the repository.</summary>
    internal static string Root(string path) => Path.GetFullPath(Path.Join(Project, "..", "..", path));
}
