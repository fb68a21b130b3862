using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Questions to the terminal behind a descriptor, and its settings.</summary>
public static class TerminalDevice
{
    /// <summary>True when the descriptor is a terminal (isatty(3)).</summary>
    public static bool Is(FileDescriptor descriptor)
    {
        var answer = LibC.isatty(descriptor.Number);
        GC.KeepAlive(descriptor);
        return answer == 1;
    }

    /// <summary>Columns and rows, each 0 where the terminal does not know; null where there is no terminal.</summary>
    public static unsafe (int Columns, int Rows)? Size(FileDescriptor descriptor)
    {
        LibC.WindowSize size;
        // SAFETY: TIOCGWINSZ fills exactly one struct winsize.
        var result = LibC.ioctl(descriptor.Number, LibC.TIOCGWINSZ, &size);
        GC.KeepAlive(descriptor);
        return result < 0 ? null : (size.Columns, size.Rows);
    }

    /// <summary>The present settings (echo, line editing …); null where there is no terminal.</summary>
    public static unsafe TerminalSettings? Settings(FileDescriptor descriptor)
    {
        var bytes = new byte[LibC.OpaqueTermiosSize];
        int result;
        fixed (byte* start = bytes) // SAFETY: longer than any struct termios.
            result = LibC.tcgetattr(descriptor.Number, start);
        GC.KeepAlive(descriptor);
        return result < 0 ? null : new TerminalSettings(bytes);
    }

    /// <summary>Puts settings back, as far as the terminal still exists.</summary>
    public static unsafe void Restore(FileDescriptor descriptor, TerminalSettings settings)
    {
        fixed (byte* start = settings.Bytes) // SAFETY: filled by tcgetattr of the same libc.
            _ = LibC.tcsetattr(descriptor.Number, LibC.TCSANOW, start);
        GC.KeepAlive(descriptor);
    }
}

/// <summary>Settings of a terminal, to be put back later.</summary>
public sealed class TerminalSettings
{
    internal TerminalSettings(byte[] bytes) => Bytes = bytes;

    internal byte[] Bytes { get; }
}
