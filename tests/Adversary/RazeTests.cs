using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>EXP-3: deleting every file inside a VM harms neither the base nor another VM.</summary>
[Collection(nameof(Scene))]
public sealed class RazeTests(Scene scene)
{
    [Theory]
    [InlineData(Scene.RazedServer)]
    [InlineData(Scene.RazedIds)]
    public void DeletingEverything_InsideVm_HarmsOnlyThatVm(string machine)
    {
        var attack = new Harness.Attack
        {
            Id = "ruin.delete-everything",
            What = "rm -rf --no-preserve-root / inside the VM",
            Requirements = "EXP-3 MOD-3 MOD-4 IDS-2 SRV-1",
            Program = "delete_everything.c",
            Native = _ => throw new NotSupportedException(),
            Inside = (_, _) => throw new NotSupportedException(),
        };
        _ = scene.Machine(Scene.Web);
        var program = Programs.Compile(attack.Program, scene.Directory);

        // Control: the same program on a tree of ours.
        var tree = scene.Scratch();
        _ = Directory.CreateDirectory($"{tree}/a/b");
        File.WriteAllText($"{tree}/a/b/file", "x");
        var native = Tool.Run(program, ["native", tree]);
        var gone = !Directory.Exists(tree);

        var before = Fingerprint();
        scene.Host.Deliver(machine, "/tmp/raze", File.ReadAllBytes(program));
        // 150,000 files, a whiteout for each: half a minute where the processor is ours alone.
        var inside = scene.Host.Exec(machine, ["/tmp/raze", "vm", "/"], "", TimeSpan.FromMinutes(15));
        var after = Fingerprint();
        var harm = scene.Harm(null) ?? before.Zip(after).Where(p => p.First != p.Second).Select(p => $"{p.First} became {p.Second}").FirstOrDefault();

        var razed = inside.Output.Contains("/usr/bin/env is gone", StringComparison.Ordinal);
        var control = new Outcome(gone ? "succeeded" : "failed", native.Output.Trim(), null);
        AttackLog.Write(
            attack, machine, control, $"{inside.Output.Trim()}; outside: {harm ?? "unharmed"}",
            harm is not null ? "broken" : gone && razed ? "held" : "unproven");
        Assert.True(gone, $"the control deleted nothing: {native}");
        Assert.True(razed, $"nothing was deleted in {machine}, which proves nothing: {inside}");
        Assert.Null(harm);
    }

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
