using System.Globalization;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Sandbox;
using Xunit;

namespace HyperSpector.Tests.Kernel.Sandbox;

/// <summary>The filters of our confined programs, tried by a program that would like to do more.</summary>
public sealed class SeccompPolicyTests
{
    private static readonly string s_victim = Path.GetFullPath(
        Path.Join(AppContext.BaseDirectory, "../../Victims/debug_linux-x64/HyperSpector.Tests.Victims"));

    public static TheoryData<string> Policies => new("reader-seccomp.json", "monitor-seccomp.json", "changes-seccomp.json");

    [Fact]
    public void ReaderPolicy_Victim_CanDoNothingButItsWork()
    {
        var results = Try("reader-seccomp.json");
        foreach (var (attempt, (before, after)) in results)
        {
            if (attempt.StartsWith("allowed", StringComparison.Ordinal))
                Assert.True(before == Errno.None && after == Errno.None, $"{attempt}: {before} without, {after} under the policy");
            else
                Assert.True(before != Errno.EPERM && after == Errno.EPERM, $"{attempt}: {before} without, {after} under the policy");
        }

        Assert.True(results.Count >= 16);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Policy_EveryRow_IsKnownReasonedAndSingle(string name)
    {
        using var file = Files.OpenRead(Path.Join(AppContext.BaseDirectory, "policy", name));
        var policy = SeccompPolicy.Load(file);
        Assert.Equal(SeccompAction.Deny, policy.Default);
        Assert.All(policy.Rules, rule => Assert.False(string.IsNullOrWhiteSpace(rule.Reason), rule.Call));
        var unconditional = policy.Rules.Where(r => r.Arguments.Count == 0).Select(r => r.Call).ToList();
        Assert.Equal(unconditional.Distinct(), unconditional);
        // A row with arguments beside one without would never decide anything.
        Assert.DoesNotContain(policy.Rules, r => r.Arguments.Count > 0 && unconditional.Contains(r.Call));
        foreach (var dangerous in new[] { "execve", "execveat", "socket", "connect", "ptrace", "mount", "bpf", "kill", "open", "openat", "unshare", "setns" })
            Assert.DoesNotContain(policy.Rules, r => r.Call == dangerous && r.Action == SeccompAction.Allow);
    }

    private static Dictionary<string, (Errno Before, Errno After)> Try(string policy)
    {
        var child = Tool.RunChecked("/usr/bin/env",
        [
            // The just-in-time compiler needs executable memory: all is compiled before the policy applies.
            "DOTNET_TieredCompilation=0", "DOTNET_EnableDiagnostics=0", s_victim, Path.Join(AppContext.BaseDirectory, "policy", policy),
        ]);
        return child.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).ToDictionary(
            f => f[0],
            f => ((Errno)int.Parse(f[1], CultureInfo.InvariantCulture), (Errno)int.Parse(f[2], CultureInfo.InvariantCulture)));
    }
}
