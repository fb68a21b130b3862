namespace HyperSpector.Engine.Integrity;

/// <summary>A check cannot be made: one line that says why, and how to mend it.</summary>
public sealed class IntegrityException : IOException
{
    /// <summary>With its line.</summary>
    public IntegrityException(string message) : base(message) { }
}
