using System.Globalization;
using HyperSpector.Engine.Machines;

namespace HyperSpector.Engine.Packs;

/// <summary>What a pack finds in an IDS VM: names that its files and commands are written with.</summary>
/// <param name="Mirrors">Interfaces of the mirror ports, in the order of <c>watch</c>.</param>
/// <param name="Servers">The watched servers, in the same order.</param>
public sealed record PackSurroundings(IReadOnlyList<string> Mirrors, IReadOnlyList<string> Servers)
{
    /// <summary>Nothing is watched.</summary>
    public static PackSurroundings None { get; } = new([], []);

    /// <summary>Names that mean something else for each server.</summary>
    internal static IReadOnlyList<string> OfServers { get; } = ["server", "serverfs", "dserverfs"];

    /// <summary>The options, and what stands for the mirror port and the server of a number (empty where there is none).</summary>
    internal IReadOnlyDictionary<string, string> Names(IReadOnlyDictionary<string, string> options, int number)
    {
        var server = number < Servers.Count ? Servers[number] : "";
        // One server's root is the view's (docs/views.md).
        var below = Servers.Count > 1 ? $"/{server}" : "";
        return new Dictionary<string, string>(options)
        {
            ["mirror"] = number < Mirrors.Count ? Mirrors[number] : "",
            ["mirror_number"] = number.ToString(CultureInfo.InvariantCulture),
            ["server"] = server,
            ["serverfs"] = ViewMounts.ServerFiles + below,
            ["dserverfs"] = ViewMounts.ServerChanges + below,
        };
    }
}
