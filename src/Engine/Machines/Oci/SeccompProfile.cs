namespace HyperSpector.Engine.Machines.Oci;

/// <summary>Writes a VM's seccomp filter for the runtime, from the policy.</summary>
internal static class SeccompProfile
{
    private const string AllowAction = "SCMP_ACT_ALLOW";
    private const string RefuseAction = "SCMP_ACT_ERRNO";
    private const string ReportAction = "SCMP_ACT_NOTIFY";
    private const uint EPERM = 1;
    private const uint PacketFamily = 17;

    /// <summary>
    /// The filter. With a <paramref name="listener"/>, making a packet socket is reported to whoever listens on that Unix socket,
    /// and waits for the answer.
    /// </summary>
    /// <param name="policy">What is allowed.</param>
    /// <param name="listener">Path of a Unix socket, or null.</param>
    /// <param name="metadata">Text that the runtime sends along, to tell VMs apart.</param>
    internal static OciSeccomp Build(SeccompPolicy policy, string? listener, string? metadata)
    {
        var calls = new List<OciSyscall> { new([.. policy.Allow.SelectMany(g => g.Names).Distinct()], AllowAction) };
        foreach (var call in policy.Conditional)
        {
            foreach (var value in call.Values)
                calls.Add(new([call.Name], AllowAction) { Args = [new(call.Argument, value, "SCMP_CMP_EQ")] });
        }

        var clone = policy.CloneCall;
        calls.Add(new([clone.Name], AllowAction)
        {
            Args = [new(clone.Argument, clone.Mask, "SCMP_CMP_MASKED_EQ") { ValueTwo = clone.EqualTo }],
        });
        foreach (var refusal in policy.Refuse)
            calls.Add(new([refusal.Name], RefuseAction) { ErrnoRet = refusal.Errno });
        AddSockets(calls, policy.Sockets, listener is not null);
        return new OciSeccomp
        {
            DefaultAction = RefuseAction,
            DefaultErrnoRet = EPERM,
            Architectures = policy.Architectures,
            ListenerPath = listener,
            ListenerMetadata = listener is null ? null : metadata,
            Syscalls = calls,
        };
    }

    // libseccomp takes no two comparisons of one argument in one rule, so "any other family" is spelled out: each number between
    // the allowed ones, and everything above the last.
    private static void AddSockets(List<OciSyscall> calls, SocketPolicy sockets, bool report)
    {
        var last = sockets.Families.Max(f => f.Number);
        for (var family = 0u; family <= last; family++)
        {
            var allowed = sockets.Families.Any(f => f.Number == family);
            var action = !allowed ? RefuseAction : report && family == PacketFamily ? ReportAction : AllowAction;
            calls.Add(new(["socket"], action)
            {
                ErrnoRet = allowed ? null : sockets.Others.Errno,
                Args = [new(0, family, "SCMP_CMP_EQ")],
            });
        }

        calls.Add(new(["socket"], RefuseAction) { ErrnoRet = sockets.Others.Errno, Args = [new(0, last, "SCMP_CMP_GT")] });
    }
}
