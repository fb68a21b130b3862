using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>
/// A place from which a server's frames are watched: an interface, and a way to run programs and to reach files there (a network
/// namespace, or an IDS VM).
/// </summary>
/// <param name="Name">For messages.</param>
/// <param name="Interface">What is watched.</param>
/// <param name="Command">Turns a command there into a command here: program and arguments.</param>
public sealed record WatchPoint(string Name, string Interface, Func<IReadOnlyList<string>, (string Program, IReadOnlyList<string> Arguments)> Command)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>A point in a network namespace of this machine.</summary>
    public static WatchPoint InNamespace(string name, string space, string device) =>
        new(name, device, command => ("nsenter", TestNetwork.Enter(space, [.. BaseSuricata.Prefix, .. command])));

    /// <summary>A new, empty directory there.</summary>
    public string MakeDirectory() => Shell("mktemp -d /tmp/watch.XXXXXX").Trim();

    /// <summary>Removes a directory there.</summary>
    public void RemoveDirectory(string path) => _ = Shell("rm -rf -- \"$1\"", path);

    /// <summary>Writes a file there.</summary>
    public void Write(string path, string text)
    {
        var (program, arguments) = Command(["sh", "-c", "cat > \"$1\"", "write", path]);
        _ = Tool.RunChecked(program, arguments, text, Limit);
    }

    /// <summary>Reads a text file there.</summary>
    public string ReadText(string path) => Shell("cat -- \"$1\"", path);

    /// <summary>Reads any file there.</summary>
    public byte[] Read(string path) => Convert.FromBase64String(Shell("base64 -w0 -- \"$1\"", path));

    /// <summary>Runs a line of shell there; throws when it fails.</summary>
    public string Shell(string line, params string[] arguments)
    {
        var (program, list) = Command(["sh", "-c", line, "sh", .. arguments]);
        return Tool.RunChecked(program, list, timeout: Limit);
    }

    /// <summary>Starts a program there, remembering its pid (there) in a file.</summary>
    internal Background Start(string pidFile, params string[] command)
    {
        var (program, arguments) = Command(["sh", "-c", "echo $$ > \"$0\"; exec \"$@\"", pidFile, .. command]);
        return new Background(program, arguments);
    }

    /// <summary>Ends a program there as Ctrl-C would, and waits until it has put everything away.</summary>
    internal void Interrupt(string pidFile, Background running)
    {
        _ = Shell("kill -INT \"$(cat \"$1\")\"", pidFile);
        if (!running.WaitForEnd(Limit))
            throw new IOException($"{Name}: does not end: {running.Output}");
    }
}
