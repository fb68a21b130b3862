using System.Diagnostics;
using System.Text;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>What a tool said and how it ended.</summary>
public sealed record ToolResult(ExitStatus Status, string Output, string Error)
{
    /// <summary>The last line of what it said on standard error, for one-line messages.</summary>
    public string LastErrorLine => Error.TrimEnd().Split('\n')[^1];
}

/// <summary>Running the well-kept tools that we lean on (runc, nft, ip …): bounded in time and in output.</summary>
public static class Tool
{
    private const int OutputLimit = 16 * 1024 * 1024;
    private static readonly string[] Path = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Where a tool is, or null. Only the system's own directories are searched, never the caller's PATH.</summary>
    public static string? Find(string name) =>
        name.StartsWith('/') ? (File.Exists(name) ? name : null) : Path.Select(d => $"{d}/{name}").FirstOrDefault(File.Exists);

    /// <summary>Runs a tool to its end.</summary>
    /// <param name="name">Name or absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">What it reads on standard input.</param>
    /// <param name="timeout">Default: 30 s. A tool that takes longer is killed.</param>
    /// <exception cref="KernelException">The tool cannot be started, or took too long (ETIMEDOUT).</exception>
    public static ToolResult Run(string name, IReadOnlyList<string> arguments, string input = "", TimeSpan? timeout = null)
    {
        var program = Find(name) ?? throw new KernelException("execve", Errno.ENOENT, name);
        var (inRead, inWrite) = Pipe.Create();
        var (outRead, outWrite) = Pipe.Create();
        var (errRead, errWrite) = Pipe.Create();
        using var o = outRead;
        using var e = errRead;
        ChildProcess child;
        using (inRead)
        using (outWrite)
        using (errWrite)
        {
            child = Spawn.Start(new SpawnRequest
            {
                Program = program,
                Arguments = arguments,
                Descriptors = [(0, inRead), (1, outWrite), (2, errWrite)],
            });
        }

        using (child)
        {
            var writer = Background(() => Feed(inWrite, input));
            var output = "";
            var reader = Background(() => output = Drain(outRead));
            var error = "";
            var errorReader = Background(() => error = Drain(errRead));
            var limit = timeout ?? TimeSpan.FromSeconds(30);
            var started = Stopwatch.GetTimestamp();
            var status = child.Wait(limit);
            if (status is null)
            {
                const int SIGKILL = 9;
                _ = child.PidFd.Signal(SIGKILL);
                _ = child.Wait(Timeout.InfiniteTimeSpan);
                throw new KernelException(name, Errno.ETIMEDOUT, $"after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
            }

            // A grandchild may hold the pipes open (a detached container's runtime does not, by design): do not wait for it long.
            _ = writer.Join(TimeSpan.FromSeconds(2));
            _ = reader.Join(TimeSpan.FromSeconds(2));
            _ = errorReader.Join(TimeSpan.FromSeconds(2));
            return new ToolResult(status.Value, output, error);
        }
    }

    /// <summary>As <see cref="Run"/>, but any failure is an exception with the tool's own last words.</summary>
    public static string RunChecked(string name, IReadOnlyList<string> arguments, string input = "", TimeSpan? timeout = null)
    {
        var result = Run(name, arguments, input, timeout);
        if (!result.Status.Succeeded)
            throw new IOException($"{name} {string.Join(' ', arguments)}: {result.LastErrorLine} ({result.Status})");
        return result.Output;
    }

    private static Thread Background(ThreadStart work)
    {
        var thread = new Thread(work, 256 * 1024) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void Feed(FileDescriptor pipe, string input)
    {
        using (pipe)
        {
            try
            {
                Pipe.WriteAll(pipe, Encoding.UTF8.GetBytes(input));
            }
            catch (KernelException broken) when (broken.Errno == Errno.EPIPE)
            {
                // The tool ended without reading everything; its exit status tells the story.
            }
        }
    }

    private static string Drain(FileDescriptor pipe)
    {
        using var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = Pipe.Read(pipe, buffer)) > 0)
            {
                if (text.Length < OutputLimit)
                    text.Write(buffer, 0, count);
            }
        }
        catch (ObjectDisposedException)
        {
            // The caller gave up waiting for a grandchild that holds the pipe.
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}
