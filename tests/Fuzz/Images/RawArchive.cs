using System.Globalization;
using System.Text;

namespace HyperSpector.Tests.Fuzz.Images;

/// <summary>
/// A tar archive header by header (pax(1), tar(5)), each with the checksum that belongs to it: mutated bytes would never get past that.
/// </summary>
internal sealed class RawArchive
{
    private const int Block = 512;
    private readonly List<byte> _bytes = [];

    /// <summary>A field of a header that is not what <see cref="Add"/> would write.</summary>
    internal readonly record struct Change(int At, byte Value);

    internal void Add(string name, char type, string link, byte[] content, long size, string owner, string modified, params IReadOnlyList<Change> changes)
    {
        var header = new byte[Block];
        Text(header, 0, 100, name);
        Text(header, 100, 8, "0000755");
        Text(header, 108, 8, owner);
        Text(header, 116, 8, owner);
        Text(header, 124, 12, Convert.ToString(size, 8).PadLeft(11, '0'));
        Text(header, 136, 12, modified);
        header[156] = (byte)type;
        Text(header, 157, 100, link);
        Text(header, 257, 8, "ustar\000");
        foreach (var change in changes)
            header[change.At % Block] = change.Value;
        header.AsSpan(148, 8).Fill((byte)' ');
        Text(header, 148, 8, Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ");
        _bytes.AddRange(header);
        _bytes.AddRange(content);
        _bytes.AddRange(new byte[(Block - (content.Length % Block)) % Block]);
    }

    /// <summary>A record of a pax header: its length, counted with itself, a blank, key=value and a line feed.</summary>
    internal static string Record(string key, string value)
    {
        var rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        var length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        return string.Create(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
    }

    internal byte[] Finish(int cut)
    {
        byte[] bytes = [.. _bytes, .. new byte[2 * Block]];
        return cut > 0 ? bytes[..(cut % bytes.Length)] : bytes;
    }

    private static void Text(byte[] header, int at, int most, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        bytes.AsSpan(0, Math.Min(most, bytes.Length)).CopyTo(header.AsSpan(at));
    }
}
