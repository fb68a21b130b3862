using System.Text;
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
    /// <param name="mirrors">Interfaces of the mirror ports inside the VM, in the order of <c>watch</c>.</param>
    /// <exception cref="IOException">A file went away, or is no text, since the pack was read.</exception>
    public static IReadOnlyList<GeneratedFile> Files(PackSpec pack, IReadOnlyList<string> mirrors)
    {
        var files = new List<GeneratedFile>();
        foreach (var row in pack.Files)
        {
            foreach (var (relative, path) in PackTree.Files(Path.Join(pack.Directory, "files", row.Source)))
            {
                var text = PackTemplate.Render(Read(path), pack.Options, mirrors);
                var executable = File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);
                files.Add(new GeneratedFile(relative.Length == 0 ? row.Target : $"{row.Target}/{relative}", text, executable ? 0x1ED : 0x1A4));
            }
        }

        return files;
    }

    /// <summary>
    /// A command's arguments: <c>${mirrors}</c> alone becomes one argument per mirror port, <c>${mirror}</c> the first one's name
    /// (both also without the dollar sign).
    /// Options were put in place when the file that names the pack was read.
    /// </summary>
    public static IReadOnlyList<string> Arguments(PackCommand command, IReadOnlyList<string> mirrors)
    {
        var first = mirrors.Count > 0 ? mirrors[0] : "";
        return
        [
            .. command.Arguments.SelectMany(a => a is "${mirrors}" or "{mirrors}"
                ? mirrors
                : [a.Replace("${mirror}", first, StringComparison.Ordinal).Replace("{mirror}", first, StringComparison.Ordinal)]),
        ];
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
