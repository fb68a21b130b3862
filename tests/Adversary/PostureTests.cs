using System.Globalization;
using HyperSpector.Engine.Mediator;
using HyperSpector.Tests.Adversary.Harness;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>What the kernel says of a VM's processes, seen from the base: the walls stand, also for what is entered by <c>exec</c>.</summary>
[Collection(nameof(Scene))]
public sealed class PostureTests(Scene scene)
{
    // Docker's default set, and CAP_NET_ADMIN (12) where asked for.
    private const ulong Default = 0xa80425fb;
    private const ulong NetAdmin = 1UL << 12;
    private const ulong ReadAndSearch = 1UL << 2;

    private static readonly string[] Spaces = ["mnt", "pid", "net", "ipc", "uts", "user", "cgroup"];

    public static TheoryData<string> Machines => [Scene.Web, Scene.Db, Scene.Edge, Scene.Admin];

    [Theory]
    [MemberData(nameof(Machines))]
    public void FirstProcess_EveryNamespace_IsSharedWithNobody(string machine)
    {
        var own = Init(machine);
        foreach (var space in Spaces)
        {
            var link = Space(own, space);
            Assert.NotEqual(Space(1, space, orSelf: true), link);
            Assert.All(Machines.Select(m => m.Data).Where(m => m != machine), other => Assert.NotEqual(Space(Init(other), space), link));
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void FirstProcess_UserIds_AreARangeOfItsOwn(string machine)
    {
        var words = File.ReadAllText($"/proc/{Init(machine)}/uid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["0", "65536"], [words[0], words[2]]);
        var first = uint.Parse(words[1], CultureInfo.InvariantCulture);
        Assert.True(first > 65536);
        Assert.Equal(words, File.ReadAllText($"/proc/{Init(machine)}/gid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Single(scene.Host.Ps(), m => m.FirstId == first);
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void FirstProcess_Privileges_AreNoMoreThanDockersDefault(string machine)
    {
        var allowed = machine == Scene.Admin ? Default | NetAdmin : Default;
        var status = Status(File.ReadAllText($"/proc/{Init(machine)}/status"));
        foreach (var set in new[] { "CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb" })
            Assert.Equal(0UL, ulong.Parse(status[set], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & ~allowed);
        Assert.Equal("2", status["Seccomp"]);
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void Exec_Process_IsConfinedAsTheFirst(string machine)
    {
        var result = scene.Host.Exec(machine, "cat", "/proc/self/status", "/proc/self/uid_map");
        Assert.True(result.Status.Succeeded, result.Error);
        var entered = Status(result.Output);
        var first = Status(File.ReadAllText($"/proc/{Init(machine)}/status"));
        foreach (var field in new[] { "CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb", "Seccomp", "NoNewPrivs" })
            Assert.Equal(first[field], entered[field]);
        foreach (var space in Spaces)
        {
            var link = scene.Host.Exec(machine, "readlink", $"/proc/self/ns/{space}").Output.Trim();
            Assert.Equal(Space(Init(machine), space), link);
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void Exec_Process_InheritsNoDescriptor(string machine)
    {
        _ = scene.Machine(machine);
        // 3 is the directory that ls itself reads.
        var result = scene.Host.Exec(machine, "ls", "/proc/self/fd");
        Assert.Equal(["0", "1", "2", "3"], result.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Views_WhileTheyAreRead_AreServedWithOneCapabilityAndAFilter()
    {
        _ = scene.Machine(Scene.Edge);
        using var scan = scene.Host.StartExec(Scene.Edge, ["sh", "-c", "echo begun; for i in $(seq 30); do cat /.serverfs/usr/bin/* > /dev/null; done"]);
        scan.WaitFor("begun");
        var pid = int.Parse(File.ReadAllText(new MediatorPaths(scene.Host.Paths.MachineRun(Scene.Edge)).ViewsPid).Split(' ')[0], CultureInfo.InvariantCulture);
        var before = Processor(pid);
        Assert.True(SpinWait.SpinUntil(() => Processor(pid) > before + 5, TimeSpan.FromMinutes(1)), "nothing was read");
        foreach (var thread in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            var status = Status(File.ReadAllText($"{thread}/status"));
            Assert.Equal(ReadAndSearch, ulong.Parse(status["CapEff"], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            Assert.Equal(ReadAndSearch, ulong.Parse(status["CapPrm"], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            // It came by it through execve(2), for which it is inheritable; its filter lets it execute nothing more.
            foreach (var set in new[] { "CapInh", "CapAmb", "CapBnd" })
                Assert.Equal(0UL, ulong.Parse(status[set], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & ~ReadAndSearch);
            Assert.Equal(("2", "1"), (status["Seccomp"], status["NoNewPrivs"]));
            Assert.DoesNotContain("0", status["Uid"].Split('\t'));
        }

        scan.Stop();
    }

    // Ticks of processor time, proc_pid_stat(5).
    private static long Processor(int pid)
    {
        var words = File.ReadAllText($"/proc/{pid}/stat");
        var fields = words[(words.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    private int Init(string machine)
    {
        _ = scene.Machine(machine);
        return scene.Host.Ps().Single(m => m.Name == machine).Pid!.Value;
    }

    private static string Space(int pid, string space, bool orSelf = false) =>
        new FileInfo($"/proc/{(orSelf ? "self" : pid.ToString(CultureInfo.InvariantCulture))}/ns/{space}").LinkTarget!;

    private static Dictionary<string, string> Status(string text) =>
        text.Split('\n').Where(l => l.Contains(":\t", StringComparison.Ordinal)).Select(l => l.Split(":\t", 2)).ToDictionary(l => l[0], l => l[1].Trim());
}
