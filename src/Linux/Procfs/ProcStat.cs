using System.Globalization;

namespace HyperSpector.Linux.Procfs;

/// <summary>What we need of <c>/proc/PID/stat</c> (proc_pid_stat(5)).</summary>
/// <param name="State">Field 3: R, S, D, Z …</param>
/// <param name="Parent">Field 4.</param>
/// <param name="StartTime">Field 22, in clock ticks since boot: with the pid it names a process for ever.</param>
public readonly record struct ProcStat(char State, int Parent, ulong StartTime)
{
    /// <summary>Reads the file; null if there is no such process.</summary>
    public static ProcStat? Read(int pid)
    {
        try
        {
            return TryParse(File.ReadAllText($"/proc/{pid}/stat"), out var stat) ? stat : null;
        }
        catch (IOException)
        {
            // Not there, or gone between open and read (ESRCH).
            return null;
        }
    }

    /// <summary>Parses the text. The second field is the program's name in parentheses and may contain anything, even ") R 1".</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ProcStat stat)
    {
        stat = default;
        var end = text.LastIndexOf(')');
        if (end < 0 || end + 2 >= text.Length)
            return false;
        var rest = text[(end + 2)..];
        Span<Range> fields = stackalloc Range[21];
        // Fields 3 to 22; the 21st range takes all that follows.
        if (rest.Split(fields, ' ') < 21 || rest[fields[0]].Length != 1)
            return false;
        if (!int.TryParse(rest[fields[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var parent)
            || !ulong.TryParse(rest[fields[19]], NumberStyles.None, CultureInfo.InvariantCulture, out var start))
        {
            return false;
        }

        stat = new ProcStat(rest[fields[0]][0], parent, start);
        return true;
    }
}
