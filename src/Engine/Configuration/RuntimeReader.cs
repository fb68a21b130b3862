using HyperSpector.Engine.Images;

namespace HyperSpector.Engine.Configuration;

/// <summary><c>runtime:</c> and <c>stop_signal:</c>: who starts a VM, and how it is asked to end.</summary>
internal static class RuntimeReader
{
    private static IReadOnlyList<string> Known => Machines.Runtime.Known;

    internal static string? Read(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "runtime") is not { } name)
            return null;
        if (Known.Contains(name))
            return name;
        var meant = name switch { "gvisor" => "; did you mean 'runsc'?", "kata" => "; did you mean 'kata-runtime'?", _ => Nearest.Suggest(name, Known) };
        file.Report(node, $"runtime: expected {string.Join(", ", Known.SkipLast(1))} or {Known[^1]}, found {Quoted.Text(name)}{meant}");
        return null;
    }

    internal static string? ReadSignal(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "stop_signal") is not { } text)
            return null;
        if (Signals.Normal(text) is { } name)
            return name;
        file.Report(node, $"stop_signal: there is no signal {Quoted.Text(text)}; write SIGTERM, SIGINT, SIGQUIT …");
        return null;
    }
}
