using System.Text;
using System.Text.Json;
using CsCheck;
using HyperSpector.Api;
using HyperSpector.Engine.Events;
using Xunit;

namespace HyperSpector.Tests.Unit.Events;

public sealed class LogStoreTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Append_Bytes_BecomeLinesOfTheMachine()
    {
        Write(store => store.Append("one\r\ntwo \u001b[31m é \"quoted\"\n\nbeg"u8), finish: false);
        Assert.Equal(["one", "two \u001b[31m é \"quoted\"", ""], Texts());
        Assert.All(_scratch.Lines(), line => Assert.True(line.All(c => c is >= ' ' and < '\u007f'), line));
    }

    [Fact]
    public void Finish_BegunLine_IsStored()
    {
        Write(store => store.Append("begun"u8));
        Assert.Equal(["begun"], Texts());
    }

    [Fact]
    public void Append_InvalidUtf8_IsReplaced()
    {
        Write(store => store.Append([0x61, 0xff, 0x62, (byte)'\n']));
        Assert.Equal(["a\ufffdb"], Texts());
    }

    [Fact]
    public void Append_LongLine_IsSplit()
    {
        var text = new string('x', (2 * EventLimits.LogLine) + 10);
        Write(store => store.Append(Encoding.UTF8.GetBytes(text + "\nnext\n")));
        Assert.Equal([EventLimits.LogLine, EventLimits.LogLine, 10, 4], Texts().Select(t => t.Length));
    }

    [Fact]
    public void Append_AnyChunks_GiveTheSameLines() =>
        Gen.Select(Gen.Int[0, 300].List[1, 20], Gen.Int[1, 500].List[1, 20], (lines, chunks) => (lines, chunks)).Sample(
            sample =>
            {
                using var scratch = new Scratch();
                var text = string.Concat(sample.lines.Select((length, i) => $"{i}:{new string('x', length)}\n"));
                using (var directory = scratch.Open())
                using (var store = LogStore.Open(directory, "web", TimeProvider.System))
                {
                    for (int at = 0, i = 0; at < text.Length; i++)
                    {
                        var length = Math.Min(sample.chunks[i % sample.chunks.Count], text.Length - at);
                        store.Append(Encoding.UTF8.GetBytes(text.Substring(at, length)));
                        at += length;
                    }
                }

                Assert.Equal(text.TrimEnd('\n').Split('\n'), Texts(scratch));
            },
            iter: 50);

    [Fact]
    public void Append_MoreThanIsKept_DropsTheOldest()
    {
        Write(store =>
        {
            for (var i = 0; i < 5000; i++)
                store.Append(Encoding.UTF8.GetBytes($"{i} {new string('y', 5000)}\n"));
        });
        var texts = Texts();
        Assert.StartsWith("4999 ", texts[^1], StringComparison.Ordinal);
        Assert.InRange(_scratch.Lines().Sum(l => (long)l.Length + 1), EventLimits.LogTotal / 2, EventLimits.LogTotal);
    }

    private void Write(Action<LogStore> work, bool finish = true)
    {
        using var directory = _scratch.Open();
        using var store = LogStore.Open(directory, "web", TimeProvider.System);
        work(store);
        if (finish)
            store.Finish();
    }

    private List<string> Texts() => Texts(_scratch);

    private static List<string> Texts(Scratch scratch) =>
        [.. scratch.Lines().Select(l => JsonSerializer.Deserialize(l, ApiJson.Default.LogLine)!).Select(l => l.Text)];
}
