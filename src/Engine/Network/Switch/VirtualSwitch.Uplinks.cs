using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Network.Switch;

public sealed partial class VirtualSwitch
{
    /// <summary>What keeps a server VM from the network of its NIC; null: nothing, or it has no NIC.</summary>
    /// <param name="server">The server.</param>
    /// <param name="uplink">Its uplink.</param>
    /// <param name="thorough">Look at everything, not only whether there is a sign that something is wrong.</param>
    public string? UplinkDefect(string server, UplinkSpec? uplink, bool thorough)
    {
        var nic = UplinkOf(server, uplink);
        return nic is null || (!thorough && nic.LooksWell()) ? null : nic.Defect(PortOf(server));
    }

    private string UplinkNameOf(string server) => paths.Interface(UplinkRole, server);

    private Uplink? UplinkOf(string server, UplinkSpec? uplink) => uplink?.Nic is { } nic
        ? new Uplink(paths.Name, server, UplinkNameOf(server), nic, Nics.Mac(Nics.MachineId(), paths.Name, server))
        : null;
}
