using System.Globalization;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration.Keys;

namespace HyperSpector.Engine.Configuration;

/// <summary><c>resources:</c>, limits, weights and guarantees of a VM.</summary>
internal static class ResourceReader
{
    internal static readonly Key<Draft>[] Keys =
    [
        new("cpus", "Processors, e.g. 1.5.", """{"oneOf":[{"type":"number","minimum":0.01},{"type":"string"}]}""",
            (d, n) => d.Result = d.Result with { Cpus = Cpus(d.File, n) }),
        new("memory", "Memory, e.g. 512M or 2G.", """{"type":"string","pattern":"^([0-9.]+ ?[KMGT]i?B?|\\$\\{.+)$"}""",
            (d, n) => d.Result = d.Result with { Memory = Memory(d.File, n, "memory") }),
        new("pids", "Processes and threads; 4096 unless said otherwise.", """{"oneOf":[{"type":"integer","minimum":1,"maximum":4194304},{"type":"string"}]}""",
            (d, n) => d.Result = d.Result with { Pids = Values.Whole(d.File, n, "pids", 1, ConfigurationLimits.PidsMaximum) }),
        new("cpu_weight", "Share of the processors where they are short, 1 to 10000; everybody's is 100.", """{"oneOf":[{"type":"integer","minimum":1,"maximum":10000},{"type":"string"}]}""",
            (d, n) => d.Result = d.Result with { CpuWeight = Values.Whole(d.File, n, "cpu_weight", 1, 10_000) }),
        new("io_weight", "Share of the disks where they are short, 10 to 1000; everybody's is 100. Needs the BFQ scheduler or iocost.", """{"oneOf":[{"type":"integer","minimum":10,"maximum":1000},{"type":"string"}]}""",
            (d, n) => d.Result = d.Result with { IoWeight = Values.Whole(d.File, n, "io_weight", 10, 1000) }),
        new("memory_reservation", "Memory that is left to the VM as long as others have some to give, e.g. 256M.", """{"type":"string","pattern":"^([0-9.]+ ?[KMGT]i?B?|\\$\\{.+)$"}""",
            (d, n) => d.Result = d.Result with { MemoryReservation = Memory(d.File, n, "memory_reservation") }),
        new("disk", "What the VM may have written to its own files, volumes aside, e.g. 2G.", """{"type":"string","pattern":"^([0-9.]+ ?[KMGT]i?B?|\\$\\{.+)$"}""",
            (d, n) => d.Result = d.Result with
            {
                Disk = Sizes.Bytes(d.File, n, "disk", (ConfigurationLimits.DiskMinimum, ConfigurationLimits.DiskMaximum), "32M and 16T"),
            }),
    ];

    internal static ResourceSpec Read(SourceFile file, Node node)
    {
        var draft = new Draft(file);
        _ = Section.Read(file, node, "resources", Keys, draft);
        if (draft.Result is { Memory: { } limit, MemoryReservation: { } reserved } && reserved > limit)
            file.Report(node, "memory_reservation: is above memory, the limit; lower it");
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

    private static long? Memory(SourceFile file, Node node, string what) =>
        Sizes.Bytes(file, node, what, (ConfigurationLimits.MemoryMinimum, ConfigurationLimits.MemoryMaximum), "16M and 64T");

    internal sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal ResourceSpec Result { get; set; } = new();
    }
}
