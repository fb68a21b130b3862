using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Mediator;

/// <summary>Answers one kind of call. An exception harms that call only: it gets EIO.</summary>
internal delegate Answer CallHandler(in Notification call, MediationState state);

/// <summary>A system call's number on one architecture.</summary>
internal readonly record struct CallNumber(uint Architecture, int Number)
{
    // x32 shares x86-64's architecture and marks its calls by a bit (asm/unistd.h: __X32_SYSCALL_BIT).
    private const int X32Bit = 0x4000_0000;

    internal static CallNumber X64(int number) => new(AuditArch.AUDIT_ARCH_X86_64, number);

    internal static CallNumber X32(int number) => new(AuditArch.AUDIT_ARCH_X86_64, X32Bit | number);

    internal static CallNumber I386(int number) => new(AuditArch.AUDIT_ARCH_I386, number);
}

/// <summary>A row of the table: a call that we mediate.</summary>
/// <param name="Name">As in the manual.</param>
/// <param name="Numbers">Every number under which an IDS VM can make it.</param>
/// <param name="Handler">Who answers.</param>
internal sealed record MediatedCall(string Name, IReadOnlyList<CallNumber> Numbers, CallHandler Handler);

/// <summary>What the handlers of one IDS VM share.</summary>
/// <param name="Capture">Who captures, and which mirrors copy.</param>
internal sealed record MediationState(Capture.CaptureWatch Capture);
