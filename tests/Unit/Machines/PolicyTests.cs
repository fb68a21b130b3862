using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Engine.Machines.Oci;
using Xunit;

namespace HyperSpector.Tests.Unit.Machines;

public sealed class PolicyTests
{
    private static readonly string s_directory = Path.Join(AppContext.BaseDirectory, "policy");

    // moby, profiles/seccomp and oci/caps/defaults.go: what a container has that asks for nothing.
    private static readonly string[] s_dockerCapabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
        "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    // What Docker's profile gives only with a capability that no VM has, or to nobody.
    private static readonly string[] s_dockerRefuses =
    [
        "acct", "add_key", "bpf", "clock_settime", "clock_settime64", "clone3", "create_module", "delete_module", "fanotify_init",
        "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "get_kernel_syms", "get_mempolicy", "init_module", "io_uring_enter",
        "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie",
        "mbind", "mount", "mount_setattr", "move_mount", "move_pages", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open",
        "pidfd_getfd", "pivot_root", "process_madvise", "query_module", "quotactl", "quotactl_fd", "reboot", "request_key",
        "set_mempolicy", "setdomainname", "sethostname", "setns", "settimeofday", "socketcall", "stime", "swapoff", "swapon", "sysfs",
        "syslog", "umount", "umount2", "unshare", "uselib", "userfaultfd", "ustat", "vhangup", "vm86", "vm86old",
    ];

    [Fact]
    public void Capabilities_WithoutNetAdmin_AreNoMoreThanDockers()
    {
        var held = CapabilityPolicy.Read(s_directory).For(netAdmin: false);
        Assert.Empty(held.Except(s_dockerCapabilities));
        Assert.Equal(held.Count, held.Distinct().Count());
    }

    [Fact]
    public void Capabilities_WithNetAdmin_AreThatOneMore()
    {
        var policy = CapabilityPolicy.Read(s_directory);
        Assert.Equal(["CAP_NET_ADMIN"], policy.For(netAdmin: true).Except(policy.For(netAdmin: false)));
    }

    [Fact]
    public void Seccomp_Profile_AllowsNothingThatDockerRefuses()
    {
        var profile = Profile(null);
        Assert.Equal("SCMP_ACT_ERRNO", profile.DefaultAction);
        var allowed = profile.Syscalls.Where(c => c.Action != "SCMP_ACT_ERRNO").SelectMany(c => c.Names).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(s_dockerRefuses, allowed.Contains);
        Assert.True(allowed.Count > 250, "a profile that allows next to nothing passes every test but the users'");
    }

    [Fact]
    public void Seccomp_NewNamespaces_NeedAMaskedClone()
    {
        var clone = Assert.Single(Profile(null).Syscalls, c => c.Names.Contains("clone"));
        var argument = Assert.Single(clone.Args!);
        // CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET, linux/sched.h.
        Assert.Equal(0x7E020000UL, argument.Value);
        Assert.Equal(0UL, argument.ValueTwo);
        Assert.Equal("SCMP_CMP_MASKED_EQ", argument.Op);
    }

    [Fact]
    public void Seccomp_PacketSocket_IsReportedOnlyWhereSomebodyListens()
    {
        Assert.Equal("SCMP_ACT_ALLOW", ActionOf(Profile(null), 17));
        Assert.Equal("SCMP_ACT_NOTIFY", ActionOf(Profile("/run/x.sock"), 17));
        Assert.Equal("/run/x.sock", Profile("/run/x.sock").ListenerPath);
        Assert.DoesNotContain(Profile(null).Syscalls, c => c.Action == "SCMP_ACT_NOTIFY");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(15)]
    public void Seccomp_RareSocketFamilies_AreRefused(uint family) => Assert.Equal("SCMP_ACT_ERRNO", ActionOf(Profile(null), family));

    [Fact]
    public void Policies_EveryRow_HasAReason()
    {
        var bases = BasePolicy.Read(s_directory);
        Assert.All(
            bases.Live.Concat(bases.Hide).Concat(bases.Copy).Concat(bases.Directories).Concat(bases.Never).Concat(bases.PackageDirectories),
            row => Assert.NotEmpty(row.Reason));
        Assert.All(bases.SecretNames.Concat(bases.SecretTexts), row => Assert.NotEmpty(row.Reason));
        var policies = MachinePolicies.Read(s_directory);
        Assert.All(policies.Seccomp.Allow, row => Assert.NotEmpty(row.Reason));
        var capabilities = policies.Capabilities;
        Assert.All(capabilities.Always.Concat(capabilities.Addable).Concat(capabilities.Refused), row => Assert.NotEmpty(row.Reason));
        Assert.All(policies.Devices.Allowed, row => Assert.NotEmpty(row.Reason));
        Assert.All(policies.Devices.Refused, row => Assert.NotEmpty(row.Reason));
        Assert.All(policies.Ulimits.Allowed, row => Assert.NotEmpty(row.Reason));
        Assert.All(policies.Ulimits.Refused, row => Assert.NotEmpty(row.Reason));
    }

    // linux/capability.h up to CAP_LAST_CAP of Linux 6.x: 41 of them, and each is decided once.
    [Fact]
    public void Capabilities_EachOfTheKernels_IsEitherGivenOrRefusedWithAReason()
    {
        var policy = CapabilityPolicy.Read(s_directory);
        Assert.Equal(41, policy.Known.Count());
        Assert.Empty(policy.Refused.Select(c => c.Name).Intersect(policy.Always.Concat(policy.Addable).Select(c => c.Name)));
    }

    [Fact]
    public void Devices_NumbersAndPaths_AreUnique()
    {
        var devices = DevicePolicy.Read(s_directory);
        Assert.Equal(devices.Allowed.Count, devices.Allowed.Select(d => (d.Major, d.Minor)).Distinct().Count());
        Assert.Empty(devices.Allowed.Select(d => d.Path).Intersect(devices.Refused.Select(d => d.Path)));
    }

    [Fact]
    public void BasePolicy_Rows_AreNotSuperfluous()
    {
        var policy = BasePolicy.Read(s_directory);
        Assert.Empty(policy.Copy.Where(c => policy.Forbidden(c.Path) is not null).Select(c => c.Path));
        Assert.Empty(policy.Hide.Where(h => !policy.Live.Any(l => PathText.IsWithin(h.Path, l.Path))).Select(h => h.Path));
        var copied = policy.Copy.Select(c => c.Path).ToList();
        Assert.DoesNotContain(copied, p => copied.Any(q => q != p && PathText.IsWithin(p, q)));
    }

    private static OciSeccomp Profile(string? listener) => SeccompProfile.Build(SeccompPolicy.Read(s_directory), listener, "vm");

    private static string ActionOf(OciSeccomp profile, uint family) =>
        Assert.Single(profile.Syscalls, c => c.Names.Contains("socket") && c.Args![0].Value == family && c.Args[0].Op == "SCMP_CMP_EQ").Action;
}
