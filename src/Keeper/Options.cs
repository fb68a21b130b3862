using System.Globalization;
using HyperSpector.Engine.Mediator;

namespace HyperSpector.Keeper;

/// <summary>What the daemon starts us with.</summary>
internal sealed record Options(MediatorPaths Run, string Monitor, uint User)
{
    internal static Options? Parse(string[] arguments)
    {
        string? run = null;
        var monitor = Path.Join(AppContext.BaseDirectory, "hyperspector-monitor");
        uint user = 0;
        if (arguments.Length % 2 != 0)
            return null;
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--run":
                    run = value;
                    break;
                case "--monitor":
                    monitor = value;
                    break;
                case "--uid" when uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out user):
                    break;
                default:
                    return null;
            }
        }

        // A monitor is never root.
        return run is null || user == 0 ? null : new Options(new MediatorPaths(run), monitor, user);
    }
}
