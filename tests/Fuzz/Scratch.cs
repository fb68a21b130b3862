using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Fuzz;

/// <summary>A directory that is removed again.</summary>
internal sealed class Scratch : IDisposable
{
    // In memory, where there is such a place: some targets make thousands of directories.
    private static readonly string s_place = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    internal string Path { get; } = Directory.CreateDirectory($"{s_place}/hyperspector-fuzz-{Guid.NewGuid():n}").FullName;

    internal string Write(string name, byte[] content)
    {
        var path = At(name);
        _ = Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    internal string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    internal string At(string name) => System.IO.Path.Join(Path, name);

    internal FileDescriptor Open() => Files.OpenDirectory(Path);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Does something in one.</summary>
    internal static void Within(Action<Scratch> work)
    {
        using var scratch = new Scratch();
        work(scratch);
    }
}
