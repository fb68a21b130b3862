using HyperSpector.Linux.Abi;
using HyperSpector.Linux.Sandbox;
using Xunit;

namespace HyperSpector.Tests.Unit.Mediator;

public sealed class MonitorPolicyTests
{
    private static readonly SeccompPolicy s_policy = SeccompPolicy.Parse(
        File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "policy/monitor-seccomp.json")));

    [Fact]
    public void Ioctl_IsAllowedForNotificationsOnly() => Assert.Equal(
        [Seccomp.SECCOMP_IOCTL_NOTIF_RECV, Seccomp.SECCOMP_IOCTL_NOTIF_SEND, Seccomp.SECCOMP_IOCTL_NOTIF_SET_FLAGS],
        s_policy.Rules.Where(r => r.Call == "ioctl").Select(r => Assert.Single(r.Arguments)).Select(a => (a.Index, (uint)a.Value, a.Mask) is
            (1, var command, uint.MaxValue) ? command : 0));

    [Fact]
    public void Default_Refuses() => Assert.Equal(SeccompAction.Deny, s_policy.Default);

    [Theory]
    [InlineData("openat")]
    [InlineData("execve")]
    [InlineData("socket")]
    [InlineData("connect")]
    [InlineData("clone")]
    [InlineData("ptrace")]
    [InlineData("bpf")]
    [InlineData("setns")]
    [InlineData("kill")]
    public void Call_ThatTheMonitorNeverMakes_HasNoRule(string call) => Assert.DoesNotContain(s_policy.Rules, r => r.Call == call);

    [Fact]
    public void Rows_HaveReasons() => Assert.All(s_policy.Rules, r => Assert.NotEmpty(r.Reason));
}
