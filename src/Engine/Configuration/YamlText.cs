using System.Text;

namespace HyperSpector.Engine.Configuration;

/// <summary>From the bytes of a file to its text; says where they are not UTF-8.</summary>
internal static class YamlText
{
    internal const string NotThere = "there is no such file";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file; null and a problem when it cannot be read or is too large.</summary>
    internal static byte[]? ReadFile(string path, out string problem)
    {
        problem = "";
        try
        {
            if (Directory.Exists(path))
            {
                problem = "is a directory; name the file in it";
                return null;
            }

            // Not File.ReadAllBytes: the length of a pipe (`-f /dev/stdin`) is unknown, that of /dev/zero without end.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);
            var bytes = new byte[ConfigurationLimits.FileBytes + 1];
            var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (count <= ConfigurationLimits.FileBytes)
                return bytes[..count];
            problem = $"is larger than {ConfigurationLimits.FileBytes / 1024} KiB; a configuration is a few KiB";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problem = failure switch
            {
                FileNotFoundException or DirectoryNotFoundException => NotThere,
                UnauthorizedAccessException => "cannot be read: permission denied",
                _ => $"cannot be read: {Quoted.Text(failure.Message)}",
            };
        }

        return null;
    }

    /// <summary>Decodes; null when the bytes are not UTF-8, with the place of the first wrong one.</summary>
    internal static string? Decode(ReadOnlySpan<byte> bytes, out Position wrong)
    {
        wrong = default;
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException failure)
        {
            var before = bytes[..Math.Clamp(failure.Index, 0, bytes.Length)];
            var line = before.LastIndexOf((byte)'\n');
            wrong = new Position(before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[(line + 1)..]) + 1);
            return null;
        }
    }
}
