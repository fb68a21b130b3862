using System.Text;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Output;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

public sealed class ScreenTests : IDisposable
{
    private readonly MemoryStream _output = new();
    private readonly MemoryStream _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private string Output => Encoding.UTF8.GetString(_output.ToArray());

    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 0)]
    [InlineData(0, 50)]
    [InlineData(20, 3)]
    public async Task LiveProgress_WhateverTheWindow_Draws(int columns, int rows)
    {
        using var screen = new Screen(_output, _error, isTerminal: true, isPlain: false, () => (columns, rows));

        await Progress.ShowAsync(screen, json: false, "up", Steps());

        Assert.Contains("web0", Output, StringComparison.Ordinal);
        Assert.EndsWith("\e[?25h", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LiveProgress_StepsFail_LeavesTheTerminalAsItWas()
    {
        using var screen = new Screen(_output, _error, isTerminal: true, isPlain: false, () => (80, 24));

        _ = await Assert.ThrowsAsync<TimeoutException>(() => Progress.ShowAsync(screen, json: false, "up", Failing()));

        Assert.EndsWith("\e[?25h", Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_ThatIsPrinted_IsEscaped()
    {
        const string Hostile = "\e]0;x\a\u009b\u202e[red]";
        using var screen = new Screen(_output, _error, isTerminal: true, isPlain: true, () => null);

        screen.Line(Hostile);
        screen.Pieces(Hostile, new Cell(Hostile, Tone.Bad));
        screen.Table([Hostile], [[Hostile]]);
        screen.Fail(Hostile);
        screen.Remark(Hostile);
        screen.Json(new Failure(Hostile), Api.ApiJson.Default.Failure);

        foreach (var text in (string[])[Output, Encoding.UTF8.GetString(_error.ToArray())])
        {
            Assert.NotEmpty(text);
            Assert.DoesNotContain(text.EnumerateRunes(), r => Engine.Terminal.Escaping.IsHarmful(r) && r.Value != '\n');
        }

        Assert.Contains("[red]", Output, StringComparison.Ordinal);
    }

    private static async IAsyncEnumerable<ProgressLine> Steps()
    {
        for (var i = 0; i < 10; i++)
        {
            yield return new ProgressLine { Subject = $"web{i}", Step = "create", State = "running" };
            await Task.Delay(30);
        }

        yield return new ProgressLine { Subject = "web0", Step = "create", State = "failed", Detail = "\e[2J" };
        yield return new ProgressLine { Subject = "host", Step = "end", State = "finished", Last = true };
    }

    private static async IAsyncEnumerable<ProgressLine> Failing()
    {
        yield return new ProgressLine { Subject = "web", Step = "create", State = "running" };
        await Task.Delay(150);
        throw new TimeoutException();
    }
}
