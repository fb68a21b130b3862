using System.Globalization;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Procfs;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Machines;

/// <summary>What the further keys of a VM do, by the real runtime.</summary>
public sealed class MachineKeyTests : IDisposable
{
    private const string Content = "do not tell 7d1f\n";
    private readonly ScratchHost _host = new();
    private readonly string _base;

    public MachineKeyTests()
    {
        _base = $"{_host.Prefix}/base";
        TinyRoot.Make(_base);
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Tmpfs_Full_RefusesAndLeavesNothingInTheUpper()
    {
        var text = _host.Run(
            Plan("""
                stat -f -c %T /scratch /run /dev/shm
                stat -f -c '%b %s' /dev/shm
                stat -c '%a %u' /scratch
                (while echo 0123456789012345678901234567890123456789; do :; done) > /scratch/file 2>/dev/null
                stat -c %s /scratch/file
                i=0; while [ $i -lt 3000 ] && true 2>/dev/null > /scratch/node$i; do i=$((i+1)); done
                [ $i -lt 3000 ] && echo inodes end
                echo x > /run/file && echo writable
                """) with
            {
                Tmpfs = [new("/scratch", 256 << 10), new("/run", 1 << 20), new("/dev/shm", 8 << 20)],
            },
            keepState: true);
        Assert.Equal(["tmpfs", "tmpfs", "tmpfs", "2048 4096", "1777 0", "262144", "inodes end", "writable"], HostBaseTests.Lines(text));
        Assert.Empty(Directory.GetFileSystemEntries($"{_host.Paths.MachineState("vm")}/upper/@/scratch"));
    }

    [Theory]
    [InlineData(MachineKind.Server, "0")]
    [InlineData(MachineKind.Ids, "3")]
    public void Process_OfAnIdsVm_DoesNotInterruptServers(MachineKind kind, string policy)
    {
        // proc_pid_stat(5), field 41: the scheduling policy, of a program and of what it starts. 3 is SCHED_BATCH.
        var text = _host.Run(Plan("policy() { set -- $(cat /proc/self/stat); shift 40; echo $1; }; policy; (policy)") with { Kind = kind });
        Assert.Equal([policy, policy], HostBaseTests.Lines(text));
    }

    [Fact]
    public void Disk_Full_RefusesTheVmAloneAndGoesOnLater()
    {
        var limited = Plan("") with { Resources = new ResourceSpec { Disk = 64 << 20 } };
        var image = $"{_host.Paths.MachineState("vm")}/disk.img";
        var text = _host.Run(
            limited with { Arguments = ["/bin/sh", "-c", Fill("big") + "; rm /big; echo kept > /file && echo writable"] }, keepState: true);
        Assert.Equal(["No space left on device", "less than 64 MiB", "writable"], HostBaseTests.Lines(text));
        Assert.True(new FileInfo(image).Length == 64 << 20);
        AssertUnmounted();

        // Another 64 MiB, and what was there is there.
        text = _host.Run(
            limited with
            {
                Resources = new ResourceSpec { Disk = 128 << 20 },
                Arguments = ["/bin/sh", "-c", "cat /file; " + Fill("big") + "; i=0; while true 2>/dev/null > /node$i; do i=$((i+1)); done; echo inodes end"],
            },
            keepState: true);
        Assert.Equal(["kept", "No space left on device", "more than 64 MiB", "inodes end"], HostBaseTests.Lines(text));

        var smaller = Assert.Throws<IOException>(() => _host.Create(limited));
        Assert.Equal(
            "vm: resources: disk: its disk has 128M already and cannot be made smaller; say at least 128M, or have its files removed by 'hyperspector down' first",
            smaller.Message);
        var none = Assert.Throws<IOException>(() => _host.Create(Plan("true")));
        Assert.Equal(
            "vm: resources: disk: what it wrote lies on a disk with a limit; put 'disk' back, or have its files removed by 'hyperspector down' first",
            none.Message);
        AssertUnmounted();
        _host.Factory.Remove("vm", keepState: false);
        Assert.False(File.Exists(image));

        string Fill(string name) =>
            $"line=$(cat /dev/zero 2>&1 > /{name}); echo ${{line##*: }}; "
            + $"[ $(stat -c %s /{name}) -lt 67108864 ] && echo less than 64 MiB || echo more than 64 MiB";

        void AssertUnmounted()
        {
            Assert.DoesNotContain(MountInfo.ReadSelf(), m => m.IsWithin(_host.Prefix));
            Assert.True(SpinWait.SpinUntil(() => !Tool.RunChecked("losetup", ["-a"]).Contains(_host.Prefix, StringComparison.Ordinal), TimeSpan.FromSeconds(30)));
        }
    }

    [Fact]
    public void Disk_ForAVmThatHasWrittenWithoutALimit_IsRefusedByName()
    {
        _ = _host.Run(Plan("echo x > /file"), keepState: true);
        var error = Assert.Throws<IOException>(() => _host.Create(Plan("true") with { Resources = new ResourceSpec { Disk = 64 << 20 } }));
        Assert.Equal(
            "vm: resources: disk: what it wrote so far lies outside a limit; take 'disk' out again, or have its files removed by 'hyperspector down' first",
            error.Message);
        Assert.True(File.Exists($"{_host.Paths.MachineState("vm")}/upper/@/file"));
    }

    [Fact]
    public void Secret_IsReadByTheUserAloneAndIsNowhereOnDisk()
    {
        var source = Secret();
        var text = _host.Run(
            Plan("cat /run/secrets/key; stat -c '%a %u %g' /run/secrets/key; (echo x > /run/secrets/key) 2>/dev/null || echo refused; (echo x > /run/secrets/new) 2>/dev/null || echo refused; stat -f -c %T /run/secrets") with
            {
                User = "guest",
                Secrets = [new(source, "key")],
            },
            keepState: true);
        Assert.Equal([Content.Trim(), "400 1234 1235", "refused", "refused", "ramfs"], HostBaseTests.Lines(text));
        Assert.Equal(Content, File.ReadAllText(source));
        AssertNowhereBut(source);
    }

    [Fact]
    public void Secret_AnotherUserOfTheMachine_MayNotReadIt()
    {
        _ = _host.Create(Plan("sleep 1000") with { User = "guest", Secrets = [new(Secret(), "key")] });
        _host.Factory.Start("vm");
        Assert.Equal("1234 " + Content, Read("1234"));
        Assert.Equal("5000 refused\n", Read("5000"));

        string Read(string user) => Tool.RunChecked(Runtime.Probe().Program,
        [
            "--root", _host.Paths.RuntimeRoot, "exec", "--user", user, _host.Paths.ContainerId("vm"),
            "/bin/sh", "-c", "echo $(id -u) $(cat /run/secrets/key 2>/dev/null || echo refused)",
        ]);
    }

    [Fact]
    public void Secret_ThatIsGone_FailsByNameAndLeavesNothing()
    {
        var failure = Assert.Throws<IOException>(() => _host.Create(Plan("true") with { Secrets = [new("/nonexistent/key", "key")] }));
        Assert.Equal("vm: secret /nonexistent/key: the host has no such file", failure.Message);
        Assert.DoesNotContain(MountInfo.ReadSelf(), m => m.IsWithin(_host.Prefix));
        Assert.Empty(_host.Factory.ListLeftovers());
    }

    [Fact]
    public void Ulimits_AreThoseOfEveryProcess()
    {
        var text = _host.Run(Plan("ulimit -S -n; ulimit -H -n; ulimit -S -c; grep 'locked memory' /proc/self/limits") with
        {
            Ulimits = [new("nofile", 100, 200), new("core", 0, 0), new("memlock", 4096, 8192)],
        });
        var lines = HostBaseTests.Lines(text);
        Assert.Equal(["100", "200", "0"], lines[..3]);
        Assert.Matches("^Max locked memory +4096 +8192 ", lines[3]);
    }

    [Fact]
    public void Capabilities_AddedAndDropped_AreThoseOfTheFirstProcess()
    {
        var text = _host.Run(Plan("grep -E 'Cap(Eff|Bnd)' /proc/self/status") with
        {
            CapAdd = ["CAP_SYS_PTRACE"],
            CapDrop = ["CAP_NET_RAW"],
        });
        foreach (var line in HostBaseTests.Lines(text))
        {
            var held = ulong.Parse(line.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            // CAP_SYS_PTRACE is 19, CAP_NET_RAW 13, CAP_CHOWN 0 (linux/capability.h).
            Assert.Equal((1UL, 0UL, 1UL), ((held >> 19) & 1, (held >> 13) & 1, held & 1));
        }
    }

    [Fact]
    public void Device_ThatIsGiven_OpensAndNoOtherDoes()
    {
        const string script = """
            stat -c '%t:%T %u %a' /dev/net/tun
            (exec 3<>/dev/net/tun) && echo opened
            [ -e /dev/kvm ] || echo no other
            """;
        var text = _host.Run(Plan(script) with { Devices = ["/dev/net/tun"], CapAdd = ["CAP_NET_ADMIN"] });
        Assert.Equal(["a:c8 0 666", "opened", "no other"], HostBaseTests.Lines(text));
        Assert.DoesNotContain(MountInfo.ReadSelf(), m => m.IsWithin(_host.Prefix));
    }

    [Fact]
    public void Weights_AreInTheControlGroups()
    {
        _ = _host.Create(Plan("true") with
        {
            Resources = new ResourceSpec { CpuWeight = 200, MemoryReservation = 32 << 20 },
        });
        var unified = CgroupSupport.Probe().Unified;
        Assert.Equal(unified ? "200" : "2048", Group("cpu", unified ? "cpu.weight" : "cpu.shares"));
        Assert.Equal("33554432", Group("memory", unified ? "memory.low" : "memory.soft_limit_in_bytes"));
    }

    [Fact]
    public void IoWeight_WhereNothingWeighsDisks_IsRefusedInOneLine()
    {
        var plan = Plan("true") with { Resources = new ResourceSpec { IoWeight = 50 } };
        if (CgroupSupport.Probe().WeighsIo)
        {
            _ = _host.Create(plan);
            return;
        }

        Assert.StartsWith("vm: resources: io_weight: nothing on this machine weighs disks;", Assert.Throws<IOException>(() => _host.Create(plan)).Message, StringComparison.Ordinal);
    }

    private string Group(string controller, string file)
    {
        var hierarchy = MountInfo.ReadSelf().First(m => m.Type == "cgroup2" ? m.MountPoint == "/sys/fs/cgroup" : m.MountPoint.EndsWith($"/{controller}", StringComparison.Ordinal) && m.Type == "cgroup");
        return File.ReadAllText($"{hierarchy.MountPoint}{_host.Paths.CgroupPath("vm")}/{file}").Trim();
    }

    private string Secret()
    {
        var source = $"{_host.Prefix}/source-of-secret";
        File.WriteAllText(source, Content);
        File.SetUnixFileMode(source, UnixFileMode.UserRead);
        return source;
    }

    private void AssertNowhereBut(string source)
    {
        var found = Directory.EnumerateFiles(_host.Prefix, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Where(f => NodeStatus.TryOf(f) is { IsRegular: true, Size: < 65536 } && File.ReadAllText(f).Contains("7d1f", StringComparison.Ordinal));
        Assert.Equal([source], found);
    }

    private MachinePlan Plan(string script) => new()
    {
        Name = "vm",
        Kind = MachineKind.Server,
        FirstId = ScratchHost.Ids(0),
        Base = new BaseSpec { Directory = _base },
        Arguments = ["/bin/sh", "-c", script],
    };
}
