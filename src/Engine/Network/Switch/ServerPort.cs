namespace HyperSpector.Engine.Network.Switch;

/// <summary>A server VM's port.</summary>
/// <param name="Server">The VM.</param>
/// <param name="Interface">The base's end: where an IDS on the base would capture.</param>
/// <param name="Addresses">The VM's addresses.</param>
/// <param name="Created">False if the right port was there already (a daemon that takes over).</param>
public sealed record ServerPort(string Server, string Interface, PortAddresses Addresses, bool Created);
