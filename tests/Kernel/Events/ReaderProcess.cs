using System.Globalization;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Events;
using HyperSpector.Api.Plans;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Kernel.Events;

/// <summary>A real hyperspector-reader with directories of its own; all of it goes with the test.</summary>
internal sealed class ReaderProcess : IDisposable
{
    private const uint User = 1_543_503_872; // far from ids that anything else here uses
    private static readonly string s_installed =
        Environment.GetEnvironmentVariable("HYPERSPECTOR_BIN") is { Length: > 0 } given ? given : "/usr/lib/hyperspector";

    private readonly string _root = Directory.CreateTempSubdirectory("hyperspector-reader-").FullName;
    private ChildProcess? _child;

    internal ReaderProcess(string format = "eve")
    {
        Output = Directory.CreateDirectory(Path.Join(_root, "out")).FullName;
        _ = Tool.RunChecked("chown", [$"{User}:{User}", Output]);
        _ = Tool.RunChecked("mkfifo", [Fifo]);
        var plan = new ReaderPlan
        {
            Host = "test",
            Machine = "edge",
            Environment = "edge",
            Servers = new Dictionary<string, string> { ["mon0"] = "web" },
            Outputs = [new ReaderOutput(0, Output, "eve.json", format, "suricata")],
            LogFifo = Fifo,
            SpoolDirectory = Path.Join(_root, "spool"),
            LogDirectory = Path.Join(_root, "log"),
            Uid = User,
            Gid = User,
        };
        File.WriteAllBytes(Path.Join(_root, "plan.json"), JsonSerializer.SerializeToUtf8Bytes(plan, ApiJson.Default.ReaderPlan));
    }

    internal string Output { get; }

    internal string Fifo => Path.Join(_root, "log.fifo");

    internal string Spool => Path.Join(_root, "spool");

    internal string Log => Path.Join(_root, "log");

    internal string Secret => Path.Join(_root, "secret");

    internal int Pid => _child!.Pid;

    internal void Start() => _child = Spawn.Start(new SpawnRequest
    {
        Program = Path.Join(s_installed, "hyperspector-reader"),
        Arguments = ["--plan", Path.Join(_root, "plan.json")],
        NewSession = true,
    });

    /// <summary>Sends a signal, and waits for the end.</summary>
    internal ExitStatus End(int signal)
    {
        _ = _child!.PidFd.Signal(signal);
        var status = _child.Wait(TimeSpan.FromSeconds(60));
        _child.Dispose();
        _child = null;
        return Assert.NotNull(status);
    }

    internal List<EventRecord> Events() =>
        [.. StoredLines(Spool).Where(l => !l.StartsWith("{\"checkpoint\"", StringComparison.Ordinal))
            .Select(l => JsonSerializer.Deserialize(l, ApiJson.Default.EventRecord)!)];

    internal List<string> LogTexts() =>
        [.. StoredLines(Log).Select(l => JsonSerializer.Deserialize(l, ApiJson.Default.LogLine)!.Text)];

    internal string Status(string key) =>
        File.ReadLines($"/proc/{Pid}/status").First(l => l.StartsWith(key + ":", StringComparison.Ordinal))[(key.Length + 1)..].Trim();

    internal long ResidentKilobytes => long.Parse(Status("VmRSS").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Waits until something holds; fails after two minutes, which only a hung reader takes.</summary>
    internal static void Until(string what, Func<bool> holds)
    {
        for (var i = 0; i < 2400; i++)
        {
            if (holds())
                return;
            Thread.Sleep(50);
        }

        Assert.Fail($"not within two minutes: {what}");
    }

    public void Dispose()
    {
        if (_child is not null)
            _ = End(9);
        Directory.Delete(_root, recursive: true);
    }

    private static IEnumerable<string> StoredLines(string directory)
    {
        if (!Directory.Exists(directory))
            yield break;
        foreach (var file in Directory.GetFiles(directory, "*.jsonl").Order(StringComparer.Ordinal))
        {
            var text = File.ReadAllText(file);
            // A line being written is not there yet.
            foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
                yield return line;
        }
    }
}
