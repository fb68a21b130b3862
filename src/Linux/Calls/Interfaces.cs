namespace HyperSpector.Linux.Calls;

/// <summary>Network interfaces of the calling thread's network namespace.</summary>
public static class Interfaces
{
    /// <summary>The interface's index, or 0 if there is none of that name (if_nametoindex(3)).</summary>
    public static uint IndexOf(string name) => LibC.if_nametoindex(name);
}
