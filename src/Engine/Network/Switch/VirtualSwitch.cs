using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Network.Mirror;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// The virtual switch of one host (SW-1…5), in the network namespace of the calling thread. One thread at a time. All state is in
/// the kernel; a daemon that starts anew finds everything again.
/// </summary>
/// <param name="paths">The host.</param>
/// <param name="program">Path of the eBPF object <c>mirror.bpf.o</c>.</param>
public sealed class VirtualSwitch(HostPaths paths, string program)
{
    /// <summary>The eBPF object of an installed HyperSpector.</summary>
    public static string InstalledProgram => Path.Join(AppContext.BaseDirectory, "bpf/mirror.bpf.o");

    /// <summary>Makes the host's nft table and turns forwarding on, remembering what was changed. Idempotent.</summary>
    public void Prepare() => throw new NotSupportedException(paths.Name + program);

    /// <summary>
    /// Gives a server VM its port: <c>eth0</c>, addresses, routes, policing, published ports. Idempotent: the right port is kept,
    /// only what differs is changed. Mirrors of this server that exist already are attached before the port goes up, so the order
    /// of <see cref="AttachServer"/> and <see cref="AttachMirror"/> is free. Call it between the runtime's create and start.
    /// </summary>
    /// <param name="server">The VM.</param>
    /// <param name="initPid">A process in its network namespace.</param>
    /// <param name="addresses">From <see cref="AddressPlan.For"/>.</param>
    /// <param name="publish">Ports of the base that lead into it.</param>
    public ServerPort AttachServer(string server, int initPid, PortAddresses addresses, IReadOnlyList<PublishedPort> publish) =>
        throw new NotSupportedException();

    /// <summary>Removes a server's port and everything about it; mirrors wait for a new one. Not an error if there is none.</summary>
    public void DetachServer(string server) => throw new NotSupportedException();

    /// <summary>Gives an IDS VM a mirror port. Idempotent; the server may get its port earlier or later.</summary>
    /// <param name="server">The watched server VM.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="idsInitPid">A process in the IDS VM's network namespace.</param>
    /// <param name="insideName">The interface there, e.g. <c>mon0</c>.</param>
    /// <param name="frames">How frames are delivered.</param>
    /// <param name="always">Copy whether or not somebody captures.</param>
    public MirrorPort AttachMirror(
        string server, string environment, int idsInitPid, string insideName, FrameForm frames, bool always) =>
        throw new NotSupportedException();

    /// <summary>Removes a mirror port. Not an error if there is none.</summary>
    public void DetachMirror(string server, string environment) => throw new NotSupportedException();

    /// <summary>Removes everything of this host: ports, mirrors, tables; forwarding is as before. Works after any crash.</summary>
    public void RemoveAll() => throw new NotSupportedException();

    /// <summary>The counters of a mirror; null if there is no such mirror port.</summary>
    public MirrorCounters? Read(string server, string environment) => throw new NotSupportedException();

    /// <summary>What a server's port refused; null if it has none.</summary>
    public PolicingCounters? ReadPolicing(string server) => throw new NotSupportedException();

    /// <summary>
    /// The flag of a mirror, to be mapped shared (one page; the first u32: nonzero means copy). It stays valid while the IDS VM's
    /// mirror port exists, also over restarts of the server and of the daemon.
    /// </summary>
    public FileDescriptor OpenFlagMap(string server, string environment) => throw new NotSupportedException();
}
