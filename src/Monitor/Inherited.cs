using HyperSpector.Linux.Handles;

namespace HyperSpector.Monitor;

/// <summary>The descriptors that the keeper starts us with, by number, and one that the first image adds.</summary>
internal static class Inherited
{
    /// <summary>Our end of the socket pair.</summary>
    internal const int Control = 3;

    /// <summary>The page of the notification that is being answered.</summary>
    internal const int InFlight = 4;

    /// <summary>Our seccomp policy, opened while we still could.</summary>
    internal const int Policy = 5;

    /// <summary>Maps the page; the descriptor stays open, for a keeper that adopts us.</summary>
    internal static MappedPage MapInFlight() => new(s_inFlight);

    private static readonly FileDescriptor s_inFlight = new(InFlight);
}
