namespace HyperSpector.Monitor;

/// <summary>The descriptors that the keeper starts us with, by number.</summary>
internal static class Inherited
{
    /// <summary>Our end of the socket pair.</summary>
    internal const int Control = 3;

    /// <summary>The page of the notification that is being answered.</summary>
    internal const int InFlight = 4;
}
