using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>Scans in the IDS VM <c>edge</c>, one after the other; each is a shell script that prints one line.</summary>
internal sealed class Scans : IDisposable
{
    private readonly Background _scans;

    internal Scans(TestHost host, string script, int count)
    {
        _scans = host.StartExec(
            "edge", ["sh", "-c", "echo ready; i=0; while [ $i -lt \"$2\" ]; do sh -c \"$1\"; i=$((i + 1)); done", "scans", script, $"{count}"]);
        _scans.WaitFor("ready");
    }

    internal int Count => Lines().Length;

    internal string[] Results(int count)
    {
        for (var attempt = 0; attempt < 3000 && Count < count; attempt++)
            Thread.Sleep(50);
        Assert.True(Count >= count, $"{Count} of {count} scans ended: {_scans.Output}");
        return Lines();
    }

    // Whole lines only.
    private string[] Lines() => _scans.Output.Split('\n')[1..^1];

    public void Dispose() => _scans.Dispose();
}
