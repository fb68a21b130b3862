using System.Runtime.InteropServices;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Abi;
using Xunit;

namespace HyperSpector.Tests.Unit.Mediator;

/// <summary>Notifications as the kernel writes them.</summary>
internal static class Calls
{
    internal const uint X64 = AuditArch.AUDIT_ARCH_X86_64;
    internal const uint I386 = AuditArch.AUDIT_ARCH_I386;

    internal static Notification Trap(uint architecture, int number, ulong first = 0)
    {
        Assert.True(Notification.TryParse(Bytes(architecture, number, first), out var call));
        return call;
    }

    internal static byte[] Bytes(uint architecture, int number, ulong first = 0)
    {
        var raw = new seccomp_notif { id = 7, pid = 42, data = new seccomp_data { nr = number, arch = architecture } };
        raw.data.args[0] = first;
        return MemoryMarshal.AsBytes(new ReadOnlySpan<seccomp_notif>(in raw)).ToArray();
    }
}
