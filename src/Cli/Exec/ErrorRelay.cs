using HyperSpector.Linux.Handles;

namespace HyperSpector.Cli.Exec;

/// <summary>
/// Standard error: as any output, but a beginning that looks like the runtime's complaint that it could not start the command is
/// held back for a moment, so that it can be told in our words if it was one.
/// </summary>
internal sealed class ErrorRelay
{
    // No complaint is longer.
    private const int MostHeld = 64 * 1024;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly Thread _thread;
    private byte[] _held = [];

    internal ErrorRelay(FileDescriptor pipe, PidFd runtime)
    {
        _thread = new Thread(() =>
        {
            using (pipe)
            using (var sink = new Sink(2))
                Copy(pipe, runtime, sink);
        })
        { IsBackground = true, Name = "errors" };
        _thread.Start();
    }

    /// <summary>Waits for the end; what is still held back.</summary>
    internal byte[] Join()
    {
        _thread.Join();
        return _held;
    }

    /// <summary>True for the beginning, however short, of what runc and crun say when they cannot start a command.</summary>
    internal static bool MayBeComplaint(ReadOnlySpan<byte> bytes)
    {
        var runc = "exec failed: "u8;
        var length = Math.Min(bytes.Length, runc.Length);
        return bytes[..length].SequenceEqual(runc[..length]);
    }

    private void Copy(FileDescriptor pipe, PidFd runtime, Sink sink)
    {
        var first = true;
        Relay.CopyOutput(pipe, runtime, bytes =>
        {
            if (first)
            {
                // What follows something that is held back is held back as well: it comes after it.
                _held = [.. _held, .. bytes];
                if (_held.Length <= MostHeld && MayBeComplaint(_held) && runtime.WaitForEnd(Moment))
                    return true;
                first = false;
                var all = _held;
                _held = [];
                return sink.Write(all);
            }

            return sink.Write(bytes);
        });
    }
}
