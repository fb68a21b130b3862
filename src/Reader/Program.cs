using System.Text.Json;
using HyperSpector.Linux;
using HyperSpector.Linux.Sandbox;
using HyperSpector.Reader;

// hyperspector-reader --plan FILE: reads what one VM writes. Runs twice: see Confinement.
try
{
    if (Confinement.IsInside(args))
        return ConfinedReader.Run(args);
    if (args is ["--plan", var path])
    {
        Preparation.Confine(path);
        return 1; // not reached: the program was replaced
    }

    await Console.Error.WriteLineAsync("hyperspector-reader: usage: hyperspector-reader --plan FILE (hyperspectord starts it)");
    return 2;
}
catch (Exception failed) when (failed is IOException or JsonException or InvalidOperationException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"hyperspector-reader: {failed.Message}");
    return failed is KernelException { Errno: Errno.EBUSY } ? 3 : 1;
}
