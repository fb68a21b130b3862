using System.Globalization;
using HyperSpector.Linux.Sandbox;
using HyperSpector.Monitor;

// hyperspector-monitor --uid N: started by the keeper only, which hands in the descriptors of Inherited.
try
{
    if (Confinement.IsInside(args))
        return ConfinedMonitor.Run(args[1]);
    if (args is ["--uid", var number] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var user) && user > 0)
        Preparation.Confine(user);
    Console.Error.WriteLine("hyperspector-monitor: usage: --uid N (started by hyperspector-keeper)");
    return 2;
}
catch (IOException failure)
{
    Console.Error.WriteLine($"hyperspector-monitor: {failure.Message}");
    return 1;
}
