namespace HyperSpector.Engine.Disks;

/// <summary>What is open of a node, for several users at once: closed when the last one lets it go.</summary>
internal abstract class Opened
{
    private int _users = 1;

    /// <summary>Descriptors that closing it frees.</summary>
    internal abstract int Descriptors { get; }

    /// <summary>One more user. Preconditions: the caller knows that there is another.</summary>
    internal void Acquire() => _ = Interlocked.Increment(ref _users);

    /// <summary>One user less.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            Close();
    }

    protected abstract void Close();
}
