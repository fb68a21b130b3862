using System.Text;
using HyperSpector.Engine.Events;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Unit.Events;

public sealed class LineStreamTests : IDisposable
{
    private readonly Scratch _one = new();
    private readonly Scratch _two = new();

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
    }

    [Fact]
    public async Task Copy_SeveralSpools_MergesByTimeWithoutCheckpoints()
    {
        Fill(_one, 1, 4, 5);
        Fill(_two, 2, 3, 6);
        Assert.Equal(["id-1", "id-2", "id-3", "id-4", "id-5", "id-6"], await Ids(null));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(6, 6)]
    [InlineData(99, 6)]
    public async Task Copy_Tail_GivesTheLastOfAll(int tail, int expected)
    {
        Fill(_one, 1, 4, 5);
        Fill(_two, 2, 3, 6);
        Assert.Equal(Enumerable.Range(7 - expected, expected).Select(i => $"id-{i}"), await Ids(tail));
    }

    [Fact]
    public async Task Copy_OverManySegments_GivesEveryLineOnce()
    {
        Fill(_one, 32 * 1024, [.. Enumerable.Range(1, 120)]);
        Assert.True(Directory.GetFiles(_one.Path).Length > 2);
        Assert.Equal(Enumerable.Range(1, 120).Select(i => $"id-{i}"), await Ids(null));
        Assert.Equal(Enumerable.Range(21, 100).Select(i => $"id-{i}"), await Ids(100));
    }

    [Fact]
    public async Task Copy_LinkInPlaceOfSegment_IsNotFollowed()
    {
        var secret = _two.At("secret");
        await File.WriteAllTextAsync(secret, "secret\n", TestContext.Current.CancellationToken);
        _ = File.CreateSymbolicLink(_one.At("00000001.jsonl"), secret);
        _ = Tool.RunChecked("mkfifo", [_one.At("00000002.jsonl")]);
        Assert.Empty(await Ids(null));
    }

    [Fact]
    public async Task Follow_WhatComes_ArrivesWithoutDelay()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancel.CancelAfter(TimeSpan.FromSeconds(30));
        Fill(_one, 1);
        var later = _two.At("later");
        var output = new Lines();
        var copying = LineStream.CopyAsync([_one.Path, later], null, follow: true, output, cancel.Token);
        await output.Until(1, cancel.Token);
        Fill(_one, 2, 3);
        await output.Until(3, cancel.Token);
        Directory.CreateDirectory(later); // appears while followed
        await File.WriteAllTextAsync(Path.Join(later, "00000001.jsonl"), "{\"time\":\"a\",\"id\":\"id-4\"}\nhalf", cancel.Token);
        await output.Until(4, cancel.Token);
        // The directory is made anew: the VM was.
        Directory.Delete(later, recursive: true);
        Directory.CreateDirectory(later);
        await File.WriteAllTextAsync(Path.Join(later, "00000001.jsonl"), "{\"time\":\"a\",\"id\":\"id-5\"}\n", cancel.Token);
        await output.Until(5, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copying);
        Assert.Equal(["id-1", "id-2", "id-3", "id-4", "id-5"], output.Ids());
    }

    private async Task<List<string>> Ids(int? tail)
    {
        using var output = new Lines();
        await LineStream.CopyAsync([_one.Path, _two.Path, _one.At("absent")], tail, follow: false, output, TestContext.Current.CancellationToken);
        return output.Ids();
    }

    private static void Fill(Scratch scratch, params int[] numbers) => Fill(scratch, 1L << 30, numbers);

    private static void Fill(Scratch scratch, long size, int[] numbers)
    {
        using var directory = scratch.Open();
        using var spool = Spool.Open(directory, TimeProvider.System, size);
        foreach (var number in numbers)
            Assert.True(spool.TryAppend(Scratch.Event(number)));
    }

    private sealed class Lines : MemoryStream
    {
        internal List<string> Ids() =>
            [.. Encoding.UTF8.GetString(ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => l.Split("\"id\":\"")[1].Split('"')[0])];

        internal async Task Until(int count, CancellationToken cancellation)
        {
            while (ToArray().Count(b => b == '\n') < count)
                await Task.Delay(10, cancellation);
        }
    }
}
