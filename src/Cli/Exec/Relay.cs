using HyperSpector.Cli.Output;
using HyperSpector.Engine.Terminal;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Cli.Exec;

/// <summary>Copies between our standard streams and the runtime's pipes, each way on a thread of its own, nothing held back.</summary>
internal static class Relay
{
    // What a pipe holds (pipe(7)).
    internal const int BufferSize = 64 * 1024;

    /// <summary>Copies our standard input until it ends, or nobody reads it; then the command sees its end. Owns both descriptors.</summary>
    internal static void StartInput(FileDescriptor? input, FileDescriptor pipe)
    {
        if (input is null)
        {
            pipe.Dispose();
            return;
        }

        // In the background: a command that has ended is not kept waiting for somebody to press a key.
        var thread = new Thread(() => CopyInput(input, pipe)) { IsBackground = true, Name = "input" };
        thread.Start();
    }

    /// <summary>Copies what the command writes to our descriptor <paramref name="number"/>. Owns the pipe.</summary>
    internal static Thread StartOutput(FileDescriptor pipe, int number, PidFd runtime)
    {
        var thread = new Thread(() =>
        {
            using (pipe)
            using (var sink = new Sink(number))
                CopyOutput(pipe, runtime, sink.Write);
        })
        { IsBackground = true, Name = "output" };
        thread.Start();
        return thread;
    }

    /// <summary>
    /// Hands on what comes until the pipe ends, <paramref name="next"/> returns false, or the runtime has ended and the pipe is
    /// empty: a process that stays behind in the VM may hold the other end for as long as it likes.
    /// </summary>
    internal static void CopyOutput(FileDescriptor pipe, PidFd runtime, Func<ReadOnlySpan<byte>, bool> next)
    {
        var buffer = new byte[BufferSize];
        while (true)
        {
            // Both answers are of one moment: when the runtime had ended, all that the command wrote was in the pipe.
            if (!Poll.WaitAnyReadable([pipe, runtime.Descriptor])[0])
                return;
            var count = Pipe.Read(pipe, buffer);
            if (count == 0 || !next(buffer.AsSpan(0, count)))
                return;
        }
    }

    private static void CopyInput(FileDescriptor input, FileDescriptor pipe)
    {
        using (input)
        using (pipe)
        {
            var buffer = new byte[BufferSize];
            try
            {
                int count;
                while ((count = Pipe.Read(input, buffer)) > 0)
                    Pipe.WriteAll(pipe, buffer.AsSpan(0, count));
            }
            catch (KernelException error) when (error.Errno is Errno.EPIPE or Errno.EIO or Errno.EISDIR)
            {
                // The command reads no more; or our terminal has gone; or standard input is nothing that can be read.
            }
        }
    }
}

/// <summary>One of our own streams as the end of a relay: escaped where it is a terminal, for the bytes are a VM's.</summary>
internal sealed class Sink : IDisposable
{
    private readonly FileDescriptor? _descriptor;
    private readonly IncrementalEscaping? _escaping;

    internal Sink(int number)
    {
        _descriptor = StandardDescriptors.TryCopy(number);
        if (_descriptor is not null && TerminalDevice.Is(_descriptor))
            _escaping = new IncrementalEscaping();
    }

    /// <summary>False once nobody reads.</summary>
    internal bool Write(ReadOnlySpan<byte> bytes)
    {
        if (_descriptor is null)
            return true;
        try
        {
            StandardStream.Write(_descriptor, _escaping is null ? bytes : _escaping.Next(bytes));
            return true;
        }
        catch (KernelException error) when (error.Errno is Errno.EPIPE or Errno.EIO)
        {
            // Closing our end of the pipe lets the command learn it as from any pipe: by SIGPIPE.
            return false;
        }
    }

    public void Dispose()
    {
        if (_escaping is not null)
            _ = Write([]);
        _descriptor?.Dispose();
    }
}
