using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace HyperSpector.Tests.Life.Faults;

/// <summary>
/// A daemon that is killed at any of its steps leaves nothing that the next one cannot finish or undo. The steps are counted, not
/// guessed: every call of the daemon that changes the world is one (interpose.c). All of them are tried where FAULTS=all
/// (<c>make faults</c>), a part of them where FAULTS=100-150; else a dozen of each operation, evenly spaced, others every day.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    private const int PointsOfAShortRun = 12;

    // An operation takes some steps more one time than another: its end is where nobody was killed so many times.
    private const int Ends = 4;

    // More failures than these tell nothing new.
    private const int MostFailures = 8;

    /// <summary>From nothing, with the network of a NIC.</summary>
    [Fact]
    public void Up_KilledAtEachStep_CanBeRepeatedAndUndone() => Try(
        prepare: b => b.Clean(),
        operation: b => b.Up(b.Site.OnANic),
        repeat: b => b.Finish(b.Site.OnANic));

    /// <summary>A daemon adopts what an earlier one made, and takes it down.</summary>
    [Fact]
    public void Down_KilledAtEachStep_CanBeRepeatedAndUndone() => Try(
        prepare: b => b.UpAndLeave(b.Site.OnANic),
        operation: b => b.Down(),
        repeat: b => b.Finish(b.Site.OnANic));

    /// <summary>A daemon replaces an earlier one, and both VMs, the port and the mirror are changed.</summary>
    [Fact]
    public void Upgrade_KilledAtEachStep_CanBeRepeatedAndUndone() => Try(
        prepare: b => b.UpAndLeave(b.Site.Published),
        operation: b => b.Up(b.Site.MadeAnew),
        repeat: b => b.Finish(b.Site.MadeAnew));

    /// <summary>While the VMs run: to the network of a NIC and with a filter, then back and with another one.</summary>
    [Fact]
    public void Change_KilledAtEachStep_CanBeRepeatedAndUndone() => Try(
        prepare: b => b.UpAndLeave(b.Site.Published),
        operation: b => b.Up(b.Site.OnANic) && b.Up(b.Site.ForTheHost),
        repeat: b => b.Finish(b.Site.ForTheHost));

    private void Try(Action<FaultBench> prepare, Func<FaultBench, bool> operation, Action<FaultBench> repeat)
    {
        var (first, stride, last) = Points(Count());
        var failures = new ConcurrentQueue<string>();
        var next = first - stride;
        var tried = 0;
        var ended = 0;
        // Much of the time is waiting for others.
        var workers = Enumerable.Range(0, Math.Clamp(System.Environment.ProcessorCount, 1, 4)).Select(_ => Task.Run(Work));
        Task.WaitAll([.. workers], TestContext.Current.CancellationToken);
        output.WriteLine($"{tried} kills");
        Assert.True(failures.IsEmpty, string.Join("\n\n", failures));
        Assert.True(tried >= (last == int.MaxValue ? PointsOfAShortRun - 2 : 1), $"only {tried} kills");

        // How many steps there are.
        int Count()
        {
            using var bench = new FaultBench();
            prepare(bench);
            Assert.False(bench.IsKilledAt(0, operation), bench.DaemonLog);
            var steps = bench.Steps;
            bench.Undo();
            // What an operation is made of was seen; else the enumeration would prove nothing.
            Assert.Contains(steps, s => s.StartsWith("posix_spawn ", StringComparison.Ordinal) && s.Contains("runc", StringComparison.Ordinal));
            Assert.Contains(steps, s => s.StartsWith("rename ", StringComparison.Ordinal) && s.EndsWith("/host.json", StringComparison.Ordinal));
            return steps.Count;
        }

        void Work()
        {
            FaultBench? bench = null;
            try
            {
                while (Volatile.Read(ref ended) < Ends && failures.Count < MostFailures)
                {
                    // To the end of the operation, however many steps it takes.
                    var point = Interlocked.Add(ref next, stride);
                    if (point > last)
                        return;
                    bench ??= new FaultBench();
                    if (Fails(bench, point) is not { } failure)
                        continue;
                    TestContext.Current.SendDiagnosticMessage("{0}", failure);
                    failures.Enqueue(failure);
                    bench.Dispose();
                    bench = null;
                }

                bench?.Undo();
            }
            catch (Exception error) when (error is IOException or Xunit.Sdk.IAssertionException)
            {
                failures.Enqueue($"after the last step: {error.Message}");
            }
            finally
            {
                bench?.Dispose();
            }
        }

        string? Fails(FaultBench bench, int point)
        {
            var at = "its preparation";
            try
            {
                prepare(bench);
                at = "its start";
                if (!bench.IsKilledAt(point, operation))
                {
                    _ = Interlocked.Increment(ref ended);
                    return null;
                }

                at = bench.Steps is [.., var step] ? step : at;
                // By turns, and the other way round tomorrow: finished after all, or undone at once. What was finished is there for the next
                // step, or for the one after that to undo.
                if ((point / stride + Today()) % 2 == 0)
                    repeat(bench);
                else
                    bench.Undo();
                if (Interlocked.Increment(ref tried) is var count && count % 20 == 0)
                    TestContext.Current.SendDiagnosticMessage("{0} kills", count);
                return null;
            }
            catch (Exception error) when (error is IOException or Xunit.Sdk.IAssertionException)
            {
                return string.Create(CultureInfo.InvariantCulture, $"killed at step {point} ({at}): {error.Message}");
            }
        }
    }

    private (int First, int Stride, int Last) Points(int steps)
    {
        var wanted = System.Environment.GetEnvironmentVariable("FAULTS");
        var range = wanted?.Split('-').Select(w => int.TryParse(w, CultureInfo.InvariantCulture, out var n) ? n : 0).ToArray();
        var (first, stride, last) = (1, 1, int.MaxValue);
        if (range is [> 0, > 0])
        {
            (first, last) = (range[0], range[1]);
        }
        else if (wanted != "all")
        {
            stride = Math.Max(1, steps / PointsOfAShortRun);
            first += Today() % stride;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{steps} steps; tried: every {stride}. from {first} on"));
        return (first, stride, last);
    }

    private static int Today() => (int)(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 86400);
}
