using System.Globalization;

namespace HyperSpector.Engine.Images;

/// <summary>Signals by name, as images and people name the one that ends a program in order (signal(7), x86 and ARM numbers).</summary>
public static class Signals
{
    private static readonly string[] Names =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    // glibc keeps the first two of the kernel's real-time signals (signal(7)); programs count from the third.
    private const int FirstRealTime = 34;
    private const int LastRealTime = 64;
    private const string RealTime = "SIGRTMIN+";

    /// <summary>The number of a signal: <c>SIGTERM</c>, <c>TERM</c>, <c>15</c> or <c>SIGRTMIN+3</c>; null if there is none.</summary>
    public static int? NumberOf(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number is > 0 and <= LastRealTime ? number : null;
        var name = text.ToUpperInvariant();
        if (!name.StartsWith("SIG", StringComparison.Ordinal))
            name = "SIG" + name;
        if (name.StartsWith(RealTime, StringComparison.Ordinal))
        {
            return int.TryParse(name[RealTime.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var more)
                && more <= LastRealTime - FirstRealTime ? FirstRealTime + more : null;
        }

        return Array.IndexOf(Names, name) is var found and > 0 ? found : null;
    }

    /// <summary>A signal's usual name; null if there is none.</summary>
    public static string? Normal(string text) => NumberOf(text) switch
    {
        null => null,
        { } number when number < Names.Length => Names[number],
        { } number when number < FirstRealTime => null,
        { } number => $"{RealTime}{number - FirstRealTime}",
    };
}
