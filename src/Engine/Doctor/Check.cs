using HyperSpector.Api.Messages;
using HyperSpector.Linux;

namespace HyperSpector.Engine.Doctor;

/// <summary>What a probe found.</summary>
internal readonly record struct Finding(DoctorState State, string Text)
{
    internal static Finding Ok(string text) => new(DoctorState.Ok, text);

    internal static Finding Missing(string text) => new(DoctorState.Missing, text);

    internal static Finding Unknown(string text) => new(DoctorState.Unknown, text);

    /// <summary>Of a call that either works or names its error.</summary>
    internal static Finding Of(Errno errno, string works) => errno == Errno.None ? Ok(works) : Missing($"refused ({errno})");
}

/// <summary>One row of the doctor's table.</summary>
/// <param name="Id">Stable.</param>
/// <param name="Level">How much depends on it.</param>
/// <param name="Lost">What is lost without it.</param>
/// <param name="Fix">How to mend it.</param>
/// <param name="Try">The probe. Leaves nothing behind; may throw <see cref="IOException"/>, which counts as a refusal.</param>
internal sealed record Check(string Id, DoctorLevel Level, string Lost, string Fix, Func<DoctorScene, Finding> Try)
{
    /// <summary>Without privilege there is nothing to be learnt.</summary>
    internal bool NeedsRoot { get; init; }
}
