namespace HyperSpector.Engine.Packs;

/// <summary>A pack's software could not be fetched.</summary>
/// <param name="message">One line.</param>
/// <param name="log">The build VM's last stored log lines (<see cref="Api.Messages.LogLine"/> as JSON lines), unread.</param>
public sealed class FetchException(string message, byte[] log) : IOException(message)
{
    /// <summary>The last log lines.</summary>
    public byte[] Log { get; } = log;
}
