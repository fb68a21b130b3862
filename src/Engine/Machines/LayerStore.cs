namespace HyperSpector.Engine.Machines;

/// <summary>Read-only layers made of what a build VM has written.</summary>
public sealed class LayerStore(Hosts.HostPaths paths)
{
    /// <summary>
    /// Turns the uppers of a build VM, whose process has ended, into the layer <paramref name="destination"/>, atomically, and removes
    /// the rest of the VM. Returns the destination; if it exists already, it is kept as it is.
    /// </summary>
    public string Seal(string machine, string destination) => throw new NotImplementedException(paths.Name);
}
