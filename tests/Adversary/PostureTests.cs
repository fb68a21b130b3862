using System.Globalization;
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
