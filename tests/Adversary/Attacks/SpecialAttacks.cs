using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Rows that tests of their own try: they need more than one program that runs once on the base and once in a VM.</summary>
internal static class SpecialAttacks
{
    private const string Output = "MOD-4 MOD-5";

    internal static readonly Attack DeleteEverything =
        Row("ruin.delete-everything", "rm -rf --no-preserve-root / inside the VM", "EXP-3 MOD-3 MOD-4 IDS-2 SRV-1");

    internal static readonly Attack TypeIntoTerminal =
        Row("terminal.type", "type into the administrator's terminal during exec (TIOCSTI)", "MOD-3 MOD-4");

    internal static readonly Attack FileMode = Row("door.file-mode", "talk to the daemon as another user of the base than root", "MOD-5 IDS-4");

    internal static readonly Attack PeerCredentials =
        Row("door.peer-credentials", "the same where somebody has opened the socket to all", "MOD-5 IDS-4");

    internal static readonly Attack Alerts = Row("terminal.alerts", "command the administrator's terminal through alerts", Output);

    internal static readonly Attack Logs = Row("terminal.logs", "command the administrator's terminal through logs", Output);

    internal static readonly IReadOnlyList<Attack> Outputs =
    [
        Row("output.link", "a link to a file of the base in place of an output", Output),
        Row("output.link-to-proc", "a link through /proc in place of an output", Output),
        Row("output.link-that-climbs", "a link that climbs out by .. in place of an output", Output),
        Row("output.fifo", "a FIFO that nobody writes to in place of an output", Output),
        Row("output.flicker", "links, files and FIFOs in place of an output, in turn, quickly", Output),
    ];

    internal static readonly Attack EndlessLine = Row("output.endless-line", "a line of 100 MiB in an output", Output);

    internal static readonly Attack Names = Row("output.names", "hostile names beside an output: control characters, the longest, thousands", Output);

    internal static readonly Attack Spool = Row("output.spool", "fill the spool of events with alerts", Output + " MOD-2");

    internal static readonly Attack WorkDirectory = Row(
        "escape.work-directory", "have exec -w begin in a directory that the runtime has left open (CVE-2024-21626)", "MOD-3 MOD-4");

    internal static readonly Attack VolumeTarget = Row(
        "escape.volume-target", "lead a volume's mount, or the first process's directory, out of the VM by links, for the next start (CVE-2021-30465)",
        "MOD-3 MOD-4 IDS-2 SRV-1");

    internal static readonly Attack Flood = Row(
        "outside.flood", "flood a published port with SYNs and malformed packets while an IDS watches", "MOD-3 SW-2");

    internal static readonly Attack HideFromFilter = Row(
        "filter.hide", "deliver datagrams that the IDS wants to see, as if its filter left them out: in pieces, behind options, headers and tags", "MOD-3 SW-2");

    internal static readonly Attack ReachBaseBesideNic = Row(
        "uplink.outside-base", "reach the base through the part at its NIC that belongs to a server VM", "MOD-3 MOD-5 SW-1");

    internal static readonly Attack HostBase = Row(
        "uplink.host-base", "with uplink: host, connect to the base, by what it keeps or otherwise", "MOD-3 SW-1 EXP-1");

    internal static readonly Attack HostKept = Row(
        "uplink.host-kept", "with uplink: host, get what arrives for the ports that the base keeps, or that are published for another server", "MOD-3 SW-1");

    internal static readonly Attack HostShadow = Row(
        "uplink.host-shadow", "the same by connections of its own from those ports (port shadowing, CVE-2021-3773)", "MOD-3 SW-1");

    internal static readonly IReadOnlyList<Attack> Uplinks = [HideFromFilter, ReachBaseBesideNic, HostBase, HostKept, HostShadow];

    /// <summary>What is used up, and from where.</summary>
    internal static readonly IReadOnlyList<Attack> Ruins =
    [
        Ruin("processes", "the process table", Vantage.Doomed),
        Ruin("open-files", "the table of open files", Vantage.Doomed),
        Ruin("connections", "connection tracking", Vantage.Server),
        Ruin("neighbours", "the table of neighbours", Vantage.Server),
        Ruin("output", "what is kept of the VM's output", Vantage.Doomed),
    ];

    internal static readonly IReadOnlyList<Attack> All =
    [
        DeleteEverything, TypeIntoTerminal, FileMode, PeerCredentials, Alerts, Logs, EndlessLine, Names, Spool, WorkDirectory, VolumeTarget, Flood,
        .. Outputs, .. Ruins, .. Uplinks,
    ];

    private static Attack Ruin(string what, string words, Vantage from) =>
        Row($"ruin.{what}", $"use up {words}, and see whether the neighbours are served and seen", "MOD-3 MOD-4 SW-2") with { From = from };

    private static Attack Row(string id, string what, string requirements) => new() { Id = id, What = what, Requirements = requirements };
}
