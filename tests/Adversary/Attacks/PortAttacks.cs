using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>
/// With net_admin a VM may do what it likes to its own end of a port. No frame gets out by it, and nobody else is disturbed: the
/// server is served, and other IDS VMs that watch the same server see its frames.
/// </summary>
internal static class PortAttacks
{
    private const string Program = "network.py";

    internal static readonly IReadOnlyList<Attack> All =
    [
        Spoil("delete", "mon-db", "delete its end of the port"),
        Spoil("rename", "mon-doomed", "rename its end of the port"),
        Spoil("down", "mon-web", "take its end of the port down"),
        Spoil("size", "mon-web", "change the size of frames at its end of the port"),
        Spoil("address", "mon-web", "change the address and the flags of its end of the port"),
        Spoil("move", "mon-web", "move its end of the port into another network namespace") with { Expected = "EPERM" },
    ];

    private static Attack Spoil(string how, string device, string what) => new()
    {
        Id = $"port.admin-{how}",
        What = $"with net_admin: {what}, and send through it",
        Requirements = "MOD-4 SW-2 SW-4 NET-3 EXP-2",
        From = Vantage.Breaker,
        Program = Program,
        Native = _ => new Trial("spoil", "e0", Scene.NewToken(), how)
        {
            Wrapper = ["unshare", "--net", "sh", "-c", "ip link add e0 type veth peer name e1 && ip link set e1 up && ip link set e0 up && exec \"$@\"", "sh"],
        },
        Inside = (s, p) =>
        {
            var token = Scene.NewToken();
            return new Trial(["spoil", device, token, how, .. MirrorAttacks.Frames(s, "02:00:00:00:00:78")])
            {
                Token = token,
                Effect = _ => Disturbed(s),
            };
        },
    };

    /// <summary>What no longer works between the watched server, the outside and another IDS VM; null if all does.</summary>
    internal static string? Disturbed(Scene scene)
    {
        var token = Scene.NewToken();
        var edge = scene.Machine(Scene.Edge);
        for (var i = 0; i < 10; i++)
        {
            var sent = scene.Host.Exec(
                Scene.Web, ["/usr/bin/python3", "-", "vm", "udp", token, "7777", TestNetwork.ClientAddress4], Programs.Text(Program), TestHost.CommandLimit);
            if (!sent.Status.Succeeded)
                return $"nothing can be run in {Scene.Web} any more: {sent}";
            if (scene.Client.Log.Contains($"{token}\n", StringComparison.Ordinal) && edge.Log.Contains($"FRAME mon0 {token}", StringComparison.Ordinal))
                return null;
            Thread.Sleep(200);
        }

        return scene.Client.Log.Contains($"{token}\n", StringComparison.Ordinal)
            ? $"{Scene.Edge} no longer sees what {Scene.Web} sends" : $"what {Scene.Web} sends no longer arrives";
    }
}
