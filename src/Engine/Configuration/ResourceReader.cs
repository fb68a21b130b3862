using System.Globalization;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration;

/// <summary><c>resources:</c>, the limits of a VM.</summary>
internal static class ResourceReader
{
    internal static readonly Key<Draft>[] Keys =
    [
        new("cpus", "Processors, e.g. 1.5.", """{"oneOf":[{"type":"number","minimum":0.01},{"type":"string"}]}""",
            (d, n) => d.Result = d.Result with { Cpus = Cpus(d.File, n) }),
        new("memory", "Memory, e.g. 512M or 2G.", """{"type":"string","pattern":"^([0-9.]+ ?[KMGT]i?B?|\\$\\{.+)$"}""",
            (d, n) => d.Result = d.Result with { Memory = Memory(d.File, n) }),
        new("pids", "Processes and threads; 4096 unless said otherwise.", """{"oneOf":[{"type":"integer","minimum":1,"maximum":4194304},{"type":"string"}]}""",
            (d, n) => d.Result = d.Result with { Pids = Values.Whole(d.File, n, "pids", 1, ConfigurationLimits.PidsMaximum) }),
    ];

    internal static ResourceSpec Read(SourceFile file, Node node)
    {
        var draft = new Draft(file);
        _ = Section.Read(file, node, "resources", Keys, draft);
        return draft.Result;
    }

    private static double? Cpus(SourceFile file, Node node)
    {
        if (node is TextNode text && double.TryParse(text.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus)
            && cpus is >= ConfigurationLimits.CpusMinimum and <= ConfigurationLimits.CpusMaximum)
            return cpus;
        file.Report(node, $"cpus: expected a number from 0.01 to {ConfigurationLimits.CpusMaximum:0}, e.g. 1.5, found {Values.Kind(node)}");
        return null;
    }

    private static long? Memory(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "memory") is not { } text)
            return null;
        var digits = text.TrimEnd(" KMGTkmgtiB".ToCharArray());
        var unit = text[digits.Length..].Trim().ToUpperInvariant();
        var factor = unit.Length == 0 ? 0 : unit[0] switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, 'T' => 1L << 40, _ => 0 };
        if (factor == 0 || unit is not ([_] or [_, 'I'] or [_, 'B'] or [_, 'I', 'B'])
            || !double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            file.Report(node, $"memory: expected a size with its unit, e.g. 512M or 2G, found {Quoted.Text(text)}");
            return null;
        }

        var bytes = number * factor;
        if (bytes is >= ConfigurationLimits.MemoryMinimum and <= ConfigurationLimits.MemoryMaximum)
            return (long)bytes;
        file.Report(node, $"memory: {Quoted.Text(text)} is not between 16M and 64T");
        return null;
    }

    internal sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal ResourceSpec Result { get; set; } = new();
    }
}
