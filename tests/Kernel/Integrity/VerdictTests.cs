using Xunit;

namespace HyperSpector.Tests.Kernel.Integrity;

/// <summary>
/// A check of what has changed and a check of everything give the same verdict, whatever somebody did (DISK-7): random deeds in an overlay,
/// before and after the baseline, upgrades of the base among them.
/// </summary>
public sealed class VerdictTests
{
    private const int Sequences = 500;

    private sealed record Sequence(IReadOnlyList<Deed> Base, IReadOnlyList<Deed> Before, IReadOnlyList<Deed> After)
    {
        internal int Count => Base.Count + Before.Count + After.Count;

        internal Sequence Without(int index, int count)
        {
            var all = Base.Select(d => (0, d)).Concat(Before.Select(d => (1, d))).Concat(After.Select(d => (2, d))).ToList();
            all.RemoveRange(index, Math.Min(count, all.Count - index));
            return new Sequence(Part(0), Part(1), Part(2));

            List<Deed> Part(int part) => [.. all.Where(d => d.Item1 == part).Select(d => d.Item2)];
        }

        public override string ToString() =>
            $"in the base:\n  {string.Join("\n  ", Base)}\nbefore the baseline:\n  {string.Join("\n  ", Before)}\nafter it:\n  {string.Join("\n  ", After)}";
    }

    [Theory]
    [InlineData("index=off,redirect_dir=off,metacopy=off", 1)]
    [InlineData("index=on,redirect_dir=off,metacopy=off", 2)]
    [InlineData("index=off,redirect_dir=on,metacopy=off", 3)]
    [InlineData("index=on,redirect_dir=on,metacopy=off", 4)]
    [InlineData("index=off,redirect_dir=on,metacopy=on", 5)]
    [InlineData("index=on,redirect_dir=on,metacopy=on", 6)]
    public void Verdict_AfterAnyDeeds_IsTheSameOfBothChecks(string options, int seed)
    {
        using var scene = new OverlayScene(options);
        var random = new Random(seed);
        var (findings, less) = (0, 0);
        for (var i = 0; i < Sequences; i++)
        {
            var sequence = new Sequence(Deeds(30, below: true), Deeds(random.Next(8), below: false), Deeds(random.Next(1, 8), below: false));
            if (Difference(scene, sequence, out var found, out var saved) is not null)
            {
                var shrunk = Shrink(scene, sequence);
                Assert.Fail($"{options}, sequence {i} of seed {seed}:\n{shrunk}\n{Difference(scene, shrunk, out _, out _)}");
            }

            findings += found;
            less += saved ? 1 : 0;
        }

        // Otherwise nothing was compared: deeds were refused, or every check was a full one.
        Assert.InRange(findings, Sequences, int.MaxValue);
        Assert.InRange(less, Sequences / 3, Sequences);

        List<Deed> Deeds(int count, bool below) => [.. Enumerable.Range(0, count).Select(_ => Deed.Random(random, below))];
    }

    // What the two checks disagree on; null if nothing.
    private static string? Difference(OverlayScene scene, Sequence sequence, out int found, out bool saved)
    {
        scene.Clear();
        foreach (var deed in sequence.Base)
            deed.Do(scene.Lower);
        scene.Mount();
        foreach (var deed in sequence.Before)
            Do(scene, deed);
        scene.LetTimePass();
        var baseline = scene.Record();
        foreach (var deed in sequence.After)
            Do(scene, deed);
        var full = scene.Check(baseline, changedOnly: false, out var all);
        var changed = scene.Check(baseline, changedOnly: true, out var some);
        found = full.Count;
        saved = some < all;
        return full.SequenceEqual(changed) ? null : $"everything:\n  {string.Join("\n  ", full)}\nwhat has changed:\n  {string.Join("\n  ", changed)}";
    }

    private static void Do(OverlayScene scene, Deed deed)
    {
        switch (deed.Kind)
        {
            // At a directory of the root only: a mount's path is then never one that leads through links.
            case DeedKind.Mount:
                if (Linux.Calls.NodeStatus.TryOf(scene.Merged + deed.Path[..2]) is { IsDirectory: true })
                    scene.MountInside(deed.Path[..2]);
                break;
            case DeedKind.Unmount:
                _ = scene.UnmountInside(deed.Path[..2]);
                break;
            case DeedKind.MountAgain:
                scene.Unmount();
                scene.Mount();
                break;
            case DeedKind.EmptyUpper:
                scene.Unmount();
                scene.EmptyUpper();
                scene.Mount();
                break;
            case DeedKind.Upgrade:
                scene.Unmount();
                var random = new Random(deed.Value);
                for (var i = 0; i < 5; i++)
                    Deed.Random(random, below: true).Do(scene.Lower);
                scene.Generation++;
                scene.Mount();
                break;
            default:
                deed.Do(scene.Merged);
                break;
        }
    }

    // As long as something can be left out, it is; in ever smaller pieces.
    private static Sequence Shrink(OverlayScene scene, Sequence sequence)
    {
        for (var size = sequence.Count / 2; size > 0; size = size == 1 ? 0 : size / 2)
        {
            for (var at = 0; at < sequence.Count;)
            {
                var smaller = sequence.Without(at, size);
                if (Difference(scene, smaller, out _, out _) is null)
                    at += size;
                else
                    sequence = smaller;
            }
        }

        return sequence;
    }
}
