using System.Text.Json;
using System.Text.Json.Serialization;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Sandbox;

/// <summary>A comparison of one argument of a system call.</summary>
/// <param name="Index">0 to 5.</param>
/// <param name="Value">What it must equal.</param>
/// <param name="Mask">Only these bits are compared; null: all.</param>
public sealed record SeccompArgument(int Index, ulong Value, ulong? Mask = null);

/// <summary>What happens when a system call matches.</summary>
public enum SeccompAction
{
    /// <summary>The call proceeds.</summary>
    Allow,

    /// <summary>The call fails with EPERM.</summary>
    Deny,

    /// <summary>The call fails with ENOSYS, as on a kernel that does not have it.</summary>
    Absent,

    /// <summary>The process ends with SIGSYS.</summary>
    Kill,
}

/// <summary>One row of a policy: a call, and why.</summary>
public sealed record SeccompRule
{
    /// <summary>The system call's name.</summary>
    public required string Call { get; init; }

    /// <summary>Why it is there; never empty.</summary>
    public required string Reason { get; init; }

    /// <summary>What happens.</summary>
    public SeccompAction Action { get; set; }

    /// <summary>Only with these arguments, all of them.</summary>
    // Not init: generated deserializers set init-only members always, to null where JSON has none.
    public IReadOnlyList<SeccompArgument> Arguments { get; set; } = [];

    /// <summary>The call is newer than some libseccomp: left out where it is unknown.</summary>
    public bool Optional { get; set; }

    /// <summary>The number of a call that is newer than some libseccomp. Those have the same one on every architecture (since 424).</summary>
    public int? Number { get; set; }
}

/// <summary>A seccomp filter as data (policy/*-seccomp.json).</summary>
public sealed record SeccompPolicy
{
    /// <summary>What the confined program is, for people.</summary>
    public required string Description { get; init; }

    /// <summary>What happens to a call that no rule names; the kernel logs it.</summary>
    public required SeccompAction Default { get; init; }

    /// <summary>The rows.</summary>
    public required IReadOnlyList<SeccompRule> Rules { get; init; }

    /// <summary>Reads a policy.</summary>
    public static SeccompPolicy Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, SeccompJson.Default.SeccompPolicy) ?? throw new JsonException("a seccomp policy is an object");

    /// <summary>Reads a policy from a file opened before the confinement.</summary>
    public static SeccompPolicy Load(FileDescriptor file)
    {
        const int Limit = 256 * 1024;
        var size = FileStatus.Of(file).Size;
        if (size > Limit)
            throw new JsonException($"a seccomp policy has at most {Limit} bytes");
        var bytes = new byte[size];
        var read = FileIo.ReadAt(file, bytes, 0);
        return Parse(bytes.AsSpan(0, read));
    }

    /// <summary>
    /// Binds every thread of the process (SECCOMP_FILTER_FLAG_TSYNC) from now on, for good. Preconditions: no_new_privs holds.
    /// </summary>
    public unsafe void Apply()
    {
        // The runtime's finalizer thread may still be starting, with calls that no later thread makes (rseq, set_robust_list,
        // gettid …), and would crash if they failed. Once it has finalized nothing at all, it is there.
        GC.WaitForPendingFinalizers();
        var context = LibSeccomp.seccomp_init(ActionOf(Default));
        if (context is null)
            throw new KernelException("seccomp_init", Errno.EINVAL);
        try
        {
            Check(LibSeccomp.seccomp_attr_set(context, LibSeccomp.SCMP_FLTATR_CTL_TSYNC, 1), "seccomp_attr_set(TSYNC)");
            Check(LibSeccomp.seccomp_attr_set(context, LibSeccomp.SCMP_FLTATR_CTL_NNP, 0), "seccomp_attr_set(NNP)");
            Check(LibSeccomp.seccomp_attr_set(context, LibSeccomp.SCMP_FLTATR_CTL_LOG, 1), "seccomp_attr_set(LOG)");
            // A binary tree of comparisons instead of one after the other.
            Check(LibSeccomp.seccomp_attr_set(context, LibSeccomp.SCMP_FLTATR_CTL_OPTIMIZE, 2), "seccomp_attr_set(OPTIMIZE)");
            foreach (var rule in Rules)
                Add(context, rule);
            Check(LibSeccomp.seccomp_load(context), "seccomp_load");
        }
        finally
        {
            LibSeccomp.seccomp_release(context);
        }
    }

    private static unsafe void Add(void* context, SeccompRule rule)
    {
        var call = LibSeccomp.seccomp_syscall_resolve_name(rule.Call);
        if (call == LibSeccomp.__NR_SCMP_ERROR && rule.Number is { } number)
            call = number;
        if (call == LibSeccomp.__NR_SCMP_ERROR)
        {
            if (rule.Optional)
                return;
            throw new KernelException("seccomp_syscall_resolve_name", Errno.ENOSYS, rule.Call);
        }

        var comparisons = stackalloc LibSeccomp.ArgumentComparison[6];
        if (rule.Arguments.Count > 6)
            throw new KernelException("seccomp_rule_add", Errno.EINVAL, rule.Call);
        for (var i = 0; i < rule.Arguments.Count; i++)
        {
            var argument = rule.Arguments[i];
            comparisons[i] = new LibSeccomp.ArgumentComparison
            {
                Argument = (uint)argument.Index,
                Operator = argument.Mask is null ? LibSeccomp.SCMP_CMP_EQ : LibSeccomp.SCMP_CMP_MASKED_EQ,
                First = argument.Mask ?? argument.Value,
                Second = argument.Value,
            };
        }

        // SAFETY: libseccomp reads Count comparisons.
        Check(
            LibSeccomp.seccomp_rule_add_array(context, ActionOf(rule.Action), call, (uint)rule.Arguments.Count, comparisons),
            $"seccomp_rule_add({rule.Call})");
    }

    private static uint ActionOf(SeccompAction action) => action switch
    {
        SeccompAction.Allow => LibSeccomp.SCMP_ACT_ALLOW,
        SeccompAction.Absent => LibSeccomp.SCMP_ACT_ERRNO | (uint)Errno.ENOSYS,
        SeccompAction.Kill => LibSeccomp.SCMP_ACT_KILL_PROCESS,
        _ => LibSeccomp.SCMP_ACT_ERRNO | (uint)Errno.EPERM,
    };

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw new KernelException(call, (Errno)(-result));
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SeccompPolicy))]
internal sealed partial class SeccompJson : JsonSerializerContext
{
}
