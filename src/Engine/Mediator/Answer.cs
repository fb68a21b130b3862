using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Mediator;

/// <summary>What a trapped call gets.</summary>
public readonly record struct Answer
{
    private Answer(long value, Errno error, bool proceeds)
    {
        Value = value;
        Error = error;
        Proceeds = proceeds;
    }

    /// <summary>
    /// The call runs as if it had not been trapped. Sound only where nothing depends on what its pointers lead to: another thread
    /// can change that meanwhile.
    /// </summary>
    public static Answer Proceed => new(0, Errno.None, proceeds: true);

    /// <summary>What the call returns, if it neither fails nor proceeds.</summary>
    public long Value { get; }

    /// <summary>What it fails with, or none.</summary>
    public Errno Error { get; }

    /// <summary>Does the kernel carry it out?</summary>
    public bool Proceeds { get; }

    /// <summary>The call fails.</summary>
    public static Answer Fail(Errno error) => new(0, error, proceeds: false);

    /// <summary>The call succeeds without being carried out.</summary>
    public static Answer Return(long value) => new(value, Errno.None, proceeds: false);

    /// <summary>As the kernel takes it.</summary>
    public seccomp_notif_resp ToResponse(ulong id) => new()
    {
        id = id,
        val = Proceeds || Error != Errno.None ? 0 : Value,
        error = Proceeds ? 0 : -(int)Error,
        flags = Proceeds ? Seccomp.SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
    };
}
