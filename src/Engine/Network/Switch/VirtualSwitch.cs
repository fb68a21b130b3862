using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// The virtual switch of one host (SW-1…5), in the network namespace of the calling thread. One thread at a time. All state is in
/// the kernel; a daemon that starts anew finds everything again.
/// </summary>
/// <param name="paths">The host.</param>
/// <param name="program">Path of the eBPF object <c>mirror.bpf.o</c>.</param>
public sealed partial class VirtualSwitch(HostPaths paths, string program)
{
    private const char PortRole = 'p';
    private const char MirrorRole = 'm';
    private const char UplinkRole = 'u';

    private readonly RuleBook _rules = new();

    private string GateProgram => Path.Join(Path.GetDirectoryName(program), "port.bpf.o");

    private string UplinkProgram => Path.Join(Path.GetDirectoryName(program), "uplink.bpf.o");

    /// <summary>The eBPF object of an installed HyperSpector.</summary>
    public static string InstalledProgram => Path.Join(AppContext.BaseDirectory, "bpf/mirror.bpf.o");

    /// <summary>Makes the host's nft table and turns forwarding on, remembering what was changed. Idempotent.</summary>
    public void Prepare() => new Forwarding(paths.Name).Enable((open4, closed6) =>
        _rules.Apply("host", HostTable.Render(paths.Name, open4, closed6), [("inet", HostTable.NameOf(paths.Name))]));

    /// <summary>
    /// Makes the rules right again that another program has changed or removed: what was wrong, in words; empty if nothing was. Any
    /// thread in the switch's network namespace, also while another thread changes the switch.
    /// </summary>
    /// <exception cref="IOException">nft refuses.</exception>
    public IReadOnlyList<string> RestoreRules() => _rules.Restore();

    /// <summary>The base's end of a server's port: where an IDS on the base would capture.</summary>
    public string PortOf(string server) => paths.Interface(PortRole, server);

    /// <summary>
    /// Gives a server VM its port: <c>eth0</c>, addresses, routes, policing, published ports. Idempotent: the right port is kept,
    /// only what differs is changed. Mirrors of this server that exist already are attached before the port goes up, so the order
    /// of <see cref="AttachServer"/> and <see cref="AttachMirror"/> is free. Call it between the runtime's create and start.
    /// </summary>
    /// <param name="server">The VM.</param>
    /// <param name="initPid">A process in its network namespace.</param>
    /// <param name="addresses">From <see cref="AddressPlan.For"/>.</param>
    /// <param name="publish">Ports of the base that lead into it.</param>
    /// <param name="uplink">Where else it meets the outside; null: nowhere. A NIC that is not there is joined by a later call.</param>
    public ServerPort AttachServer(
        string server, int initPid, PortAddresses addresses, IReadOnlyList<PublishedPort> publish, UplinkSpec? uplink = null)
    {
        var port = PortOf(server);
        var nic = UplinkOf(server, uplink);
        if (nic is null)
            _ = Links.Remove(UplinkNameOf(server));
        else
            addresses = addresses with { MachineMac = nic.Mac };
        var configuration = PortConfiguration.For(paths.Name, server, port, addresses, uplink);
        using var machine = NamespaceFd.NetworkOf(initPid);
        var alias = configuration.Alias(machine, publish);
        var links = Links.All();
        var present = links.FirstOrDefault(l => l.Name == port);
        if (present is not null && IsRight(present))
        {
            // The gate first: the rules demand its mark.
            AttachGateAndMirrors();
            // Translation may differ, or the tables may be gone: then they are made anew, at once and whole.
            configuration.SetKnobs();
            var (rules, devices) = Rules();
            if (present.Alias != alias || !_rules.Holds(port, rules))
            {
                ApplyRules(rules, devices);
                Links.Batch($"link set dev {port} alias {alias}");
                configuration.Open();
            }

            return new ServerPort(server, port, addresses, Created: false);
        }

        if (present is not null)
            _ = Links.Remove(port);
        configuration.Create(machine, alias);
        var (text, needed) = Rules();
        ApplyRules(text, needed);
        configuration.SetKnobs();
        machine.Run(configuration.ConfigureInside);
        AttachGateAndMirrors();
        configuration.Open();
        return new ServerPort(server, port, addresses, Created: true);

        bool IsRight(LinkRow link)
        {
            // All of the alias but its last part, the translation, must agree.
            var same = link.Alias is { } old && old[..(old.LastIndexOf('/') + 1)] == alias[..(alias.LastIndexOf('/') + 1)];
            if (!same || !configuration.IsBase(link))
                return false;
            var inside = false;
            machine.Run(() => inside = configuration.IsInside(link));
            return inside;
        }

        // The macvlan first: rules name it by its number.
        (string Text, IReadOnlyList<string> Devices) Rules()
        {
            var macvlan = nic?.Ensure(UplinkProgram, port) is { } index and > 0 ? (nic.Name, index) : ((string, uint)?)null;
            return (PortTables.Render(paths.Name, port, addresses, publish, uplink, macvlan), macvlan is null ? [port] : [port, nic!.Name]);
        }

        void ApplyRules(string text, IReadOnlyList<string> devices) =>
            _rules.Apply(port, text, PortTables.TablesOf(paths.Name, port), devices);

        void AttachGateAndMirrors()
        {
            var mirrors = MirrorsOf(server, links);
            using var gate = PortGate.Ensure(GateProgram, port, Demanded(mirrors));
            AttachMirrors(mirrors, port, gate);
            // Never less than before: the mirror that is missing may be the one that is made anew next.
            gate.Required |= Demanded(mirrors);
        }
    }

    /// <summary>Removes a server's port and everything about it; mirrors wait for a new one. Not an error if there is none.</summary>
    public void DetachServer(string server)
    {
        var port = PortOf(server);
        // The port first: its VM is never without policing.
        _ = Links.Remove(port);
        _ = Links.Remove(UplinkNameOf(server));
        _rules.Remove(port, PortTables.Delete(paths.Name, port));
    }

    /// <summary>Removes everything of this host: ports, mirrors, tables; forwarding is as before. Works after any crash.</summary>
    public void RemoveAll()
    {
        _rules.Clear();
        foreach (var link in Links.All().Where(IsOurs))
            _ = Links.Remove(link.Name);
        new Forwarding(paths.Name).Disable();
        var table = HostTable.NameOf(paths.Name);
        var tables = NfTables.Tables().Where(t => t.Name == table || t.Name.StartsWith(table + "_", StringComparison.Ordinal)).ToList();
        if (tables.Count > 0)
            NfTables.Apply(string.Concat(tables.Select(t => NfTables.Delete(t.Family, t.Name))));
    }

    /// <summary>What a server's port refused; null if it has none.</summary>
    public PolicingCounters? ReadPolicing(string server)
    {
        var counters = NfTables.Counters("netdev", PortTables.NameOf(paths.Name, PortOf(server)));
        return counters.Count == 0
            ? null
            : new PolicingCounters
            {
                Unwatched = counters["unwatched"],
                Mac = counters["mac"],
                Protocol = counters["protocol"],
                Source = counters["source"],
                Destination = counters["destination"],
            };
    }

    // A crash between making a pair and naming its owner leaves one without an alias: nobody else makes such names.
    private bool IsOurs(LinkRow link) =>
        link.Alias?.StartsWith($"hyperspector/{paths.Name}/", StringComparison.Ordinal)
        ?? (link.Name.Length == 11 && link.Name[..3] is "hsp" or "hsm" or "hsu" && link.Name[3..].All(char.IsAsciiHexDigitLower));
}
