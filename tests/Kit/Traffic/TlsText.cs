using System.Text;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>TLS messages by hand (RFC 5246 §7.4.1.2).</summary>
public static class TlsText
{
    /// <summary>A ClientHello of a version with a server name, in one record.</summary>
    public static byte[] ClientHello(int version, string name)
    {
        var host = Encoding.ASCII.GetBytes(name);
        byte[] serverName = [0, 0, .. Two(host.Length + 5), .. Two(host.Length + 3), 0, .. Two(host.Length), .. host];
        byte[] groups = [0, 10, 0, 4, 0, 2, 0, 23];
        byte[] formats = [0, 11, 0, 2, 1, 0];
        byte[] signatures = [0, 13, 0, 4, 0, 2, 4, 3];
        byte[] extensions = [.. serverName, .. groups, .. formats, .. signatures];
        byte[] hello =
        [
            .. Two(version), .. Enumerable.Range(1, 32).Select(i => (byte)i), 0, .. Two(4), 0xc0, 0x2b, 0xc0, 0x09, 1, 0,
            .. Two(extensions.Length), .. extensions,
        ];
        byte[] handshake = [1, 0, .. Two(hello.Length), .. hello];
        return [0x16, 3, 1, .. Two(handshake.Length), .. handshake];
    }

    private static byte[] Two(int value) => [(byte)(value >> 8), (byte)value];
}
