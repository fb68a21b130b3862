using System.Buffers;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>Lines of JSON into a pipe. Whoever does not read them makes us wait; nothing piles up here.</summary>
/// <param name="pipe">Where to.</param>
internal sealed class ChangeOutput(FileDescriptor pipe)
{
    private const int Enough = 32 * 1024;
    private readonly ArrayBufferWriter<byte> _waiting = new(2 * Enough);

    /// <summary>One line.</summary>
    internal void Write(ChangeRecord record)
    {
        using (var writer = new Utf8JsonWriter(_waiting))
            JsonSerializer.Serialize(writer, record, ApiJson.Default.ChangeRecord);
        _waiting.Write("\n"u8);
        if (_waiting.WrittenCount >= Enough)
            Flush();
    }

    /// <summary>Hands over what waits.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    internal void Flush()
    {
        Pipe.WriteAll(pipe, _waiting.WrittenSpan);
        _waiting.ResetWrittenCount();
    }
}

/// <summary>Tells everything once.</summary>
internal sealed class ChangeList(ChangeOutput output, IdTranslation ids) : IChangeSink
{
    public void Tell(ReadOnlySpan<byte> path, in Verdict verdict) => output.Write(ChangeText.Of(path, verdict, ids));

    public void Entering(ReadOnlySpan<byte> path, ChangeDirectory directory)
    {
        // Nobody follows.
    }
}
