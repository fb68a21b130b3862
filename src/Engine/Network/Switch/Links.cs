using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>An interface, as far as <c>ip -j link</c> tells.</summary>
internal sealed record LinkRow
{
    [JsonPropertyName("ifindex")]
    public uint Index { get; init; }

    [JsonPropertyName("ifname")]
    public string Name { get; init; } = "";

    /// <summary>Index of the other end of a veth in its own namespace.</summary>
    [JsonPropertyName("link_index")]
    public uint? PeerIndex { get; init; }

    /// <summary>The interface below, of one that stands on another in the same namespace.</summary>
    [JsonPropertyName("link")]
    public string? Lower { get; init; }

    [JsonPropertyName("ifalias")]
    public string? Alias { get; init; }

    [JsonPropertyName("address")]
    public string? Address { get; init; }

    [JsonPropertyName("flags")]
    public IReadOnlyList<string> Flags { get; init; } = [];

    [JsonPropertyName("mtu")]
    public int Mtu { get; init; }
}

/// <summary>Interfaces of the calling thread's network namespace, through ip(8).</summary>
internal static class Links
{
    internal static IReadOnlyList<LinkRow> All() =>
        JsonSerializer.Deserialize(Tool.RunChecked("ip", ["-j", "link", "show"]), NetworkJson.Default.IReadOnlyListLinkRow) ?? [];

    /// <summary>Runs several commands of ip(8) in one process; the first that fails ends it.</summary>
    internal static void Batch(params IEnumerable<string> commands)
    {
        var text = new StringBuilder();
        foreach (var command in commands)
            _ = text.Append(command).Append('\n');
        if (text.Length > 0)
            _ = Tool.RunChecked("ip", ["-batch", "-"], text.ToString());
    }

    /// <summary>Removes an interface, and with it its other end; true if it was there.</summary>
    internal static bool Remove(string name)
    {
        if (Interfaces.IndexOf(name) == 0)
            return false;
        // It may vanish by itself meanwhile: its other end's namespace may be on its way out.
        var result = Tool.Run("ip", ["link", "del", "dev", name]);
        return result.Status.Succeeded || Interfaces.IndexOf(name) == 0
            ? true
            : throw new IOException($"interface {name} cannot be removed: {result.LastErrorLine}");
    }

    /// <summary>Frames that an interface was given to send and lost.</summary>
    internal static long TransmitDrops(string name)
    {
        // "  name: bytes packets errs drop fifo frame compressed multicast | bytes packets errs drop …" (proc_pid_net(5))
        foreach (var line in File.ReadLines("/proc/thread-self/net/dev"))
        {
            var parts = line.Split((char[])[' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length > 12 && parts[0] == name)
                return long.Parse(parts[12], System.Globalization.CultureInfo.InvariantCulture);
        }

        return 0;
    }
}

[JsonSerializable(typeof(IReadOnlyList<LinkRow>))]
internal sealed partial class NetworkJson : JsonSerializerContext
{
}
