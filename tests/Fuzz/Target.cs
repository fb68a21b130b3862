using System.Globalization;
using System.Reflection;
using CsCheck;
using HyperSpector.Engine.Terminal;
using Xunit;

// A target keeps all processors busy by itself; one after another, each gets its share of a long run.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace HyperSpector.Tests.Fuzz;

/// <summary>How a target is run: so many inputs in every test run, or for its share of <c>FUZZ_MINUTES</c> (<c>make fuzz</c>).</summary>
internal static class Target
{
    // Inputs of a short run are the same each time: what it says is said of the change. The long run is the one that looks further.
    private const uint Stream = 0;
    private const ulong FirstSeed = 20261124;

    private static readonly int s_seconds = Share();

    /// <summary>Checks inputs. A failing one is printed with the seed that makes it again (docs/fuzzing.md).</summary>
    /// <param name="inputs">What makes them.</param>
    /// <param name="check">Throws when a property does not hold.</param>
    /// <param name="few">How many in a short run.</param>
    /// <param name="show">How one is printed.</param>
    /// <param name="threads">-1: as many as there are processors.</param>
    internal static void Run<T>(Gen<T> inputs, Action<T> check, int few, Func<T, string>? show = null, int threads = -1)
    {
        show ??= input => input is byte[] bytes ? Show(bytes) : Check.Print(input);
        if (s_seconds > 0)
            inputs.Sample(check, time: s_seconds, threads: threads, print: show);
        else if (System.Environment.GetEnvironmentVariable("CsCheck_Seed") is { Length: > 0 })
            inputs.Sample(check, iter: few, threads: threads, print: show);
        else
            _ = Parallel.For(0, few, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => CheckOne(inputs, check, show, i));
    }

    /// <summary>The inputs of a short run, one after the other.</summary>
    internal static IEnumerable<T> Inputs<T>(Gen<T> inputs, int count) => Enumerable.Range(0, count).Select(i => inputs.Generate(Numbers(i), null, out _));

    private static void CheckOne<T>(Gen<T> inputs, Action<T> check, Func<T, string> show, int index)
    {
        var numbers = Numbers(index);
        var seed = numbers.ToString();
        var input = inputs.Generate(numbers, null, out _);
        try
        {
            check(input);
        }
        catch (Exception failure)
        {
            throw new CsCheckException($"Set seed: \"{seed}\" ({index} of the short run)\n{show(input)}\n{failure.Message}", failure);
        }
    }

    // Far apart (by the golden ratio): generators of seeds that are near to each other begin alike.
    private static PCG Numbers(int index) => new(Stream, FirstSeed + ((ulong)index * 0x9E3779B97F4A7C15));

    /// <summary>Bytes as one can read them, and as one can copy them into a test.</summary>
    internal static string Show(byte[] bytes) => $"{bytes.Length} bytes: {Escaping.Line(bytes)}\nConvert.FromBase64String(\"{Convert.ToBase64String(bytes)}\")";

    // 0: a short run. Each test of this assembly is one target, each row of a theory another.
    private static int Share()
    {
        if (System.Environment.GetEnvironmentVariable("FUZZ_MINUTES") is not { Length: > 0 } minutes)
            return 0;
        var targets = typeof(Target).Assembly.GetTypes().SelectMany(t => t.GetMethods())
            .Where(m => m.GetCustomAttribute<FactAttribute>() is not null)
            .Sum(m => Math.Max(1, m.GetCustomAttributes<InlineDataAttribute>().Count()));
        return Math.Max(1, (int)(double.Parse(minutes, CultureInfo.InvariantCulture) * 60 / targets));
    }
}
