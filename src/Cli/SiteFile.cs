using HyperSpector.Api.Site;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Cli;

/// <summary>The user's YAML file and the packs that it can name.</summary>
internal static class SiteFile
{
    /// <summary>Where packs are looked for, of two with one name the later wins; <c>packs/</c> beside the file comes last.</summary>
    internal static IReadOnlyList<string> PackDirectories =>
        [Path.Join(AppContext.BaseDirectory, "packs"), "/etc/hyperspector/packs"];

    /// <summary>Loads a file; its problems are the result's.</summary>
    internal static LoadResult Load(string? file)
    {
        var variables = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        return SiteLoader.Load(file ?? CommonOptions.DefaultFile, PackDirectories, variables);
    }

    /// <summary>Loads a file that must be right; else its problems are printed.</summary>
    internal static SiteSpec? LoadOrExplain(string? file, Screen screen)
    {
        var result = Load(file);
        foreach (var problem in result.Problems)
            screen.Remark(problem.ToString());
        return result.Site;
    }
}
