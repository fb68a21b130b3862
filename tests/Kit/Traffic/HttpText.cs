using System.Globalization;
using System.Text;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>Requests as they go over the wire, and as much of responses as a client must understand.</summary>
public static class HttpText
{
    /// <summary>A request; <paramref name="headers"/> are whole lines. Closes the connection unless told otherwise.</summary>
    public static byte[] Request(string method, string path, string[]? headers = null, byte[]? body = null, bool keep = false, string? agent = null)
    {
        var text = new StringBuilder();
        _ = text.Append(CultureInfo.InvariantCulture, $"{method} {path} HTTP/1.1\r\nHost: www.example.test\r\n");
        _ = text.Append(CultureInfo.InvariantCulture, $"User-Agent: {agent ?? "Mozilla/5.0 (X11; Linux x86_64) mix/1.0"}\r\nAccept: */*\r\n");
        foreach (var header in headers ?? [])
            _ = text.Append(header).Append("\r\n");
        if (body is not null)
            _ = text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        _ = text.Append(keep ? "\r\n" : "Connection: close\r\n\r\n");
        return [.. Encoding.Latin1.GetBytes(text.ToString()), .. body ?? []];
    }

    /// <summary>True once a response is complete by its own headers. (No response here lacks a length.)</summary>
    public static bool IsWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;
        const string lengthHeader = "Content-Length: ";
        var at = text.IndexOf(lengthHeader, 0, end, StringComparison.Ordinal);
        if (at < 0)
            return text.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
        var digits = text[(at + lengthHeader.Length)..text.IndexOf('\r', at)];
        return text.Length >= end + 4 + int.Parse(digits, CultureInfo.InvariantCulture);
    }

    /// <summary>As <see cref="IsWhole(string)"/>, of bytes.</summary>
    public static bool IsWhole(byte[] bytes) => IsWhole(Encoding.Latin1.GetString(bytes));
}
