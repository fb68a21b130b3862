using HyperSpector.Engine.Hosts;
using Xunit;

namespace HyperSpector.Tests.Unit.Hosts;

public sealed class IdRangesTests : IDisposable
{
    private readonly string _directory = Path.Join(Path.GetTempPath(), $"hs-ids-{Guid.NewGuid():n}");

    [Fact]
    public void Claim_ByTwoDaemons_NeverGivesTheSameRange()
    {
        var left = new IdRanges(_directory);
        var right = new IdRanges(_directory);

        var ranges = new System.Collections.Concurrent.ConcurrentBag<uint>();
        Parallel.For(0, 40, i => ranges.Add((i % 2 == 0 ? left : right).Claim($"host{i}")));

        Assert.Equal(40, ranges.Distinct().Count());
        Assert.All(ranges, first => Assert.Equal(0u, first % IdRanges.Size));
    }

    [Fact]
    public void TryClaim_OfWhatAnotherHolds_IsRefused()
    {
        var ids = new IdRanges(_directory);
        var first = ids.Claim("a");

        Assert.False(ids.TryClaim(first, "b"));
        Assert.True(ids.TryClaim(first, "a"));
    }

    [Fact]
    public void Release_OfTheLastRange_LeavesNothing()
    {
        var ids = new IdRanges(_directory);

        ids.Release(ids.Claim("a"));

        Assert.False(Directory.Exists(_directory));
    }

    [Fact]
    public void ReleaseStray_AfterACrash_GivesBackWhatNoRecordNames()
    {
        var ids = new IdRanges(_directory);
        var kept = ids.Claim("/state:a");
        var stray = ids.Claim("/state:b");
        var foreign = ids.Claim("/state2:a");

        ids.ReleaseStray("/state:", [kept]);

        Assert.True(ids.TryClaim(stray, "anybody"));
        Assert.False(ids.TryClaim(kept, "anybody"));
        Assert.False(ids.TryClaim(foreign, "anybody"));
    }

    [Fact]
    public void TryClaim_OfWhatAnEarlierVersionClaimed_KnowsItsOwner()
    {
        var ids = new IdRanges(_directory);
        var first = ids.Claim("a");
        File.Delete(Path.Join(_directory, $"{first}"));
        File.WriteAllText(Path.Join(_directory, $"{first}"), "a");

        Assert.False(ids.TryClaim(first, "b"));
        Assert.True(ids.TryClaim(first, "a"));
    }

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }
}
