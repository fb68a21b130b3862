namespace HyperSpector.Engine.Integrity.Policies;

/// <summary>Which files are recorded and checked, and what of them (docs/integrity.md).</summary>
public sealed class IntegrityPolicy
{
    private readonly IReadOnlyList<(PathPattern Pattern, Attributes Attributes)> _rules;
    private readonly IReadOnlyList<PathPattern> _ignored;

    internal IntegrityPolicy(
        byte[] text, IReadOnlyList<(PathPattern Pattern, Attributes Attributes)> rules, IReadOnlyList<PathPattern> ignored, long contentLimit)
    {
        Text = text;
        _rules = rules;
        _ignored = ignored;
        ContentLimit = contentLimit;
        Uses = rules.Aggregate(Attributes.None, (all, rule) => all | rule.Attributes);
    }

    /// <summary>As it was written. A baseline holds it, so that both are of one piece.</summary>
    public byte[] Text { get; }

    /// <summary>Bytes of a file whose content is compared; a larger one is compared by everything else.</summary>
    public long ContentLimit { get; }

    /// <summary>Every attribute that any rule asks for.</summary>
    public Attributes Uses { get; }

    /// <summary>What is compared of a path; null if nothing is. The last rule that matches decides; what is ignored stays so.</summary>
    /// <param name="path">Empty for the root; else with a slash at its beginning and none at its end.</param>
    internal Attributes? Select(ReadOnlySpan<byte> path)
    {
        for (var i = _rules.Count - 1; i >= 0; i--)
        {
            if (_rules[i].Pattern.Matches(path))
                return IsIgnored(path) ? null : _rules[i].Attributes;
        }

        return null;
    }

    /// <summary>Whether anything below a directory may be selected.</summary>
    internal bool Enters(ReadOnlySpan<byte> directory)
    {
        for (var i = 0; i < _rules.Count; i++)
        {
            if (_rules[i].Pattern.MayMatchBelow(directory))
                return !IsIgnored(directory);
        }

        return false;
    }

    private bool IsIgnored(ReadOnlySpan<byte> path)
    {
        for (var i = 0; i < _ignored.Count; i++)
        {
            if (_ignored[i].Matches(path))
                return true;
        }

        return false;
    }
}
