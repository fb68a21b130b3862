using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>Where an attack begins.</summary>
[Flags]
public enum Vantage
{
    Server = 1,
    Ids = 2,
    Both = Server | Ids,

    /// <summary>The IDS VM with <c>net_admin: true</c>.</summary>
    Admin = 4,

    /// <summary>A VM of each kind that may be ruined.</summary>
    Doomed = 8,

    /// <summary>An IDS VM with <c>net_admin: true</c> that spoils its own ports.</summary>
    Breaker = 16,

    /// <summary>A server VM on the network of a NIC.</summary>
    Lan = 32,

    /// <summary>The IDS VM that watches it, through a filter, with <c>net_admin: true</c>.</summary>
    Sift = 64,
}

/// <summary>
/// Something that must not be possible from inside a VM. The same program is run twice: as root on the base against throw-away
/// things, where it must work, or the test proves nothing; and as root inside a VM, where it must not.
/// </summary>
public sealed record Attack
{
    /// <summary>Stable, <c>subject.what</c>.</summary>
    public required string Id { get; init; }

    /// <summary>In words.</summary>
    public required string What { get; init; }

    /// <summary>What of the paper it would break.</summary>
    public required string Requirements { get; init; }

    public Vantage From { get; init; } = Vantage.Both;

    /// <summary>File in <c>Programs/</c>: Python, or C that is compiled; empty for what a test of its own tries.</summary>
    public string Program { get; init; } = "";

    /// <summary>The control on the base.</summary>
    public Func<Scene, Trial> Native { get; init; } = _ => throw new NotSupportedException("a test of its own tries this");

    /// <summary>The attack from a VM.</summary>
    public Func<Scene, Place, Trial> Inside { get; init; } = (_, _) => throw new NotSupportedException("a test of its own tries this");

    /// <summary>What the refusal must say, as a regular expression, where it matters who refused.</summary>
    public string Expected { get; init; } = "";

    /// <summary>False where this kernel does not have what is attacked (e.g. loadable modules): nothing to attack, nothing to control. The page says so.</summary>
    public bool Present { get; init; } = true;

    public override string ToString() => Id;
}

/// <summary>One run of an attack's program: the kind of attack, then its arguments.</summary>
public sealed record Trial(params IReadOnlyList<string> Arguments)
{
    /// <summary>Natively: a command that runs the program in surroundings of its own (unshare …).</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Natively: the network namespace; null is the test host's base.</summary>
    public string? Space { get; init; }

    /// <summary>If this arrives at anybody but the attacker, the attack has worked.</summary>
    public string? Token { get; init; }

    /// <summary>Looks from outside whether it worked: what was seen, or null.</summary>
    public Func<ToolResult, string?>? Effect { get; init; }

    /// <summary>Before the program runs.</summary>
    public Action? Before { get; init; }

    /// <summary>Afterwards, always.</summary>
    public Action? After { get; init; }

    /// <summary>How long it may take.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>What became of a trial.</summary>
/// <param name="Word">What the program said: succeeded, refused, done; else why it said nothing.</param>
/// <param name="Detail">Its own words.</param>
/// <param name="Effect">What was seen from outside; null for nothing.</param>
public sealed record Outcome(string Word, string Detail, string? Effect)
{
    public override string ToString() => Effect is null ? $"{Word}: {Detail}" : $"{Word}: {Detail}; seen from outside: {Effect}";
}
