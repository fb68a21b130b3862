using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Mirror;
using HyperSpector.Linux;
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
    public MirrorPort AttachMirror(
        string server, string environment, int idsInitPid, string insideName, FrameForm frames, bool always)
    {
        var name = MirrorOf(server, environment);
        var port = PortOf(server);
        var configuration = new MirrorConfiguration(paths.Name, environment, server, name, insideName);
        using var machine = NamespaceFd.NetworkOf(idsInitPid);
        var alias = configuration.Alias(machine, frames);
        var links = Links.All();
        var present = links.FirstOrDefault(l => l.Name == name);
        var mirror = present?.Alias == alias && IsInside(present) ? MirrorProgram.Find(name) : null;
        var created = mirror is null;
        if (mirror is null)
        {
            DetachMirror(server, environment);
            configuration.Create(machine, alias, frames);
            mirror = MirrorProgram.Create(program, name, machine, insideName);
            machine.Run(configuration.ConfigureInside);
            Links.Batch($"link set dev {name} up");
        }

        using (mirror)
        {
            mirror.SetAlways(always);
            if (links.Any(l => l.Name == port))
                mirror.AttachTo(program, port);
            return new MirrorPort(server, environment, name, insideName, mirror.Flag.Describe().Id, created);
        }

        bool IsInside(LinkRow link)
        {
            var inside = false;
            machine.Run(() => inside = configuration.IsInside(link));
            return inside && link.Flags.Contains("UP");
        }
    }

    /// <summary>Removes a mirror port. Not an error if there is none.</summary>
    public void DetachMirror(string server, string environment)
    {
        var name = MirrorOf(server, environment);
        var port = PortOf(server);
        using (var mirror = MirrorProgram.Find(name))
            mirror?.DetachFrom(port);
        _ = Links.Remove(name);
        MirrorProgram.Sweep(port, Links.All().Where(l => l.Name.StartsWith("hsm", StringComparison.Ordinal)).Select(l => l.Index).ToHashSet());
    }

    /// <summary>The counters of a mirror; null if there is no such mirror port.</summary>
    public MirrorCounters? Read(string server, string environment)
    {
        var name = MirrorOf(server, environment);
        using var mirror = MirrorProgram.Find(name);
        if (mirror is null)
            return null;
        // A kernel before 6.8 reports a copy that overflows the IDS VM's receive queue as delivered, and of a frame that was cut
        // for the wire, only the last piece's fate is told. The device's own count knows all; it comes first, so that a loss in
        // between is missed rather than counted twice.
        var lost = Links.TransmitDrops(name);
        var counts = mirror.Read();
        var unseen = Math.Min(Math.Max(0, lost - (long)counts.Dropped), (long)counts.Mirrored);
        return new MirrorCounters
        {
            Received = (long)counts.Received,
            Sent = (long)counts.Sent,
            Mirrored = (long)counts.Mirrored - unseen,
            Dropped = (long)counts.Dropped + unseen,
            Idle = (long)counts.Idle,
            Bytes = (long)counts.Bytes,
            Refused = (long)counts.Refused,
            Active = mirror.IsActive,
        };
    }

    /// <summary>
    /// The flag of a mirror, to be mapped shared (one page; the first u32: nonzero means copy). It stays valid while the IDS VM's
    /// mirror port exists, also over restarts of the server and of the daemon.
    /// </summary>
    public FileDescriptor OpenFlagMap(string server, string environment)
    {
        using var mirror = MirrorProgram.Find(MirrorOf(server, environment))
            ?? throw new KernelException("mirror", Errno.ENODEV, $"{environment}/{server}");
        return mirror.Flag.Duplicate();
    }

    private string MirrorOf(string server, string environment) => paths.Interface(MirrorRole, $"{environment}/{server}");
}
