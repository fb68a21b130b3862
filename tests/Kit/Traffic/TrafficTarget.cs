using System.Net;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>A server that <c>responders.py</c> runs on, and where the client stands.</summary>
public sealed record TrafficTarget
{
    /// <summary>The client's network namespace, e.g. <c>/run/netns/client</c>: from there ordinary sockets are opened.</summary>
    public required string ClientNamespace { get; init; }

    /// <summary>Where ordinary sockets reach the server: its own address, or one that its ports are published on.</summary>
    public required IPAddress Front4 { get; init; }

    /// <inheritdoc cref="Front4"/>
    public required IPAddress Front6 { get; init; }

    /// <summary>The server's own addresses, as frames on its port bear them.</summary>
    public required IPAddress Address4 { get; init; }

    /// <inheritdoc cref="Address4"/>
    public required IPAddress Address6 { get; init; }

    /// <summary>The client's address for attacks by ordinary sockets.</summary>
    public required IPAddress Hostile4 { get; init; }

    /// <inheritdoc cref="Hostile4"/>
    public required IPAddress Hostile6 { get; init; }

    /// <summary>A second address of the client for benign exchanges, so that what they raise can be told apart.</summary>
    public required IPAddress Benign4 { get; init; }

    /// <inheritdoc cref="Benign4"/>
    public required IPAddress Benign6 { get; init; }

    /// <summary>Where handmade frames enter.</summary>
    public required RawEntry Raw { get; init; }

    /// <summary>Ports of the responders.</summary>
    public ServicePorts Ports { get; init; } = new();
}

/// <summary>Ports that the responders listen on.</summary>
public sealed record ServicePorts(int Echo = 7, int Ssh = 22, int Dns = 53, int Http = 80, int Https = 443);

/// <summary>
/// An interface from which frames reach the server's port unchanged: the base end of that port itself. From further away the base
/// would put fragments together and drop what its connection tracking finds invalid, so that half of the mix would not arrive.
/// </summary>
/// <param name="Namespace">The network namespace of the interface.</param>
/// <param name="Interface">Its name.</param>
/// <param name="SourceMac">The address that frames come from: the interface's own.</param>
/// <param name="ServerMac">The server's.</param>
/// <param name="Source4">An address that no kernel owns, so that none answers for it: the last byte is ours to vary.</param>
/// <param name="Source6">The same for IPv6.</param>
public sealed record RawEntry(
    string Namespace, string Interface, byte[] SourceMac, byte[] ServerMac, IPAddress Source4, IPAddress Source6);
