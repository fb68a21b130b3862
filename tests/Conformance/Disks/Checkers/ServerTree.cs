using System.Globalization;
using System.Text;
using HyperSpector.Tests.Kit.Machines;

namespace HyperSpector.Tests.Conformance.Disks.Checkers;

/// <summary>A server's base of many small files, in all the places that the packs' rules name, and changes of them.</summary>
internal static class ServerTree
{
    internal static readonly int Many = Environment.GetEnvironmentVariable("FILES") is { Length: > 0 } files ? int.Parse(files, CultureInfo.InvariantCulture) : 4_000;

    /// <summary>Small enough for changes that look at everything each time.</summary>
    internal static readonly string[] Places =
        ["/etc/service", "/home/user", "/opt/program", "/root/notes", "/srv/data", "/usr/lib/parts", "/var/lib/service", "/var/log/service"];

    private static readonly UnixFileMode[] Modes = [(UnixFileMode)0b110_100_100, (UnixFileMode)0b111_101_101, (UnixFileMode)0b110_000_000];

    internal static void Make(string directory)
    {
        TinyRoot.Make(directory, "chown", "setfattr", "mkfifo");
        var random = new Random(5);
        for (var i = 0; i < Many; i++)
            Write(random, directory + Bulk(i));
        foreach (var place in Places)
        {
            for (var i = 0; i < 100; i++)
                Write(random, string.Create(CultureInfo.InvariantCulture, $"{directory}{place}/d{i % 7}/größe {i}"));
            _ = File.CreateSymbolicLink($"{directory}{place}/link", "d1/nowhere");
        }
    }

    /// <summary>A script that does each of ten kinds of change to many files, drawn at random.</summary>
    internal static string Changes(Random random)
    {
        string[] kinds =
        [
            "echo new > '{0}.added'", "rm '{0}'", "echo more >> '{0}'", "chmod 4711 '{0}'", "chown 1234:77 '{0}'", "chown 4321:8765 '{0}'",
            "setfattr -n user.note -v {1} '{0}'", "touch -d @{1} '{0}'", "mv '{0}' '{0}.renamed'", "ln '{0}' '{0}.linked'",
            "rm '{0}' && mkdir '{0}'", "rm '{0}' && ln -s {1} '{0}'", "rm '{0}' && mkfifo '{0}'",
        ];
        var script = new StringBuilder("set -e\n");
        foreach (var i in Enumerable.Range(0, Many).OrderBy(_ => random.Next()).Take(400))
        {
            var kind = kinds[random.Next(kinds.Length)];
            _ = script.AppendFormat(CultureInfo.InvariantCulture, kind, Bulk(i), random.Next(1, 1_000_000_000)).Append('\n');
        }

        return script.ToString();
    }

    private static string Bulk(int i) => string.Create(CultureInfo.InvariantCulture, $"/usr/share/bulk/d{i % 40}/e{i / 40 % 50}/file-{i}");

    private static void Write(Random random, string path)
    {
        var content = new byte[random.Next(random.Next(1, 4000))];
        random.NextBytes(content);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        File.SetUnixFileMode(path, Modes[random.Next(Modes.Length)]);
    }
}
