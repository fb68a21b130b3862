using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Abi;

internal static class Compiler
{
    /// <summary>The compiler's complaints, or an empty string.</summary>
    internal static string Check(string source)
    {
        // 32-bit patterns and the headers' own signed constants meet here on purpose.
        var result = Tool.Run("gcc", ["-x", "c", "-std=gnu17", "-fsyntax-only", "-w", "-"], source, TimeSpan.FromMinutes(1));
        return result.Status.Succeeded ? "" : result.Error;
    }
}
