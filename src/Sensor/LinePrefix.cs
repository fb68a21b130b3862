using System.Buffers;
using System.Text;

namespace HyperSpector.Sensor;

/// <summary>Puts a command's name before each of its lines. Lines are cut at 8 KiB, so that memory stays bounded.</summary>
internal sealed class LinePrefix(string name, LineOutput output)
{
    private const int Limit = 8 * 1024;

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes($"{name}: ");
    private readonly ArrayBufferWriter<byte> _line = new(256);

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_line.WrittenCount == 0)
                _line.Write(_prefix);
            var newline = bytes.IndexOf((byte)'\n');
            var length = Math.Min(newline < 0 ? bytes.Length : newline, Limit - _line.WrittenCount);
            _line.Write(bytes[..length]);
            bytes = bytes[length..];
            if (bytes.Length > 0 && bytes[0] == (byte)'\n')
            {
                bytes = bytes[1..];
                Flush();
            }
            else if (_line.WrittenCount >= Limit)
            {
                Flush();
            }
        }
    }

    /// <summary>Ends a line that was begun.</summary>
    internal void Finish()
    {
        if (_line.WrittenCount > _prefix.Length)
            Flush();
        _line.ResetWrittenCount();
    }

    private void Flush()
    {
        _line.Write("\n"u8);
        output.Write(_line.WrittenSpan);
        _line.ResetWrittenCount();
    }
}
