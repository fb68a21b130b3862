using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Procfs;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Machines;

// One at a time: some compare which processes of VMs there are, and all use the same user ids.
[Collection("machines")]
public sealed class DirectoryBaseTests : IDisposable
{
    private readonly ScratchHost _host = new();
    private readonly string _base;

    public DirectoryBaseTests()
    {
        _base = $"{_host.Prefix}/base";
        TinyRoot.Make(_base);
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Machine_OnDirectory_RunsAndLeavesTheDirectoryAlone()
    {
        var text = _host.Run(Plan("id -u; echo changed > /etc/passwd; cat /etc/passwd; rm -r /root; ls -d /root || echo gone"));
        Assert.Equal(["0", "changed", "ls: cannot access '/root': No such file or directory", "gone"], Lines(text));
        Assert.Contains("guest", File.ReadAllText($"{_base}/etc/passwd"), StringComparison.Ordinal);
        Assert.True(Directory.Exists($"{_base}/root"));
    }

    [Theory]
    [InlineData("guest", "1234 1235 1235 77")]
    [InlineData("1234", "1234 1235 1235 77")]
    [InlineData("guest:extra", "1234 77 77")]
    [InlineData("5000:6000", "5000 6000 6000")]
    public void Machine_User_IsLookedUpInItsOwnPasswd(string user, string expected)
    {
        var text = _host.Run(Plan("echo $(id -u) $(id -g) $(id -G)") with { User = user });
        Assert.Equal([expected], Lines(text));
    }

    [Fact]
    public void Machine_UserUnknown_FailsBeforeAnythingRuns()
    {
        var failure = Assert.Throws<IOException>(() => _host.Create(Plan("true") with { User = "nobody-here" }));
        Assert.Contains("nobody-here is not in the VM's /etc/passwd", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_host.Factory.ListLeftovers());
        Assert.DoesNotContain(MountInfo.ReadSelf(), m => m.IsWithin(_host.Prefix));
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    public void Machine_HostMountBelowTheBase_IsAnOverlayInPlace(string type)
    {
        var place = $"{_base}/usr/share";
        _ = Directory.CreateDirectory(place);
        if (type == "tmpfs")
        {
            _ = Tool.RunChecked("mount", ["-t", "tmpfs", "test", place]);
        }
        else
        {
            var image = $"{_host.Prefix}/image";
            using (var file = File.Create(image))
                file.SetLength(16 << 20);
            _ = Tool.RunChecked("mkfs.ext4", ["-q", image]);
            _ = Tool.RunChecked("mount", ["-o", "loop", image, place]);
        }

        _host.Finally(() => _ = Tool.RunChecked("umount", [place]));
        File.WriteAllText($"{place}/below", "from the mount\n");
        var text = _host.Run(
            Plan("cat /usr/share/below; stat -c %u /usr/share/below; echo x > /usr/share/below; echo y > /usr/share/new; cat /usr/share/below /usr/share/new"),
            keepState: true);
        Assert.Equal(["from the mount", "0", "x", "y"], Lines(text));
        Assert.Equal("from the mount\n", File.ReadAllText($"{place}/below"));
        Assert.False(File.Exists($"{place}/new"));
        Assert.True(File.Exists($"{_host.Paths.MachineState("vm")}/upper/@usr@share/new"));
    }

    [Fact]
    public void Volumes_ReadOnlyAndWritable_BehaveAsDocumented()
    {
        var shared = $"{_host.Prefix}/shared";
        var mine = $"{_host.Prefix}/mine";
        _ = Directory.CreateDirectory(shared);
        _ = Directory.CreateDirectory(mine);
        Ownership.Give(mine, ScratchHost.Ids(0));
        File.WriteAllText($"{shared}/file", "shared\n");
        File.SetUnixFileMode($"{shared}/file", UnixFileMode.UserRead);
        var text = _host.Run(
            Plan("cat /data/in/file; stat -c %u /data/in/file; (echo x > /data/in/file) 2>/dev/null || echo refused; echo y > /data/out/new; cat /etc/one") with
            {
                Mounts =
                [
                    new BindMount(shared, "/data/in", true), new BindMount(mine, "/data/out", false),
                    new BindMount($"{shared}/file", "/etc/one", true),
                ],
            });
        Assert.Equal(["shared", "0", "refused", "shared"], Lines(text));
        Assert.Equal(ScratchHost.Ids(0), NodeStatus.TryOf($"{mine}/new")!.User);
    }

    [Fact]
    public void Volume_TargetIsALinkThatTheMachineMade_StaysInside()
    {
        var shared = $"{_host.Prefix}/shared";
        var outside = $"{_host.Prefix}/outside";
        _ = Directory.CreateDirectory(shared);
        _ = Directory.CreateDirectory(outside);
        File.WriteAllText($"{shared}/file", "shared\n");
        _ = _host.Run(Plan($"mkdir -p {outside}; ln -s ../../../../../../../../../../../..{outside} /data"), keepState: true);
        var text = _host.Run(
            Plan($"cat /data/file; ls {outside}") with { Mounts = [new BindMount(shared, "/data", true)] },
            beforeStart: _ => Assert.DoesNotContain(MountInfo.ReadSelf(), m => m.MountPoint == outside));
        Assert.Equal(["shared", "file"], Lines(text));
    }

    [Fact]
    public void Volume_TargetIsALinkToNowhere_IsRefusedByName()
    {
        _ = _host.Run(Plan("ln -s /nowhere /data"), keepState: true);
        var plan = Plan("true") with { Mounts = [new BindMount("/usr/share", "/data", true)] };
        Assert.Equal("/data of vm is a link that leads nowhere: nothing can be mounted there", Assert.Throws<IOException>(() => _host.Create(plan)).Message);
    }

    [Fact]
    public void Files_OfThePlan_AreInALayerThatTheMachineCannotReach()
    {
        var text = _host.Run(
            Plan("cat /etc/deep/er/file; stat -c '%a %u' /etc/deep/er/file; echo x >> /etc/deep/er/file; cat /etc/hostname") with
            {
                Files = [new GeneratedFile("/etc/deep/er/file", "ours\n", 0x180 /* 0600 */)],
            },
            keepState: true);
        Assert.Equal(["ours", "600 0", "vm"], Lines(text));
        Assert.Equal("ours\n", File.ReadAllText($"{_host.Paths.MachineState("vm")}/config/@/etc/deep/er/file"));
    }

    [Fact]
    public void Resources_Limits_AreEnforced()
    {
        // The runtime's own first steps need some, too: its threads are counted.
        var text = _host.Run(Plan("i=0; while [ $i -lt 60 ]; do i=$((i+1)); sleep 5 & done; echo survived") with
        {
            Resources = new ResourceSpec { Pids = 30, Memory = 64 << 20, Cpus = 0.5 },
        });
        Assert.Contains("Cannot fork", text, StringComparison.Ordinal);
    }

    [Fact]
    public void CurrentGeneration_BaseChanges_Moves()
    {
        var spec = new BaseSpec { Directory = _base };
        var before = _host.Factory.CurrentGeneration(spec);
        Assert.Equal(before, _host.Factory.CurrentGeneration(spec));
        File.WriteAllText($"{_base}/etc/new", "");
        Assert.NotEqual(before, _host.Factory.CurrentGeneration(spec));
    }

    private static string[] Lines(string text) => HostBaseTests.Lines(text);

    private MachinePlan Plan(string script) => new()
    {
        Name = "vm",
        Kind = MachineKind.Server,
        FirstId = ScratchHost.Ids(0),
        Base = new BaseSpec { Directory = _base },
        Arguments = ["/bin/sh", "-c", script],
    };
}
