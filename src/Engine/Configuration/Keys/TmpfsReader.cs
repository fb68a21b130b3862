using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary><c>tmpfs:</c>, each <c>PATH[:SIZE]</c>.</summary>
internal static class TmpfsReader
{
    internal const string Schema = """{"type":"array","items":{"type":"string","pattern":"^(/[^:]*(:[0-9.]+ ?[KMGT]i?B?)?|.*\\$\\{.+)$"}}""";

    // The one below /dev that every VM has: here it gets another size.
    private const string SharedMemory = "/dev/shm";

    internal static IReadOnlyList<(Node At, TmpfsSpec Tmpfs)> Read(SourceFile file, Node node)
    {
        var list = new List<(Node At, TmpfsSpec Tmpfs)>();
        foreach (var item in Values.List(file, node, "tmpfs") ?? [])
        {
            if (One(file, item) is not { } tmpfs)
                continue;
            if (list.Any(l => l.Tmpfs.Target == tmpfs.Target))
                file.Report(item, $"tmpfs {Quoted.Text(tmpfs.Target)} is there twice");
            else
                list.Add((item, tmpfs));
        }

        return list;
    }

    private static TmpfsSpec? One(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "tmpfs") is not { } text)
            return null;
        var parts = text.Split(':', 2);
        var size = ConfigurationLimits.TmpfsUsual;
        if (parts.Length == 2)
        {
            if (Sizes.TryBytes(parts[1]) is not { } bytes)
            {
                file.Report(node, $"tmpfs {Quoted.Text(text)}: write PATH or PATH:SIZE, e.g. /tmp:128M");
                return null;
            }

            if (bytes is < ConfigurationLimits.TmpfsMinimum or > ConfigurationLimits.MemoryMaximum)
            {
                file.Report(node, $"tmpfs: {Quoted.Text(parts[1])} is not between 4K and 64T");
                return null;
            }

            size = (long)bytes;
        }

        // /run of a server holds nothing of ours; SiteChecks refuses it for an IDS VM.
        var target = parts[0] is SharedMemory or "/run"
            ? parts[0]
            : MachinePath.CheckTarget(file, node, parts[0], "tmpfs");
        return target is null ? null : new TmpfsSpec(target, size);
    }
}
