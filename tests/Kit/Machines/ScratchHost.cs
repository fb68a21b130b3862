using System.Diagnostics;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Kit.Machines;

/// <summary>A host of its own below a scratch directory, with a factory; everything is removed at the end.</summary>
public sealed class ScratchHost : IDisposable
{
    private static int s_count;
    private readonly List<string> _names = [];
    private readonly List<Action> _undo = [];

    public ScratchHost()
    {
        var number = Interlocked.Increment(ref s_count);
        Prefix = $"/var/tmp/hyperspector-test-{Environment.ProcessId}-{number}";
        _ = Directory.CreateDirectory(Prefix);
        File.SetUnixFileMode(Prefix, (UnixFileMode)0x1C9 /* 0711: VM's shifted root must get to its root file system */);
        foreach (var inner in (string[])["run", "var", "var/lib", "var/cache"])
            MakeEnterable($"{Prefix}/{inner}");
        // One cache for all tests of a run: the skeleton of base: host takes a second to make.
        Paths = new HostPaths($"t{Environment.ProcessId}-{number}", Prefix, SharedCache.Directory);
        Factory = new MachineFactory(Paths, Runtime.Probe());
    }

    public string Prefix { get; }

    public HostPaths Paths { get; }

    public MachineFactory Factory { get; }

    /// <summary>A range of ids far from those that daemons claim.</summary>
    public static uint Ids(int machine) => 0x6000_0000 + ((uint)machine * 65536);

    public CreatedMachine Create(MachinePlan plan)
    {
        _names.Add(plan.Name);
        return Factory.Create(plan);
    }

    /// <summary>Creates and starts a VM, waits for its end and returns what it wrote.</summary>
    public string Run(MachinePlan plan, bool keepState = false, Action<CreatedMachine>? beforeStart = null)
    {
        var created = Create(plan);
        using var fifo = Nodes.OpenFifo(plan.LogFifo ?? $"{Paths.MachineRun(plan.Name)}/log.fifo");
        beforeStart?.Invoke(created);
        using var first = PidFd.TryOpen(created.Pid) ?? throw new InvalidOperationException("the first process is gone");
        Factory.Start(plan.Name);
        var text = Drain(fifo, () => first.HasEnded);
        Factory.Remove(plan.Name, keepState);
        return text;
    }

    /// <summary>Does something at the end, the last first.</summary>
    public void Finally(Action undo) => _undo.Add(undo);

    public void Dispose()
    {
        foreach (var name in _names)
            Factory.Remove(name, keepState: false);
        foreach (var undo in Enumerable.Reverse(_undo))
            undo();
        _ = Tool.RunChecked("rm", ["-rf", "--one-file-system", "--", Prefix]);
    }

    // A FIFO that is open for reading and writing has no end: read until the writer is gone and nothing is left.
    private static string Drain(FileDescriptor fifo, Func<bool> isOver)
    {
        var started = Stopwatch.GetTimestamp();
        using var text = new MemoryStream();
        var buffer = new byte[65536];
        while (true)
        {
            var over = isOver();
            while (Poll.WaitReadable(fifo, TimeSpan.FromMilliseconds(over ? 0 : 10)))
                text.Write(buffer, 0, Pipe.Read(fifo, buffer));
            if (over)
                return System.Text.Encoding.UTF8.GetString(text.ToArray());
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(3))
                throw new TimeoutException("the VM did not end within three minutes: " + System.Text.Encoding.UTF8.GetString(text.ToArray()));
        }
    }

    private static void MakeEnterable(string path)
    {
        _ = Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, (UnixFileMode)0x1C9);
    }
}
