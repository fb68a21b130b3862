using System.Globalization;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using static HyperSpector.Tests.Adversary.Attacks.Catalogue;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>The kernel's message protocols, and capturing by other ways than a packet socket.</summary>
internal static class CaptureAttacks
{
    private const string Wall = "MOD-3 MOD-4";
    private const string Program = "netlink.py";

    // Some of these protocols speak only in the machine's first network namespace. Nothing is sent there.
    private static readonly string[] FirstSpace = ["nsenter", $"--net=/proc/{Environment.ProcessId}/ns/net"];

    internal static readonly IReadOnlyList<Attack> All =
    [
        Same("netlink.audit", "ask the machine's audit system for its state", Wall, Program, "audit") with { Present = Has("audit") },
        Same("netlink.audit-log", "read the machine's audit records", Wall, Program, "audit-log", "1") with { Present = Has("audit") },
        new Attack
        {
            Id = "netlink.uevents",
            What = "hear of the machine's devices (uevents)",
            Requirements = Wall,
            Program = Program,
            Native = _ => Changed(),
            Inside = (_, _) => Changed(),
            Expected = "saw nothing",
        },
        new Attack
        {
            Id = "netlink.process-events",
            What = "hear of every process of the machine (proc connector)",
            Requirements = Wall,
            Program = Program,
            Present = File.Exists("/proc/net/connector"),
            Native = _ => Forking() with { Wrapper = FirstSpace },
            Inside = (_, _) => Forking(),
        },
        new Attack
        {
            Id = "netlink.taskstats",
            What = "read statistics of a process of the base (taskstats)",
            Requirements = Wall,
            Program = Program,
            Present = Has("taskstats", "1"),
            Native = s => new Trial("taskstats", Pid(s.Base)) { Wrapper = FirstSpace },
            Inside = (s, p) => new Trial(["taskstats", .. s.Places.Where(o => o != p).Select(Pid)]),
        },
        Same("netlink.families", "command the kernel by any other protocol of netlink", Wall + " IDS-4", Program, "netlink-families") with
        {
            Native = _ => new Trial("netlink-families") { Wrapper = ["unshare", "--net"] },
            Expected = "EPERM",
        },
        Logged("capture.log-rule", "capture by a logging rule (NFLOG)", Vantage.Server | Vantage.Ids, ["eth0"]) with { Expected = "EPERM" },
        Logged("capture.nested-log-rule", "the same in a user namespace of one's own", Vantage.Server | Vantage.Ids, ["lo"], nested: true) with { Expected = "EPERM" },
        // It may log what its own ports deliver; what is not its servers' never arrives there.
        Logged("capture.admin-log-rule", "with net_admin: capture, by a logging rule, what is not of the watched servers", Vantage.Admin, ["mon-web", "mon-db", "lo"]),
        Same("capture.io-uring", "make a packet socket that no filter sees (io_uring)", Wall + " SW-5", Program, "io-uring-capture") with { Expected = "EPERM|ENOSYS" },
        Same("capture.nested-packet-socket", "make a packet socket in a user namespace of one's own", Wall + " SW-5", "kernel.py", "nested-packet-socket") with
        {
            Expected = "only in the VM's own",
        },
    ];

    private static string Pid(Place place) => place.Pid.ToString(CultureInfo.InvariantCulture);

    /// <summary>Asked as root of the base: an error says that this kernel has it not, or that the tests run in a container.</summary>
    private static bool Has(params IReadOnlyList<string> kind) => Tool.Run(
        "/usr/bin/python3", ["-", "native", .. kind], Programs.Text(Program), TimeSpan.FromSeconds(20)).Output.Contains("ATTACK succeeded", StringComparison.Ordinal);

    /// <summary>Meanwhile a device of the machine says that it has changed: /dev/null, which has not.</summary>
    private static Trial Changed() => Meanwhile(
        new Trial("uevents", "1.5"), () => File.WriteAllText("/sys/devices/virtual/mem/null/uevent", "change"));

    private static Trial Forking() => Meanwhile(new Trial("process-events", "1.5"), () => Tool.Run("true", []));

    private static Attack Logged(string id, string what, Vantage from, IReadOnlyList<string> devices, bool nested = false) => new()
    {
        Id = id,
        What = what,
        Requirements = Wall + " SW-3",
        From = from,
        Program = Program,
        Native = s => Addressed(s.Ordinary, "log-capture", [TestNetwork.BaseInterface]) with { Space = s.Ordinary.Base },
        Inside = (s, p) => Addressed(s.Host.Network, nested ? "nested-log-capture" : "log-capture", p.Name == Scene.Edge && !nested ? ["mon0"] : devices),
    };

    /// <summary>Meanwhile the client speaks to the base, not to a server.</summary>
    private static Trial Addressed(TestNetwork network, string kind, IReadOnlyList<string> devices)
    {
        var token = Scene.NewToken();
        return Meanwhile(new Trial([kind, token, "2", .. devices]), () => Tool.Run(
            "nsenter",
            TestNetwork.Enter(network.Client, "/usr/bin/python3", "-", "native", "udp", token, "7777", TestNetwork.BaseAddress4), Programs.Text("network.py")));
    }

    private static Trial Meanwhile(Trial trial, Action action)
    {
        var stop = false;
        Thread? acts = null;
        return trial with
        {
            Before = () =>
            {
                acts = new Thread(() =>
                {
                    while (!Volatile.Read(ref stop))
                    {
                        action();
                        Thread.Sleep(200);
                    }
                });
                acts.Start();
            },
            After = () =>
            {
                Volatile.Write(ref stop, true);
                acts!.Join();
            },
        };
    }
}
