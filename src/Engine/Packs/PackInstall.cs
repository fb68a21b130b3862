using System.Text;
using HyperSpector.Api.Plans;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;

namespace HyperSpector.Engine.Packs;

/// <summary>What a pack becomes in one IDS VM, once its options and mirror ports are known.</summary>
public static class PackInstall
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The pack's files, rendered: they belong to the VM's own configuration layer, not to the pack's shared layer, since two
    /// environments may use one pack with different options.
    /// </summary>
    /// <param name="pack">The pack; its options as the user set them.</param>
    /// <param name="surroundings">What is in the VM besides.</param>
    /// <exception cref="IOException">A file went away, or is no text, since the pack was read.</exception>
    public static IReadOnlyList<GeneratedFile> Files(PackSpec pack, PackSurroundings surroundings)
    {
        var files = new List<GeneratedFile>();
        foreach (var row in pack.Files)
        {
            foreach (var (relative, path) in PackTree.Files(Path.Join(pack.Directory, "files", row.Source)))
            {
                var text = PackTemplate.Render(Read(path), pack.Options, surroundings);
                var executable = File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);
                files.Add(new GeneratedFile(relative.Length == 0 ? row.Target : $"{row.Target}/{relative}", text, executable ? 0x1ED : 0x1A4));
            }
        }

        return files;
    }

    /// <summary>
    /// A command's arguments: <c>${mirrors}</c> alone becomes one argument per mirror port, <c>${mirror}</c> the first one's name
    /// (both also without the dollar sign), <c>${server}</c>, <c>${serverfs}</c> and <c>${dserverfs}</c> those of the first server, or of
    /// that of a number.
    /// Options were put in place when the file that names the pack was read.
    /// </summary>
    public static IReadOnlyList<string> Arguments(IReadOnlyList<string> arguments, PackSurroundings surroundings, int number = 0)
    {
        var names = surroundings.Names(new Dictionary<string, string>(), number);
        return
        [
            .. arguments.SelectMany(a => a is "${mirrors}" or "{mirrors}"
                ? surroundings.Mirrors
                : [PackOptions.Substitute(a, names).Replace("{mirror}", names["mirror"], StringComparison.Ordinal)]),
        ];
    }

    /// <summary>
    /// The scheduled commands of a pack: one that names <c>${server}</c> or one of its views stands for one command for each server.
    /// </summary>
    public static IReadOnlyList<SensorCommand> Scheduled(PackSpec pack, PackSurroundings surroundings)
    {
        var commands = new List<SensorCommand>();
        foreach (var task in pack.Schedule)
        {
            var every = PackScheduleReader.Interval(task);
            var each = task.Arguments.SelectMany(PackOptions.References).Any(PackSurroundings.OfServers.Contains);
            for (var i = 0; i < (each ? surroundings.Servers.Count : 1); i++)
            {
                var name = each && surroundings.Servers.Count > 1 ? $"{task.Name}-{surroundings.Servers[i]}" : task.Name;
                commands.Add(new SensorCommand(name, Arguments(task.Arguments, surroundings, i)) { Every = every });
            }
        }

        return commands;
    }

    /// <summary>The text of a pack's file.</summary>
    internal static string Read(string path)
    {
        try
        {
            return Strict.GetString(File.ReadAllBytes(path));
        }
        catch (DecoderFallbackException)
        {
            throw new IOException("is not UTF-8 text; a pack brings binaries by 'apt'");
        }
        catch (UnauthorizedAccessException)
        {
            throw new IOException("cannot be read: permission denied");
        }
    }
}
