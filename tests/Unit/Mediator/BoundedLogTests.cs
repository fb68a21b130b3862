using HyperSpector.Engine.Mediator;
using Xunit;

namespace HyperSpector.Tests.Unit.Mediator;

public sealed class BoundedLogTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _lines = [];
    private readonly BoundedLog _log;

    public BoundedLogTests() => _log = new BoundedLog("monitor", _time, _lines.Add);

    [Fact]
    public void Flood_IsCutToABurstAndCounted()
    {
        for (var i = 0; i < 1000; i++)
            _log.Write("again");
        Assert.Equal(20, _lines.Count);
        _time.Pass(1);
        _log.Write("later");
        Assert.Contains("(980 lines left out) later", _lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Line_IsBoundedAndHarmless()
    {
        _log.Write("a\nb\u001b[0m" + new string('x', 10_000));
        var line = Assert.Single(_lines);
        Assert.Contains("a?b?[0m", line, StringComparison.Ordinal);
        Assert.True(line.Length < 600);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
    }
}
