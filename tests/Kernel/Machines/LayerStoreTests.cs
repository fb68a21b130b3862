using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Machines;

// One at a time: some compare which processes of VMs there are, and all use the same user ids.
[Collection("machines")]
public sealed class LayerStoreTests : IDisposable
{
    private readonly ScratchHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Seal_OfABuildMachine_BecomesALayerOfOthers()
    {
        var build = Plan("build", 0, MachineKind.Build, """
            echo tool > /usr/bin/hs-tool; chown 33:33 /usr/bin/hs-tool; rm -r /usr/share/doc; rm /etc/services; mkdir -p /var/lib/hs-tool
            """);
        var created = _host.Create(build);
        using (var first = Linux.Handles.PidFd.TryOpen(created.Pid))
        {
            _host.Factory.Start("build");
            Assert.True(first!.WaitForEnd(TimeSpan.FromSeconds(30)));
        }

        var layer = new LayerStore(_host.Paths).Seal("build", $"{_host.Prefix}/var/cache/packs/abc");
        _host.Factory.Remove("build", keepState: false);
        Assert.Equal(ScratchHost.Ids(0) + 33, NodeStatus.TryOf($"{layer}/@usr/bin/hs-tool")!.User);

        const string look = "cat /usr/bin/hs-tool; stat -c '%u %g' /usr/bin/hs-tool; ls -d /var/lib/hs-tool; ls /etc/services /usr/share/doc 2>/dev/null; cat /etc/hostname; rm /usr/bin/hs-tool; ls /usr/bin/hs-tool";
        string[] seen = ["tool", "33 33", "/var/lib/hs-tool", "a", "ls: cannot access '/usr/bin/hs-tool': No such file or directory"];
        Assert.Equal(seen, HostBaseTests.Lines(_host.Run(Plan("a", 1, MachineKind.Ids, look) with { PackLayers = [layer] })));
        // The layer is as it was, for the next.
        Assert.Equal(seen, HostBaseTests.Lines(_host.Run(Plan("a", 2, MachineKind.Ids, look) with { PackLayers = [layer] })));
    }

    [Fact]
    public void Apt_InABuildMachine_KnowsWhatIsInstalled()
    {
        var text = _host.Run(Plan("build", 0, MachineKind.Build, "dpkg -s dpkg | grep ^Status; apt-get check 2>&1 | tail -1"));
        Assert.Equal("Status: install ok installed", HostBaseTests.Lines(text)[0]);
        Assert.DoesNotContain("E:", text, StringComparison.Ordinal);
    }

    private static MachinePlan Plan(string name, int ids, MachineKind kind, string script) => new()
    {
        Name = name,
        Kind = kind,
        FirstId = ScratchHost.Ids(ids),
        Base = new BaseSpec { Host = true },
        Arguments = ["/bin/sh", "-c", script],
    };
}
