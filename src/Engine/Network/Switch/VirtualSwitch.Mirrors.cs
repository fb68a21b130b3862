using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Mirror;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

public sealed partial class VirtualSwitch
{
    /// <summary>Gives an IDS VM a mirror port. Idempotent; the server may get its port earlier or later.</summary>
    /// <param name="server">The watched server VM.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="idsInitPid">A process in the IDS VM's network namespace.</param>
    /// <param name="insideName">The interface there, e.g. <c>mon0</c>.</param>
    /// <param name="frames">How frames are delivered.</param>
    /// <param name="always">Copy whether or not somebody captures.</param>
    /// <param name="strict">
    /// Hold back what the IDS VM's end does not take, for whatever reason. For IDS VMs that have power over their end: they might have
    /// closed it. In others nobody has, and what is not taken has met a full queue: a loss, which is counted.
    /// </param>
    /// <param name="filter">What is not copied; null: everything is.</param>
    public MirrorPort AttachMirror(
        string server, string environment, int idsInitPid, string insideName, FrameForm frames, bool always, bool strict = false,
        FilterSpec? filter = null)
    {
        var name = MirrorOf(server, environment);
        var port = PortOf(server);
        var configuration = new MirrorConfiguration(paths.Name, environment, server, name, insideName);
        using var machine = NamespaceFd.NetworkOf(idsInitPid);
        var alias = configuration.Alias(machine, frames);
        var links = Links.All();
        var present = links.FirstOrDefault(l => l.Name == name);
        var mirror = present?.Alias == alias && IsInside(present) ? MirrorProgram.Find(program, name) : null;
        var created = mirror is null;
        if (mirror is null)
        {
            // The gate goes on demanding what this takes away: the port is closed until the next one is there.
            Discard(server, environment);
            configuration.Create(machine, alias, frames);
            mirror = MirrorProgram.Create(program, name);
            machine.Run(configuration.ConfigureInside);
            Links.Batch($"link set dev {name} up");
        }

        using (mirror)
        {
            mirror.Configure(always, strict);
            mirror.Filter(program, name, filter);
            if (links.Any(l => l.Name == port))
            {
                var mirrors = MirrorsOf(server, created ? Links.All() : links);
                using var gate = PortGate.Ensure(GateProgram, port, Demanded(mirrors));
                AttachMirrors(mirrors, port, gate);
                gate.Required = Demanded(mirrors);
            }

            return new MirrorPort(server, environment, name, insideName, mirror.Flag.Describe().Id, created);
        }

        bool IsInside(LinkRow link)
        {
            var inside = false;
            machine.Run(() => inside = configuration.IsInside(link));
            return inside && link.Flags.Contains("UP") && link.Mtu == PortConfiguration.Mtu;
        }
    }

    /// <summary>
    /// Changes what a mirror leaves out, while frames flow: each of them meets the old filter or the new one. Idempotent.
    /// </summary>
    public void FilterMirror(string server, string environment, FilterSpec? filter)
    {
        var name = MirrorOf(server, environment);
        using var mirror = MirrorProgram.Find(program, name);
        mirror?.Filter(program, name, filter);
    }

    /// <summary>Removes a mirror port: its server is no more seen. Not an error if there is none.</summary>
    public void DetachMirror(string server, string environment)
    {
        Discard(server, environment);
        using var gate = PortGate.Find(PortOf(server));
        if (gate is not null)
            gate.Required = Demanded(MirrorsOf(server, Links.All()));
    }

    /// <summary>
    /// What keeps a server's frames from an IDS VM, as far as the base's side goes; null: nothing. Null, too, for one that nobody
    /// attached.
    /// </summary>
    public string? DefectOf(string server, string environment)
    {
        var port = PortOf(server);
        using var mirror = MirrorProgram.Find(program, MirrorOf(server, environment));
        if (Interfaces.IndexOf(port) == 0)
            return $"the port of {server} is gone";
        if (mirror is null)
            return Interfaces.IndexOf(MirrorOf(server, environment)) == 0 ? "the mirror port is gone" : "the program at the mirror port is gone";
        using var gate = PortGate.Find(port);
        if (gate is null)
            return "the port's gate is gone";
        if (!mirror.IsAttachedTo(port, gate.Map))
            return "a copying program is gone";
        using var here = LinkProbe.OpenHere();
        return here.Find(port) is not { IsUp: true, Mtu: PortConfiguration.Mtu }
            || here.Find(MirrorOf(server, environment)) is not { IsUp: true, Mtu: PortConfiguration.Mtu }
            ? "a port was switched off or changed"
            : null;
    }

    // All of the server's: should the gate be a new one, each must know it.
    private void AttachMirrors(IReadOnlyList<LinkRow> mirrors, string port, PortGate gate)
    {
        foreach (var link in mirrors)
        {
            using var mirror = MirrorProgram.Find(program, link.Name);
            mirror?.AttachTo(program, port, gate.Map);
        }
    }

    private List<LinkRow> MirrorsOf(string server, IReadOnlyList<LinkRow> links) =>
        [.. links.Where(l => MirrorConfiguration.ServerOf(paths.Name, l.Alias) == server)];

    private void Discard(string server, string environment)
    {
        var name = MirrorOf(server, environment);
        var port = PortOf(server);
        using (var mirror = MirrorProgram.Find(program, name))
            mirror?.DetachFrom(port);
        _ = Links.Remove(name);
        MirrorProgram.Sweep(port, Links.All().Where(l => l.Name.StartsWith("hsm", StringComparison.Ordinal)).Select(l => l.Index).ToHashSet());
    }

    // The bits of a server's mirrors, all that there are, whether their programs are at the port or not.
    private uint Demanded(IReadOnlyList<LinkRow> mirrors)
    {
        var bits = 0u;
        foreach (var link in mirrors)
        {
            using var mirror = MirrorProgram.Find(program, link.Name);
            bits |= mirror?.Bit ?? 0;
        }

        return bits;
    }

    /// <summary>The counters of a mirror; null if there is no such mirror port.</summary>
    public MirrorCounters? Read(string server, string environment)
    {
        var name = MirrorOf(server, environment);
        using var mirror = MirrorProgram.Find(program, name);
        if (mirror is null)
            return null;
        // A kernel before 6.8 reports a copy that overflows the IDS VM's receive queue as delivered, and of a frame that was cut
        // for the wire, only the last piece's fate is told. The device's own count knows all; it comes first, so that a loss in
        // between is missed rather than counted twice.
        var lost = Links.TransmitDrops(name);
        var counts = mirror.Read();
        var left = mirror.ReadLeftOut();
        var unseen = Math.Min(Math.Max(0, lost - (long)counts.Dropped - (long)counts.Held), (long)counts.Mirrored);
        return new MirrorCounters
        {
            Received = (long)counts.Received,
            Sent = (long)counts.Sent,
            Mirrored = (long)counts.Mirrored - unseen,
            Dropped = (long)counts.Dropped + unseen,
            Idle = (long)counts.Idle,
            LeftOut = (long)(left.ByRule + left.BySample),
            Unsampled = (long)left.BySample,
            LeftOutBytes = (long)left.Bytes,
            Truncated = (long)left.Cut,
            TruncatedBytes = (long)left.CutBytes,
            Bytes = (long)counts.Bytes,
            Refused = (long)counts.Refused,
            Held = (long)counts.Held,
            Active = mirror.IsActive,
        };
    }

    /// <summary>
    /// The flag of a mirror, to be mapped shared (one page; the first u32: nonzero means copy). It stays valid while the IDS VM's
    /// mirror port exists, also over restarts of the server and of the daemon.
    /// </summary>
    public FileDescriptor OpenFlagMap(string server, string environment)
    {
        using var mirror = MirrorProgram.Find(program, MirrorOf(server, environment))
            ?? throw new KernelException("mirror", Errno.ENODEV, $"{environment}/{server}");
        return mirror.Flag.Duplicate();
    }

    private string MirrorOf(string server, string environment) => paths.Interface(MirrorRole, $"{environment}/{server}");
}
