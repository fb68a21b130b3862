namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>Whose kernel speaks and what is meant by it.</summary>
public enum Intent
{
    /// <summary>By ordinary sockets from the client's benign address; must raise nothing.</summary>
    Benign,

    /// <summary>Meant to be noticed.</summary>
    Attack,

    /// <summary>Unusual but honest, by handmade frames: some rule may notice.</summary>
    Odd,
}

/// <summary>One named exchange of the mix.</summary>
/// <param name="Name">For people, unique.</param>
/// <param name="Intent">What is meant.</param>
/// <param name="Run">Carries it out; throws when the server does not answer as it must.</param>
public sealed record Exchange(string Name, Intent Intent, Action<TrafficTarget> Run)
{
    /// <summary>Signatures that must be raised, at least.</summary>
    public IReadOnlyList<int> Raises { get; init; } = [];
}
