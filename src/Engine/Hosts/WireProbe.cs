using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// Looks from outside whether a server VM's end of its port and an IDS VM's end of its mirror are as they were made: whoever has
/// CAP_NET_ADMIN there can switch them off, rename them or change their MTU, which nothing in the base tells.
/// </summary>
internal sealed class WireProbe : IDisposable
{
    private readonly LinkProbe _inIds;
    private readonly LinkProbe _inServer;
    private readonly string _mirror;
    private readonly LinkState? _mirrorThen;
    private readonly LinkState? _portThen;

    private WireProbe(LinkProbe inIds, string mirror, LinkProbe inServer, int serverPid)
    {
        (_inIds, _mirror, _inServer, ServerPid) = (inIds, mirror, inServer, serverPid);
        _mirrorThen = inIds.Find(mirror);
        _portThen = inServer.Find(PortConfiguration.Inside);
    }

    /// <summary>The server VM's first process.</summary>
    internal int ServerPid { get; }

    internal static WireProbe Open(int idsPid, string mirror, int serverPid)
    {
        var inIds = LinkProbe.OpenOf(idsPid);
        try
        {
            return new WireProbe(inIds, mirror, LinkProbe.OpenOf(serverPid), serverPid);
        }
        catch (KernelException)
        {
            inIds.Dispose();
            throw;
        }
    }

    /// <summary>What is wrong; null if nothing.</summary>
    internal string? Defect() =>
        Compare(_inIds.Find(_mirror), _mirrorThen, _mirror) ?? Compare(_inServer.Find(PortConfiguration.Inside), _portThen, "its " + PortConfiguration.Inside);

    public void Dispose()
    {
        _inIds.Dispose();
        _inServer.Dispose();
    }

    // Somebody may have been quicker than our first look: right is only what is up and has the right MTU.
    private static string? Compare(LinkState? now, LinkState? then, string name) => now switch
    {
        null => $"{name} is gone, renamed or moved",
        { IsUp: false } => $"{name} was switched off",
        { Mtu: not PortConfiguration.Mtu } => $"the MTU of {name} was changed",
        _ => now.Value.Index == then?.Index ? null : $"{name} is another interface",
    };
}
