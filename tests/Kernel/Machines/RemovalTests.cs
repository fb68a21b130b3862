using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Procfs;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Machines;

/// <summary>What a daemon that was killed may leave, in every form, goes.</summary>
// One at a time: some compare which processes of VMs there are, and all use the same user ids.
[Collection("machines")]
public sealed class RemovalTests : IDisposable
{
    private readonly ScratchHost _host = new();
    private readonly string _base;

    public RemovalTests()
    {
        _base = $"{_host.Prefix}/base";
        TinyRoot.Make(_base);
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Remove_CreatedButNeverStarted_IsGone()
    {
        var created = _host.Create(Plan("true"));
        AssertGone(created.Pid);
    }

    [Fact]
    public void Remove_RuntimeHasForgottenIt_EndsItsProcesses()
    {
        var created = _host.Create(Plan("sleep 1000 & sleep 1000"));
        _host.Factory.Start("vm");
        Directory.Delete(_host.Paths.RuntimeRoot, recursive: true);
        Assert.Null(_host.Factory.Inspect("vm"));
        Assert.Equal(["vm"], _host.Factory.ListLeftovers());
        AssertGone(created.Pid);
    }

    [Fact]
    public void Remove_FrozenMachine_EndsItsProcesses()
    {
        var created = _host.Create(Plan("sleep 1000 & sleep 1000"));
        _host.Factory.Start("vm");
        _ = Tool.RunChecked("runc", ["--root", _host.Paths.RuntimeRoot, "pause", _host.Paths.ContainerId("vm")]);
        AssertGone(created.Pid);
    }

    [Fact]
    public void Remove_RunDirectoryOnly_IsGone()
    {
        _ = Directory.CreateDirectory($"{_host.Paths.MachineRun("vm")}/rootfs");
        Assert.Equal(["vm"], _host.Factory.ListLeftovers());
        AssertGone(0);
    }

    [Fact]
    public void Remove_MountsOnly_AreGone()
    {
        _ = _host.Create(Plan("true"));
        _ = Tool.RunChecked("runc", ["--root", _host.Paths.RuntimeRoot, "delete", "--force", _host.Paths.ContainerId("vm")]);
        Assert.Contains(MountInfo.ReadSelf(), m => m.IsWithin(_host.Prefix));
        AssertGone(0);
    }

    [Fact]
    public void Remove_HostileUpper_IsGone()
    {
        // Names that are no text, links that lead out, and a tree deeper than a path can name.
        var text = _host.Run(
            Plan("""
                cd /tmp; touch "$(printf 'a\377\376b')"; ln -s /etc/passwd link; ln -s .. up
                i=0; while [ $i -lt 600 ]; do mkdir 0123456789012345678901234567890123456789; cd -P 0123456789012345678901234567890123456789; i=$((i+1)); done
                echo done
                """),
            keepState: true);
        Assert.Equal("done", text.Trim());
        AssertGone(0);
        Assert.True(File.Exists($"{_base}/etc/passwd"));
    }

    [Fact]
    public void Create_Twice_IsRefusedAndLeavesTheFirstAlone()
    {
        _ = _host.Create(Plan("sleep 1000"));
        _host.Factory.Start("vm");
        Assert.Contains("exists already", Assert.Throws<IOException>(() => _host.Factory.Create(Plan("true"))).Message, StringComparison.Ordinal);
        Assert.Equal("running", _host.Factory.Inspect("vm")?.Status);
    }

    [Fact]
    public void Create_AfterEnd_FindsTheUpperAgain()
    {
        for (var round = 0; round < 5; round++)
        {
            _ = _host.Create(Plan("echo x >> /rounds; sleep 1000"));
            _host.Factory.Start("vm");
            while (!File.Exists($"{_host.Paths.MachineState("vm")}/upper/@/rounds")
                || File.ReadAllLines($"{_host.Paths.MachineState("vm")}/upper/@/rounds").Length <= round)
            {
                Thread.Sleep(5);
            }

            _host.Factory.Remove("vm", keepState: true);
        }

        Assert.Equal(5, File.ReadAllLines($"{_host.Paths.MachineState("vm")}/upper/@/rounds").Length);
    }

    private void AssertGone(int pid)
    {
        using var process = pid == 0 ? null : PidFd.TryOpen(pid);
        _host.Factory.Remove("vm", keepState: false);
        Assert.True(process is null || process.WaitForEnd(TimeSpan.FromSeconds(60)));
        Assert.Empty(_host.Factory.ListLeftovers());
        var traces = Traces.Of(_host.Prefix, _host.Paths.Name);
        Assert.Empty(traces.Mounts);
        Assert.DoesNotContain(traces.Cgroups, c => c.EndsWith('/' + _host.Paths.Name));
        Assert.DoesNotContain(traces.Files, f => f.Contains("/vms", StringComparison.Ordinal));
    }

    private MachinePlan Plan(string script) => new()
    {
        Name = "vm",
        Kind = MachineKind.Server,
        FirstId = ScratchHost.Ids(3),
        Base = new BaseSpec { Directory = _base },
        Arguments = ["/bin/sh", "-c", script],
    };
}
