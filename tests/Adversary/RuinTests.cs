using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>
/// A VM uses up what all share; while it holds it, a server of the same host is served and seen by its IDS VM. The numbers are as
/// large as shows it, and bounded: this machine is not for ruin.
/// </summary>
[Collection(nameof(Scene))]
public sealed class RuinTests(Scene scene)
{
    private const string Program = "ruin.py";
    private const string Python = "/usr/bin/python3";

    // Segments are whole, and the line that fills one up still goes into it.
    private const long KeptOutput = 20 << 20;

    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var attack in SpecialAttacks.Ruins)
            {
                // A VM's network is ruined from the VM that has one: never from the one that is looked at.
                foreach (var machine in attack.From == Vantage.Server ? [Scene.DoomedServer] : Scene.Attackers(attack.From))
                    rows.Add(attack.Id, machine);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Neighbours_OfAVmThatUsesUpWhatIsShared_AreServedAndSeen(string id, string machine)
    {
        var attack = SpecialAttacks.Ruins.Single(a => a.Id == id);
        var control = Native(id);
        _ = scene.Machine(machine);
        var program = $"/tmp/{Scene.NewToken()}.py";
        scene.Host.Deliver(machine, program, System.Text.Encoding.UTF8.GetBytes(Programs.Text(Program)));
        string said;
        string? harm;
        using (var ruin = scene.Host.StartExec(machine, [Python, program, "vm", .. Inside(id)]))
        {
            try
            {
                ruin.WaitFor("HOLDING");
                harm = Harm() ?? Kept(id, machine);
            }
            finally
            {
                Release(program);
            }

            Assert.True(ruin.WaitForEnd(TimeSpan.FromMinutes(1)), $"{id} in {machine} does not end: {ruin.Output}");
            said = ruin.Output.Trim();
        }

        var tried = said.Contains("ATTACK done", StringComparison.Ordinal);
        var worked = control.Word == "succeeded";
        AttackLog.Write(attack, machine, control, $"{said.Split('\n')[^1]}; neighbours: {harm ?? "served and seen"}", harm is not null ? "broken" : tried && worked ? "held" : "unproven");
        Assert.True(worked, $"the control of {id} did not work, so the attack proves nothing: {control}");
        Assert.True(tried, $"{id} in {machine} was not carried through: {said}");
        Assert.Null(harm);
    }

    private static string[] Inside(string id) => id switch
    {
        "ruin.processes" => ["processes", "600"],
        "ruin.open-files" => ["open-files", "5000"],
        // More than a table of the usual size holds; a busy machine gets less far in the time.
        "ruin.connections" => ["connections", "270000", TestNetwork.ClientAddress4],
        // Three times the table (gc_thresh3).
        "ruin.neighbours" => ["neighbours", "3000", "2001:db8:5e::7:"],
        "ruin.output" => ["output", "64", "/proc/1/fd/1"],
        _ => throw new ArgumentOutOfRangeException(nameof(id), id, "no such ruin"),
    };

    /// <summary>The same on the base, in surroundings of its own, where nothing holds it up.</summary>
    private Outcome Native(string id)
    {
        const string alone = "ip link set lo up; ip link add e0 type veth peer name e1; ip link set e1 up; ip link set e0 up; "
            + "ip address add 2001:db8:77::1/64 dev e0 nodad; nft 'table inet t { chain c { type filter hook output priority 0; ct state new accept; }; }'; exec \"$@\"";
        string[] arguments = id switch
        {
            "ruin.connections" => ["connections", "50000", "127.0.0.1"],
            "ruin.neighbours" => ["neighbours", "1000", "2001:db8:77::7:"],
            "ruin.output" => ["output", "64", $"{scene.Scratch()}/kept"],
            _ => Inside(id),
        };
        var result = Tool.Run("unshare", ["--net", "sh", "-c", alone, "sh", Python, "-", "native", .. arguments], Programs.Text(Program), TestHost.CommandLimit);
        if (id == "ruin.output")
            File.Delete(arguments[2]);
        var line = result.Output.Split('\n').LastOrDefault(l => l.StartsWith("ATTACK ", StringComparison.Ordinal));
        return line is null ? new Outcome("silent", $"{result}", null) : new Outcome(line.Split(' ')[1].TrimEnd(':'), line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..], null);
    }

    /// <summary>Served from outside, by old and new neighbours of the base, and seen.</summary>
    private string? Harm()
    {
        if (PortAttacks.Disturbed(scene) is { } disturbed)
            return disturbed;
        // The base forgets who its neighbour is, and must find it again.
        foreach (var family in (string[])["-4", "-6"])
            _ = Tool.Run("ip", ["-n", scene.Host.Network.Base, family, "neighbour", "flush", "dev", TestNetwork.BaseInterface]);
        foreach (var address in (string[])[TestNetwork.BaseAddress4, TestNetwork.BaseAddress6])
        {
            var answer = Tool.Run(
                "nsenter", TestNetwork.Enter(scene.Host.Network.Client, Python, "-", "native", "tcp", "8080", address, address, address), Programs.Text("network.py"));
            if (!answer.Output.Contains(scene.Machine(Scene.Web).Marker, StringComparison.Ordinal))
                return $"{Scene.Web} is not served at {address}: {answer}";
        }

        return scene.Harm(null);
    }

    /// <summary>Tells all processes of the program to let go, from outside.</summary>
    private static void Release(string program)
    {
        const int SIGUSR1 = 10;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var pid))
                continue;
            try
            {
                // Not those that brought it there, which name it, too.
                var words = File.ReadAllText($"{directory}/cmdline").Split('\0');
                if (words.Length < 3 || words[0] != Python || words[1] != program)
                    continue;
                using var process = PidFd.TryOpen(pid);
                _ = process?.Signal(SIGUSR1);
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }
    }

    private string? Kept(string id, string machine)
    {
        if (id != "ruin.output")
            return null;
        var directory = $"{scene.Host.Paths.State}/logs/{machine}";
        var size = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
        return size > KeptOutput ? $"{size} bytes of its output are kept" : size == 0 ? "nothing of its output is kept, so nothing was tried" : null;
    }
}
