using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>What was changed in a network namespace so that it forwards, and for which hosts.</summary>
internal sealed record ForwardingRecord
{
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Did we turn IPv4 forwarding on, interface by interface?</summary>
    public bool V4 { get; init; }

    /// <summary>Interfaces that forwarded IPv4 before; <c>default</c> stands for those to come.</summary>
    public IReadOnlyList<string> Others { get; init; } = [];

    /// <summary>Did we turn IPv6 forwarding on?</summary>
    public bool V6 { get; init; }
}

/// <summary>
/// Turns forwarding on in the calling thread's network namespace, as little as possible, and off again with the last host there.
/// IPv4 is switched per interface; the global switch is left to others, and their use of it is respected. IPv6 has only the global
/// switch, whose side effects on every interface (a router ignores router advertisements, and forgets routes that it learned from
/// them) are undone at once.
/// </summary>
internal sealed class Forwarding(string host)
{
    // One place for all hosts of the machine: several may share a network namespace. The name of the file is the namespace's cookie,
    // which no other namespace gets before the next boot.
    private const string Directory = "/run/hyperspector-net";

    /// <summary>Turns forwarding on.</summary>
    /// <param name="close">
    /// Told first what would be forwarded but for us: from which interfaces packets were forwarded anyway (IPv4; null for all of
    /// them), and whether IPv6 packets were not. All others that are none of ours must be dropped, as before.
    /// </param>
    internal void Enable(Action<IReadOnlyList<string>?, bool> close)
    {
        using var held = Hold();
        var record = Load(held);
        var off4 = Knobs.Read("ipv4/ip_forward") == "0";
        var off6 = Knobs.Read("ipv6/conf/all/forwarding") == "0";
        var interfaces = Knobs.Interfaces("ipv4").Append("default").ToLookup(n => Knobs.Read($"ipv4/conf/{n}/forwarding"));
        var turned = off4 ? interfaces["0"].ToList() : [];
        var others = record.V4 ? record.Others : [.. interfaces["1"]];
        close(off4 ? others : null, record.V6 || off6);

        // Recorded before it is done: a crash in between is undone all the same.
        Save(held, new ForwardingRecord
        {
            Hosts = [.. record.Hosts.Append(host).Distinct()],
            V4 = record.V4 || turned.Count > 0,
            Others = others,
            V6 = record.V6 || off6,
        });
        foreach (var name in turned)
            _ = Knobs.Write($"ipv4/conf/{name}/forwarding", "1", optional: true);
        if (off6)
            SwitchV6("1");
    }

    /// <summary>Forgets a host; with the last one, everything is as it was before the first.</summary>
    internal void Disable()
    {
        if (!File.Exists(PathOf()))
            return;
        using var held = Hold();
        var record = Load(held);
        var others = record.Hosts.Where(h => h != host).ToList();
        if (others.Count > 0)
        {
            Save(held, record with { Hosts = others });
            return;
        }

        // Somebody else turned everything on meanwhile: then it is theirs.
        if (record.V4 && Knobs.Read("ipv4/ip_forward") == "0")
        {
            foreach (var name in Knobs.Interfaces("ipv4").Append("default").Except(record.Others))
                _ = Knobs.Write($"ipv4/conf/{name}/forwarding", "0", optional: true);
        }

        if (record.V6 && Knobs.Read("ipv6/conf/all/forwarding") == "1")
            SwitchV6("0");
        File.Delete(PathOf());
        PrivateDirectory.RemoveIfEmpty(Directory);
    }

    private static void SwitchV6(string value)
    {
        var before = Knobs.Interfaces("ipv6").Append("default").Append("lo")
            .Select(n => (Name: n, Forwarding: Knobs.Read($"ipv6/conf/{n}/forwarding"), Advertisements: Knobs.Read($"ipv6/conf/{n}/accept_ra")))
            .Where(n => n.Forwarding is not null && n.Advertisements is not null).ToList();
        // 2: accept router advertisements even when forwarding. It keeps the routes learned from them over the switch.
        var listening = before.Where(n => n is { Forwarding: "0", Advertisements: "1" }).ToList();
        foreach (var (name, _, _) in listening)
            _ = Knobs.Write($"ipv6/conf/{name}/accept_ra", "2", optional: true);
        _ = Knobs.Write("ipv6/conf/all/forwarding", value);
        foreach (var (name, forwarding, _) in before)
            _ = Knobs.Write($"ipv6/conf/{name}/forwarding", forwarding!, optional: true);
        foreach (var (name, _, _) in listening)
            _ = Knobs.Write($"ipv6/conf/{name}/accept_ra", "1", optional: true);
    }

    private static string PathOf() =>
        Path.Join(Directory, NamespaceFd.NetworkCookie().ToString(CultureInfo.InvariantCulture) + ".json");

    // FileShare.None is a lock between processes (flock(2)); whoever comes second waits.
    private static FileStream Hold()
    {
        for (var attempt = 0; ; attempt++)
        {
            PrivateDirectory.Create(Directory);
            try
            {
                return new FileStream(PathOf(), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 100)
            {
                Thread.Sleep(20);
            }
        }
    }

    private static ForwardingRecord Load(FileStream held)
    {
        if (held.Length == 0)
            return new ForwardingRecord();
        held.Position = 0;
        return JsonSerializer.Deserialize(held, ForwardingJson.Default.ForwardingRecord) ?? new ForwardingRecord();
    }

    private static void Save(FileStream held, ForwardingRecord record)
    {
        held.SetLength(0);
        held.Position = 0;
        JsonSerializer.Serialize(held, record, ForwardingJson.Default.ForwardingRecord);
        held.Flush();
    }
}

[JsonSerializable(typeof(ForwardingRecord))]
internal sealed partial class ForwardingJson : JsonSerializerContext
{
}
