using System.Text.RegularExpressions;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>Runs an attack's program, on the base or in a VM, and looks at what came of it.</summary>
internal sealed partial class Runner(Scene scene)
{
    private const string Python = "/usr/bin/python3";

    internal Outcome Native(Attack attack)
    {
        foreach (var place in scene.Places)
            place.Ensure();
        var trial = attack.Native(scene);
        var space = trial.Space ?? scene.Host.Network.Base;
        return Watch(trial, null, space, () =>
        {
            if (attack.Program.EndsWith(".c", StringComparison.Ordinal))
            {
                var program = Programs.Compile(attack.Program, scene.Directory);
                return Tool.Run("nsenter", TestNetwork.Enter(space, [.. trial.Wrapper, program, "native", .. trial.Arguments]), "", trial.Limit);
            }

            return Tool.Run(
                "nsenter", TestNetwork.Enter(space, [.. trial.Wrapper, Python, "-", "native", .. trial.Arguments]), Programs.Text(attack.Program),
                trial.Limit);
        });
    }

    internal Outcome Inside(Attack attack, Place machine)
    {
        foreach (var place in scene.Places)
            place.Ensure();
        var trial = attack.Inside(scene, machine);
        return Watch(trial, machine, null, () =>
        {
            if (!attack.Program.EndsWith(".c", StringComparison.Ordinal))
                return scene.Host.Exec(machine.Name, [Python, "-", "vm", .. trial.Arguments], Programs.Text(attack.Program), trial.Limit);
            var path = $"/tmp/{Path.GetFileNameWithoutExtension(attack.Program)}";
            scene.Host.Deliver(machine.Name, path, File.ReadAllBytes(Programs.Compile(attack.Program, scene.Directory)));
            return scene.Host.Exec(machine.Name, [path, "vm", .. trial.Arguments], "", trial.Limit);
        });
    }

    private Outcome Watch(Trial trial, Place? attacker, string? space, Func<ToolResult> run)
    {
        try
        {
            trial.Before?.Invoke();
            ToolResult result;
            try
            {
                result = run();
            }
            catch (KernelException late) when (late.Errno == Errno.ETIMEDOUT)
            {
                return new Outcome("hung", $"no end after {trial.Limit.TotalSeconds:0} s", null);
            }

            var effect = trial.Effect?.Invoke(result) ?? scene.Leak(result.Output, attacker) ?? Arrived(trial.Token, attacker ?? scene.PlaceIn(space));
            if (attacker is not null)
                effect ??= scene.Harm(attacker);
            var said = OutcomeLine().Matches(result.Output);
            return said.Count == 0
                ? new Outcome("silent", $"{result.Status}: {result.Error.Trim()} {result.Output.Trim()}", effect)
                : new Outcome(said[^1].Groups[1].Value, said[^1].Groups[2].Value, effect);
        }
        finally
        {
            trial.After?.Invoke();
        }
    }

    /// <summary>Who has got the token, other than the attacker? Frames under way in a machine take a moment.</summary>
    private string? Arrived(string? token, Place? attacker)
    {
        if (token is null)
            return null;
        for (var i = 0; i < 10; i++)
        {
            Thread.Sleep(50);
            foreach (var place in scene.Places.Where(p => p != attacker))
            {
                foreach (var line in place.Log.Split('\n').Where(l => l.EndsWith(token, StringComparison.Ordinal)))
                {
                    // A copy that was delivered to a mirror port is what the switch is for; and the base's own ends of ports see
                    // a frame before it is judged.
                    if (!OwnView().IsMatch(line))
                        return $"{place.Name} got it: {line}";
                }
            }
        }

        return null;
    }

    [GeneratedRegex("^ATTACK ([a-z]+): (.*)$", RegexOptions.Multiline)]
    private static partial Regex OutcomeLine();

    [GeneratedRegex("^FRAME (mon|hs)")]
    private static partial Regex OwnView();
}
