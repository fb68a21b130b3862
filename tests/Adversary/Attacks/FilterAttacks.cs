using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>
/// A mirror's filter, here all but UDP at port 7777 of either side: to see or to change it, to see what it leaves out, to hide in that.
/// </summary>
internal static class FilterAttacks
{
    private const string Program = "hiding.py";
    private const string LeftOut = "9999";

    internal static readonly IReadOnlyList<Attack> All =
    [
        new Attack
        {
            Id = "filter.maps",
            What = "read or change a mirror's filter in the kernel (BPF maps by number or name)",
            Requirements = "MOD-3 MOD-4 SW-2 IDS-4",
            From = Vantage.Both | Vantage.Sift,
            Program = Program,
            Native = s =>
            {
                _ = s.Machine(Scene.Sift);
                return new Trial("maps");
            },
            Inside = (_, _) => new Trial("maps"),
            Expected = "map=EPERM",
        },
        new Attack
        {
            Id = "filter.admin-remade",
            What = "with net_admin: have the mirror port made anew over and over, to see what its filter leaves out",
            Requirements = "MOD-4 IDS-4",
            From = Vantage.Sift,
            Program = Program,
            Native = _ => new Trial("remade", "e0", "1") { Wrapper = ["unshare", "--net", "sh", "-c", "ip link add e0 type veth peer name e1 && exec \"$@\"", "sh"] },
            Inside = (s, _) => WhileItSends(s, new Trial("remade", "mon0", "4")),
            Expected = "deleted ([2-9]|[1-9][0-9]+) times",
        },
    ];

    /// <summary>Meanwhile the server sends what is left out, all the time.</summary>
    private static Trial WhileItSends(Scene scene, Trial trial)
    {
        var token = Scene.NewToken();
        Background? sender = null;
        return trial with
        {
            Before = () =>
            {
                var program = $"""
                    import socket, time
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    end = time.time() + 5
                    while time.time() < end:
                        try:
                            s.sendto(b"{token}", ("{TestNetwork.NicClientAddress4}", {LeftOut}))
                        except OSError:
                            pass
                        time.sleep(0.002)
                    """;
                sender = scene.Host.StartExec(Scene.Lan, ["/usr/bin/python3", "-c", program]);
            },
            Effect = _ =>
            {
                var ended = sender!.WaitForEnd(TimeSpan.FromSeconds(60));
                return !ended ? "the sender does not end" : UplinkAttacks.Count(scene.Machine(Scene.Sift), $"FRAME mon0 {token}") is > 0 and var seen ? $"{seen} frames that are left out were seen"
                    : UplinkAttacks.Count(scene.Client, $"FRAME {TestNetwork.NicOfClient} {token}") < 100 ? "nothing was sent, so nothing was tried" : null;
            },
            After = () => sender?.Dispose(),
        };
    }
}
