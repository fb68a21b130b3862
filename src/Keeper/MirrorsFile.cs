using System.Globalization;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Keeper;

/// <summary>
/// What a descriptor alone does not tell the next keeper: of which slot a flag map is. One line per mirror,
/// <c>slot ifindex always map-id</c>, in a file of root's.
/// </summary>
internal static class MirrorsFile
{
    /// <summary>What a map's descriptor links to.</summary>
    internal const string MapLink = "anon_inode:bpf-map";

    internal static void Write(string path, IReadOnlyDictionary<int, HeldMirror> mirrors)
    {
        var lines = mirrors.Select(m => string.Create(
            CultureInfo.InvariantCulture,
            $"{m.Key} {m.Value.InterfaceIndex} {(m.Value.Always ? 1 : 0)} {MapId(m.Value.Map)}\n"));
        File.WriteAllText($"{path}.new", string.Concat(lines));
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <summary>By map id; empty if there is no such file.</summary>
    internal static Dictionary<uint, ControlMessage> Read(string path)
    {
        var mirrors = new Dictionary<uint, ControlMessage>();
        if (!File.Exists(path))
            return mirrors;
        foreach (var line in File.ReadLines(path))
        {
            var words = line.Split(' ');
            if (words.Length == 4
                && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var slot)
                && slot < ControlMessage.SlotLimit
                && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && uint.TryParse(words[3], NumberStyles.None, CultureInfo.InvariantCulture, out var map))
            {
                mirrors[map] = new ControlMessage(ControlKind.AddMirror, slot, index, words[2] == "1");
            }
        }

        return mirrors;
    }

    /// <summary>The kernel's number of a map (proc_pid_fdinfo(5)); 0 if the descriptor is none.</summary>
    internal static uint MapId(FileDescriptor map)
    {
        const string Key = "map_id:";
        var line = File.ReadLines($"/proc/self/fdinfo/{map.Number}").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        return line is not null && uint.TryParse(line.AsSpan(Key.Length).Trim(), CultureInfo.InvariantCulture, out var id) ? id : 0;
    }
}
