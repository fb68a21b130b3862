using System.Globalization;
using HyperSpector.Linux.Sandbox;
using HyperSpector.Monitor;

// hyperspector-monitor --uid N [--views]: started by the keeper only, which hands in the descriptors of Inherited, or of ViewDescriptors;
// with --changes by the daemon, with those of ChangeDescriptors.
try
{
    if (Confinement.IsInside(args))
    {
        return args[1] switch
        {
            "views" => ConfinedViews.Run(args[2], args[3]),
            "changes" => ConfinedChanges.Run(args[2]),
            var policy => ConfinedMonitor.Run(policy),
        };
    }

    if (args is ["--uid", var number, .. var rest] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var user) && user > 0)
    {
        if (rest is ["--views"])
            ViewPreparation.Confine(user);
        else if (rest is ["--changes"])
            ChangePreparation.Confine(user);
        else if (rest is [])
            Preparation.Confine(user);
    }

    Console.Error.WriteLine("hyperspector-monitor: usage: --uid N [--views | --changes] (started by hyperspector-keeper and hyperspectord)");
    return 2;
}
catch (IOException failure)
{
    Console.Error.WriteLine($"hyperspector-monitor: {failure.Message}");
    return 1;
}
