using System.Globalization;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>The servers' program.</summary>
public static class Responders
{
    /// <summary>Where it is on this machine; it needs nothing but /usr/bin/python3 and openssl.</summary>
    public static string Path { get; } = System.IO.Path.Join(AppContext.BaseDirectory, "Traffic", "responders.py");

    /// <summary>The command that starts it where it stands at <paramref name="path"/>.</summary>
    public static IReadOnlyList<string> Command(string path) => OneProcessor.Command(["/usr/bin/python3", path, .. Arguments(new ServicePorts())]);

    private static IReadOnlyList<string> Arguments(ServicePorts ports) =>
        [.. new[] { ports.Echo, ports.Ssh, ports.Dns, ports.Http, ports.Https }.Select(p => p.ToString(CultureInfo.InvariantCulture))];

    /// <summary>An Ethernet address from its usual form.</summary>
    public static byte[] Mac(string text) => Convert.FromHexString(text.Trim().Replace(":", "", StringComparison.Ordinal));
}
