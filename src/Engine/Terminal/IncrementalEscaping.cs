using System.Buffers;
using System.Text;

namespace HyperSpector.Engine.Terminal;

/// <summary>
/// Escapes a stream of bytes, piece by piece, as <see cref="Escaping"/> does, but for tabs and line ends. A character, or line end,
/// cut in two by a read waits for its second half.
/// </summary>
public sealed class IncrementalEscaping
{
    private readonly byte[] _pending = new byte[4];
    private int _count;

    /// <summary>What may be printed after this piece.</summary>
    public byte[] Next(ReadOnlySpan<byte> piece)
    {
        byte[] all = [.. _pending.AsSpan(0, _count), .. piece];
        var cut = IncompleteTail(all);
        _count = cut;
        all.AsSpan(all.Length - cut).CopyTo(_pending);
        return Escape(all.AsSpan(0, all.Length - cut));
    }

    /// <summary>What is left when the stream has ended: half a character is no character.</summary>
    public byte[] End()
    {
        var rest = Escape(_pending.AsSpan(0, _count));
        _count = 0;
        return rest;
    }

    private static byte[] Escape(ReadOnlySpan<byte> bytes)
    {
        var result = new StringBuilder(bytes.Length);
        while (true)
        {
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..end];
            // The carriage return of a line end does nothing that the line end does not.
            var text = end >= 0 && line.EndsWith("\r"u8) ? line[..^1] : line;
            _ = result.Append(Escaping.Line(text, keepTabs: true));
            if (end < 0)
                return Encoding.UTF8.GetBytes(result.ToString());
            _ = result.Append('\n');
            bytes = bytes[(end + 1)..];
        }
    }

    private static int IncompleteTail(ReadOnlySpan<byte> bytes)
    {
        // It may be the first half of a line end.
        if (bytes.EndsWith("\r"u8))
            return 1;
        for (var length = 1; length <= Math.Min(3, bytes.Length); length++)
        {
            if (Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData)
                return length;
        }

        return 0;
    }
}
