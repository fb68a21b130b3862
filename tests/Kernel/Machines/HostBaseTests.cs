using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Machines;

// One at a time: some compare which processes of VMs there are, and all use the same user ids.
[Collection("machines")]
public sealed class HostBaseTests : IDisposable
{
    private readonly ScratchHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Machine_RootCommand_SeesItselfAsRoot()
    {
        var text = _host.Run(Plan("web", "id -u; id -g; cat /proc/self/uid_map; hostname; pwd; echo $HOME"));
        Assert.Equal(["0", "0", $"         0 {ScratchHost.Ids(0)}      65536", "web", "/", "/root"], Lines(text));
    }

    [Fact]
    public void Machine_UserByName_RunsAsThatUser()
    {
        var text = _host.Run(Plan("web", "id -un; id -gn; grep CapEff /proc/self/status") with { User = "nobody" });
        Assert.Equal(["nobody", "nogroup", "CapEff:\t0000000000000000"], Lines(text));
    }

    [Fact]
    public void Machine_SecretsOfTheBase_AreAbsent()
    {
        // The control: on the base itself all of this is there.
        Assert.Contains("root:", File.ReadAllText("/etc/shadow"), StringComparison.Ordinal);
        Assert.True(Directory.EnumerateFileSystemEntries("/root").Any());
        var text = _host.Run(Plan("web", """
            cut -d: -f2 /etc/shadow | sort -u
            ls -A /root /home /usr/local/etc /etc/ssl/private 2>&1
            ls -d /var/lib/hyperspector /var/tmp/hyperspector-test* 2>/dev/null
            """));
        Assert.Equal(
            ["*", "/etc/ssl/private:", "/home:", "/root:", "/usr/local/etc:"],
            Lines(text).Order(StringComparer.Ordinal).Where(l => l.Length > 0));
    }

    [Fact]
    public void Machine_Writes_GoToTheUpperAndLeaveTheBaseAlone()
    {
        var before = File.ReadAllText("/etc/passwd");
        var text = _host.Run(Plan("web", """
            echo mine >> /etc/passwd && echo x > /usr/bin/hs-new && rm /usr/bin/env && rm -r /usr/share/doc && mkdir /opt/a && echo done
            test -e /usr/bin/env || echo gone; ls -ld /usr/bin/hs-new | cut -d' ' -f3
            """), keepState: true);
        Assert.Equal(["done", "gone", "root"], Lines(text));
        Assert.Equal(before, File.ReadAllText("/etc/passwd"));
        Assert.True(File.Exists("/usr/bin/env"));
        Assert.False(File.Exists("/usr/bin/hs-new"));
        Assert.True(Directory.Exists("/usr/share/doc"));
        Assert.True(File.Exists($"{_host.Paths.MachineState("web")}/upper/@usr/bin/hs-new"));
        // The state was kept: a second run finds it.
        Assert.Equal(["x", "mine"], Lines(_host.Run(Plan("web", "cat /usr/bin/hs-new; tail -1 /etc/passwd"))));
    }

    [Fact]
    public void Machine_Removed_LeavesNoTrace()
    {
        var before = Traces.Of(_host.Prefix, _host.Paths.Name);
        var created = _host.Create(Plan("web", "sleep 1000 & sleep 1000"));
        _host.Factory.Start("web");
        Assert.Equal(created.Pid, _host.Factory.Inspect("web")?.Pid);
        Assert.Equal("running", _host.Factory.Inspect("web")?.Status);
        Assert.Equal(["web"], _host.Factory.ListLeftovers());
        Assert.NotEmpty(Traces.ProcessesOf(_host.Paths.Name));
        _host.Factory.Remove("web", keepState: false);
        _host.Factory.Remove("web", keepState: false);
        var after = Traces.Of(_host.Prefix, _host.Paths.Name);
        Assert.Equal(before.Mounts, after.Mounts);
        Assert.Equal(before.Processes, after.Processes);
        Assert.DoesNotContain(after.Cgroups, c => c.EndsWith('/' + _host.Paths.Name));
        Assert.Equal(["run/hyperspector", "var/lib/hyperspector"], after.Files.Except(before.Files).Select(f => f[(_host.Prefix.Length + 1)..].Split("-t")[0]));
        Assert.Empty(_host.Factory.ListLeftovers());
        Assert.Null(_host.Factory.Inspect("web"));
    }

    [Fact]
    public void TwoMachines_Ids_AreDisjointAndNeitherSeesTheOther()
    {
        _ = _host.Create(Plan("a", "sleep 1000"));
        _host.Factory.Start("a");
        var text = _host.Run(Plan("b", "ls -d /proc/[0-9]* | wc -l; cat /proc/self/uid_map") with { FirstId = ScratchHost.Ids(1) });
        Assert.Equal(["1", "         0 1610678272      65536"], Lines(text).Select(l => l == "2" || l == "3" ? "1" : l));
    }

    [Fact]
    public void Create_SkeletonIsCached_IsNotMadeAgain()
    {
        _ = _host.Run(Plan("web", "true"));
        var made = Skeletons();
        _ = _host.Create(Plan("web", "sleep 1000"));
        Assert.NotEmpty(made);
        Assert.Equal(made, Skeletons());
    }

    [Fact]
    public void Create_ProgramMissing_FailsWithOneLineAndUndoes()
    {
        var failure = Assert.ThrowsAny<IOException>(() =>
        {
            _ = _host.Create(Plan("web", "") with { Arguments = ["/no/such/program"] });
            _host.Factory.Start("web");
        });
        Assert.Contains("/no/such/program", failure.Message, StringComparison.Ordinal);
    }

    // Each with its inode and time: one that was made anew under the same name would have another.
    private string[] Skeletons() => [.. Directory.GetDirectories($"{_host.Paths.Cache}/bases")
        .Select(d => Tool.RunChecked("stat", ["-c", "%n %i %w", $"{d}/root"])).Order(StringComparer.Ordinal)];

    internal static string[] Lines(string text) => text.TrimEnd('\n').Split('\n');

    private static MachinePlan Plan(string name, string script) => new()
    {
        Name = name,
        Kind = MachineKind.Server,
        FirstId = ScratchHost.Ids(0),
        Base = new BaseSpec { Host = true },
        Arguments = ["/bin/sh", "-c", script],
    };
}
