namespace HyperSpector.Engine.Machines;

/// <summary>The OCI runtime that starts the VMs (design §1: we write none).</summary>
/// <param name="Program">Absolute path.</param>
/// <param name="Version">First line of its <c>--version</c>.</param>
public sealed record Runtime(string Program, string Version)
{
    /// <summary>The first runtime that is installed and answers: <paramref name="preferred"/>, else runc, else crun.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static Runtime Probe(string? preferred = null) => throw new NotImplementedException();
}
