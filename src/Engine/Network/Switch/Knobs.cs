namespace HyperSpector.Engine.Network.Switch;

/// <summary>The kernel's network settings below /proc/sys/net, of the calling thread's network namespace (sysctl(8)).</summary>
internal static class Knobs
{
    private const string Root = "/proc/sys/net/";

    /// <summary>Does this kernel do IPv6 at all (<c>ipv6.disable=1</c>)?</summary>
    internal static bool HasV6 => Directory.Exists(Root + "ipv6/conf");

    /// <summary>Interfaces with settings of a family (<c>ipv4</c>, <c>ipv6</c>), without the pseudo-interfaces all, default and lo.</summary>
    internal static IEnumerable<string> Interfaces(string family) =>
        Directory.EnumerateDirectories($"{Root}{family}/conf").Select(d => Path.GetFileName(d)).Where(n => n is not ("all" or "default" or "lo"));

    /// <summary>Reads a setting; null if there is none (an interface that vanished, an older kernel).</summary>
    internal static string? Read(string knob)
    {
        try
        {
            return File.ReadAllText(Root + knob).Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Writes a setting if it differs; true if it did. One that does not exist is no error when <paramref name="optional"/>.</summary>
    internal static bool Write(string knob, string value, bool optional = false)
    {
        var current = Read(knob);
        if (current == value || (current is null && optional))
            return false;
        // Open for writing only: O_CREAT and O_TRUNC mean nothing there, and the former is refused.
        using var file = new FileStream(Root + knob, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(System.Text.Encoding.ASCII.GetBytes(value));
        return true;
    }
}
