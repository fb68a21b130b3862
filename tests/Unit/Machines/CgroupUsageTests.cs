using HyperSpector.Engine.Machines;
using Xunit;

namespace HyperSpector.Tests.Unit.Machines;

/// <summary>Files as the kernel shows them, of both versions.</summary>
public sealed class CgroupUsageTests : IDisposable
{
    private const string Group = "/hyperspector/web";
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hs-cgroups-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Read_VersionTwo_TakesEverythingFromOneHierarchy()
    {
        Write("unified", ("cpu.stat", "usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n"), ("memory.current", "9000000\n"),
            ("memory.stat", "anon 5\ninactive_file 1000000\nactive_file 7\n"), ("memory.max", "268435456\n"), ("pids.current", "12\n"));

        var usage = Assert.IsType<HyperSpector.Api.Messages.ResourceUsage>(Usage("unified").Read(Group));

        Assert.Equal((2_500_000, 8_000_000, 268_435_456, 12), (usage.CpuMicroseconds, usage.Memory, usage.MemoryLimit, usage.Pids));
    }

    [Fact]
    public void Read_VersionTwoWithoutLimit_HasNone()
    {
        Write("unified", ("cpu.stat", "usage_usec 5\n"), ("memory.current", "10\n"), ("memory.stat", "inactive_file 100\n"), ("memory.max", "max\n"));

        var usage = Usage("unified").Read(Group)!;

        Assert.Null(usage.MemoryLimit);
        Assert.Null(usage.Pids);
        Assert.Equal(0, usage.Memory);
    }

    [Fact]
    public void Read_VersionOne_FindsEachControllerInItsHierarchy()
    {
        Write("cpu", ("cpuacct.usage", "2500000999\n"));
        Write("memory", ("memory.usage_in_bytes", "5000\n"), ("memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory.stat", "inactive_file 1\ntotal_inactive_file 1000\n"));
        Write("pids", ("pids.current", "3\n"));
        // A hybrid machine: the second version's hierarchy has the group, and in it a clock that stands still.
        Write("unified", ("cpu.stat", "usage_usec 0\n"));

        var usage = Usage("unified", "cpu", "memory", "pids").Read(Group)!;

        Assert.Equal((2_500_000, 4000, 3), (usage.CpuMicroseconds, usage.Memory, usage.Pids));
        Assert.Null(usage.MemoryLimit);
    }

    [Fact]
    public void Read_NoSuchGroup_IsNull()
    {
        Write("unified", ("cpu.stat", "usage_usec 5\n"), ("memory.current", "10\n"));
        Assert.Null(Usage("unified").Read("/hyperspector/other"));
        Assert.Null(Usage().Read(Group));
    }

    private CgroupUsage Usage(params string[] hierarchies) => new([.. hierarchies.Select(h => Path.Join(_root.FullName, h))]);

    private void Write(string hierarchy, params (string File, string Text)[] files)
    {
        var directory = Directory.CreateDirectory(Path.Join(_root.FullName, hierarchy) + Group).FullName;
        foreach (var (file, text) in files)
            File.WriteAllText(Path.Join(directory, file), text);
    }
}
