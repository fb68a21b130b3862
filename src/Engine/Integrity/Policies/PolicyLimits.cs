namespace HyperSpector.Engine.Integrity.Policies;

/// <summary>How much a policy may ask for.</summary>
internal static class PolicyLimits
{
    /// <summary>Paths to check and to ignore, together: each is held against each file.</summary>
    internal const int Patterns = 1000;

    /// <summary>Characters of one.</summary>
    internal const int PatternLength = 1024;

    /// <summary>Groups of the user's.</summary>
    internal const int Groups = 100;

    /// <summary>Of a file whose content is compared, if the policy does not say: 16 GiB.</summary>
    internal const long UsualContentLimit = 16L << 30;
}
