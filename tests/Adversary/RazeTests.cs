using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>EXP-3: deleting every file inside a VM harms neither the base nor another VM.</summary>
[Collection(nameof(Scene))]
public sealed class RazeTests(Scene scene)
{
    /// <summary>In a VM of each kind, at once: looking at everything before and after takes longer than the deed.</summary>
    [Fact]
    public void DeletingEverything_InsideVms_HarmsOnlyThoseVms()
    {
        string[] machines = [Scene.RazedServer, Scene.RazedIds];
        var attack = SpecialAttacks.DeleteEverything;
        _ = scene.Machine(Scene.Web);
        var program = Programs.Compile("delete_everything.c", scene.Directory);

        // Control: the same program on a tree of ours.
        var tree = scene.Scratch();
        _ = Directory.CreateDirectory($"{tree}/a/b");
        File.WriteAllText($"{tree}/a/b/file", "x");
        var native = Tool.Run(program, ["native", tree]);
        var gone = !Directory.Exists(tree);

        var before = Fingerprint();
        var razes = machines.Select(m => Task.Run(() => Raze(m, program))).ToArray();
        var inside = razes.Select(r => r.GetAwaiter().GetResult()).ToList();
        var after = Fingerprint();
        var harm = scene.Harm(null) ?? before.Zip(after).Where(p => p.First != p.Second).Select(p => $"{p.First} became {p.Second}").FirstOrDefault();

        var control = new Outcome(gone ? "succeeded" : "failed", native.Output.Trim(), null);
        foreach (var (machine, result) in machines.Zip(inside))
        {
            AttackLog.Write(
                attack, machine, control, $"{result.Output.Trim()}; outside: {harm ?? "unharmed"}",
                harm is not null ? "broken" : gone && Razed(result) ? "held" : "unproven");
        }

        Assert.True(gone, $"the control deleted nothing: {native}");
        Assert.All(machines.Zip(inside), p => Assert.True(Razed(p.Second), $"nothing was deleted in {p.First}, which proves nothing: {p.Second}"));
        Assert.Null(harm);
    }

    private ToolResult Raze(string machine, string program)
    {
        scene.Host.Deliver(machine, "/tmp/raze", File.ReadAllBytes(program));
        // 150,000 files, a whiteout for each: half a minute where the processor is ours alone.
        return scene.Host.Exec(machine, ["/tmp/raze", "vm", "/"], "", TimeSpan.FromMinutes(15));
    }

    private static bool Razed(ToolResult result) => result.Output.Contains("/usr/bin/env is gone", StringComparison.Ordinal);

    /// <summary>Every file of /usr by name, size, owner, mode and time; the contents of some; the shared layers; the other VMs.</summary>
    private List<string> Fingerprint()
    {
        const string list = "-xdev -printf '%p %y %s %m %U %G %T@ %l\\n' | sha256sum";
        return
        [
            "usr " + Shell($"find /usr {list}"),
            "programs " + Shell("cat /usr/bin/[a-g]* 2>/dev/null | sha256sum"),
            "etc " + Shell($"find /etc /root /var/lib/dpkg -maxdepth 2 {list}"),
            "layers " + (Directory.Exists($"{scene.Host.Paths.Cache}/bases") ? Shell($"find {scene.Host.Paths.Cache}/bases {list}") : "none"),
            .. new[] { Scene.Web, Scene.Edge, Scene.Db }.Select(vm => $"{vm} " + scene.Host.Exec(
                vm, "sh", "-c", "find /etc /root /usr/bin -xdev -printf '%p %y %s %m\\n' | sha256sum; cat /root/secret /usr/bin/env | sha256sum").Output),
        ];
    }

    private static string Shell(string command) => Tool.RunChecked("sh", ["-c", command], timeout: TimeSpan.FromMinutes(2)).Trim();
}
