using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Sensor;

/// <summary>The VM's standard output, which is a FIFO that a reader outside empties: whole lines go into it at once.</summary>
internal sealed class LineOutput(FileDescriptor descriptor)
{
    internal void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    internal void Write(ReadOnlySpan<byte> lines)
    {
        // Waits while the FIFO is full: the children wait with us, and nothing is lost.
        while (lines.Length > 0)
        {
            var errno = FileIo.TryWrite(descriptor, lines, out var written);
            if (errno == HyperSpector.Linux.Errno.EAGAIN)
                Thread.Sleep(10);
            else if (errno != HyperSpector.Linux.Errno.None)
                return; // Nobody will ever read it; the children's work goes on.
            lines = lines[written..];
        }
    }
}
