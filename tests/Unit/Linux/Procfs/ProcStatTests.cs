using HyperSpector.Linux.Procfs;
using Xunit;

namespace HyperSpector.Tests.Unit.Linux.Procfs;

public sealed class ProcStatTests
{
    private const string Rest = " S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456789 1000 200 18446744073709551615";

    [Theory]
    [InlineData("sleep")]
    [InlineData("a b) R 1")]
    [InlineData("((")]
    [InlineData(") ")]
    public void Stat_WhateverTheName_TellsTheStartTime(string name)
    {
        Assert.True(ProcStat.TryParse($"42 ({name}){Rest}\n", out var stat));
        Assert.Equal(new ProcStat('S', 7, 123456789), stat);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42 (sleep)")]
    [InlineData("42 (sleep) ")]
    [InlineData("42 (sleep) S 7 42")]
    [InlineData("42 (sleep) S x 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456789 1000 200")]
    [InlineData("42 (sleep) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 -5 1000 200")]
    public void Stat_Malformed_IsRefused(string text) => Assert.False(ProcStat.TryParse(text, out _));

    [Fact]
    public void Stat_OfOurselves_IsRead()
    {
        var stat = ProcStat.Read(Environment.ProcessId);
        Assert.NotNull(stat);
        Assert.True(stat.Value.StartTime > 0);
        Assert.Null(ProcStat.Read(int.MaxValue));
    }
}
