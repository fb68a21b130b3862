using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>What differs between two baselines: what somebody accepts who accepts the second after the first. Nothing else is looked at.</summary>
internal sealed class BaselineComparison
{
    private readonly Baseline _before;
    private readonly Baseline _after;
    private readonly PathStack _path = new();
    private readonly List<Finding> _findings = [];

    private BaselineComparison(Baseline before, Baseline after)
    {
        _before = before;
        _after = after;
    }

    /// <summary>The differences, by path. Of a file whose attributes were not all selected both times, those that were.</summary>
    internal static IReadOnlyList<Finding> Of(Baseline before, Baseline after)
    {
        var comparison = new BaselineComparison(before, after);
        comparison.Compare(before.Root, after.Root);
        comparison._findings.Sort((a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        return comparison._findings;
    }

    private void Compare(BaselineRecord? was, BaselineRecord? now)
    {
        // Nothing deeper was ever recorded.
        if (_path.Depth > Walk.MostDepth + 1)
            throw Baseline.Damaged("a directory");
        Tell(was is { IsSelected: true, IsWhiteout: false } ? was : null, now is { IsSelected: true, IsWhiteout: false } ? now : null);
        using var old = (was is { } before ? _before.Children(before) : []).GetEnumerator();
        using var current = (now is { } after ? _after.Children(after) : []).GetEnumerator();
        var (hasOld, hasCurrent) = (old.MoveNext(), current.MoveNext());
        while (hasOld || hasCurrent)
        {
            var order = !hasOld ? 1 : !hasCurrent ? -1 : _before.Name(old.Current).AsSpan().SequenceCompareTo(_after.Name(current.Current));
            _path.Push(order <= 0 ? _before.Name(old.Current) : _after.Name(current.Current));
            Compare(order <= 0 ? old.Current : null, order >= 0 ? current.Current : null);
            _path.Pop();
            if (order <= 0)
                hasOld = old.MoveNext();
            if (order >= 0)
                hasCurrent = current.MoveNext();
        }
    }

    private void Tell(BaselineRecord? was, BaselineRecord? now)
    {
        var before = was is { } old ? _before.State(old) : null;
        var after = now is { } current ? _after.State(current) : null;
        var differing = Attributes.None;
        if (before is not null && after is not null)
        {
            differing = Comparison.Differences(was!.Value.Attributes & now!.Value.Attributes, before, after);
            // Of a file that may grow, the content of each is that of its own length: they cannot be compared.
            if (after.Status.Size > before.Status.Size)
                differing &= ~Attributes.Growing;
            if (differing == Attributes.None)
                return;
        }
        else if (before is null && after is null)
        {
            return;
        }

        var kind = before is null ? FindingKind.Added : after is null ? FindingKind.Removed : FindingKind.Changed;
        _findings.Add(new Finding(kind, _path.Copy(), differing, before, after, Linux.Errno.None));
    }
}
