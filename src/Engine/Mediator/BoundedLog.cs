using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Mediator;

/// <summary>
/// Lines on standard error, which is a file of the daemon's: a hostile VM must not be able to fill it, nor to write control
/// characters into it. A burst, then one line a second; what was left out is counted.
/// </summary>
public sealed class BoundedLog(string name, TimeProvider time, Action<string>? output = null)
{
    private const int Burst = 20;
    private const int LineLimit = 500;

    // Not Console: it wants calls that a confined program no longer has. Never closed, as it is not ours alone.
    private static readonly FileDescriptor s_standardError = new(2);
    private readonly Action<string> _output = output ?? WriteToStandardError;

    // Guards what follows, and keeps lines apart.
    private readonly Lock _guard = new();
    private double _credit = Burst;
    private long _last = time.GetTimestamp();
    private long _left;

    /// <summary>Writes a line, unless there were too many. Any thread may.</summary>
    public void Write(string line)
    {
        lock (_guard)
            WriteBounded(line);
    }

    private void WriteBounded(string line)
    {
        var now = time.GetTimestamp();
        _credit = Math.Min(Burst, _credit + time.GetElapsedTime(_last, now).TotalSeconds);
        _last = now;
        if (_credit < 1)
        {
            _left++;
            return;
        }

        _credit--;
        if (_left > 0)
            line = $"({_left} lines left out) {line}";
        _left = 0;
        if (line.Length > LineLimit)
            line = line[..LineLimit];
        var clean = string.Create(line.Length, line, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = char.IsControl(from[i]) ? '?' : from[i];
        });
        _output($"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {name}: {clean}\n");
    }

    // A full disk must not stop a monitor: what cannot be written is lost.
    private static void WriteToStandardError(string line) =>
        _ = FileIo.TryWrite(s_standardError, Encoding.UTF8.GetBytes(line), out _);
}
