using System.Text;
using System.Text.Json;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using Microsoft.Win32.SafeHandles;

namespace HyperSpector.Tests.Kit.Disks;

/// <summary>A program that changes a tree and tells what is in it: see tree_worker.py.</summary>
public sealed class TreeWorker : IDisposable
{
    private readonly FileDescriptor _requests;
    private readonly FileDescriptor _answerPipe;
    private readonly StreamReader _answers;
    private readonly ChildProcess _process;

    public TreeWorker(string root)
    {
        var (theirRequests, requests) = Pipe.Create();
        var (answers, theirAnswers) = Pipe.Create();
        _requests = requests;
        _answers = new StreamReader(new FileStream(new SafeFileHandle(answers.Number, ownsHandle: false), FileAccess.Read));
        _answerPipe = answers;
        using (theirRequests)
        using (theirAnswers)
        {
            _process = Spawn.Start(new SpawnRequest
            {
                Program = Tool.Find("python3") ?? throw new IOException("python3 is not installed"),
                Arguments = [Path.Join(AppContext.BaseDirectory, "Disks/tree_worker.py"), root],
                Descriptors = [(0, theirRequests), (1, theirAnswers)],
            });
        }
    }

    /// <summary>Changes come from this seed.</summary>
    public void Seed(int seed) => _ = Ask($"seed {seed}");

    /// <summary>So many files and directories more, at random places; how many there was room for.</summary>
    public int Fill(int count) => Ask($"fill {count}").GetInt32();

    /// <summary>So many random changes; how many of them were possible.</summary>
    public int Change(int count) => Ask($"change {count}").GetInt32();

    /// <summary>Everything that is there.</summary>
    public IReadOnlyList<string> Walk() => [.. Ask("walk").EnumerateArray().Select(e => e.GetString()!)];

    /// <summary>Watches a path below the root, as a suspicious process in the server VM would.</summary>
    public void Watch(string path) => _ = Ask($"watch {Convert.ToHexString(Encoding.UTF8.GetBytes(path))}");

    /// <summary>How often what is watched was opened, read, listed or closed since the last time.</summary>
    public int Noticed() => Ask("noticed").GetInt32();

    /// <summary>An expression of Python, with <c>os</c>, <c>stat</c> and <c>root</c> (bytes).</summary>
    public JsonElement Do(string expression) => Ask($"do {Convert.ToHexString(Encoding.UTF8.GetBytes(expression))}");

    public void Dispose()
    {
        _requests.Dispose();
        _ = _process.Wait(Timeout.InfiniteTimeSpan);
        _process.Dispose();
        _answers.Dispose();
        _answerPipe.Dispose();
    }

    private JsonElement Ask(string line)
    {
        Pipe.WriteAll(_requests, Encoding.UTF8.GetBytes(line + "\n"));
        var answer = _answers.ReadLine() ?? throw new IOException($"the worker ended at: {line}");
        using var parsed = JsonDocument.Parse(answer);
        return parsed.RootElement.Clone();
    }
}
