using System.Text;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Disks;
using HyperSpector.Engine.Disks.Changes;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Kernel.Disks.Changes;

/// <summary>Lists what differs between an overlay and its base.</summary>
internal static class ChangeScene
{
    /// <summary>The list, as records.</summary>
    internal static IReadOnlyList<ChangeRecord> List(ServerDisk disk, ChangeScope? scope = null)
    {
        using var file = MemoryFile.Create("list", []);
        var output = new ChangeOutput(file);
        using (disk)
            new ChangeWalk(disk, scope ?? ChangeScope.Everything, new ChangeList(output, disk.Ids)).Everything();
        output.Flush();
        return Read(file);
    }

    /// <summary>The list, each path in hex as in <c>tree_worker.py</c>.</summary>
    internal static SortedDictionary<string, ChangeRecord> ByPath(IEnumerable<ChangeRecord> records) =>
        new(records.ToDictionary(PathOf), StringComparer.Ordinal);

    /// <summary>In a few words: kind, path, what.</summary>
    internal static IReadOnlyList<string> Brief(IEnumerable<ChangeRecord> records) =>
        [.. records.Select(r => $"{r.Kind} {r.Path}{(r.What is { } what ? " " + string.Join('+', what) : "")}".ToLowerInvariant()).Order(StringComparer.Ordinal)];

    /// <summary>The path's bytes without the first slash, in hex.</summary>
    internal static string PathOf(ChangeRecord record) => Convert.ToHexStringLower(
        (record.Bytes is { } bytes ? Convert.FromBase64String(bytes) : Encoding.UTF8.GetBytes(record.Path!))[1..]);

    private static List<ChangeRecord> Read(FileDescriptor file)
    {
        var bytes = new byte[64 * 1024 * 1024];
        var count = FileIo.ReadAt(file, bytes, 0);
        return [.. Encoding.UTF8.GetString(bytes, 0, count).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, ApiJson.Default.ChangeRecord)!)];
    }
}
