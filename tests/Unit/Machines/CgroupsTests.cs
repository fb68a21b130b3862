using HyperSpector.Engine.Machines;
using Xunit;

namespace HyperSpector.Tests.Unit.Machines;

public sealed class CgroupsTests : IDisposable
{
    private readonly string _group = Directory.CreateTempSubdirectory("hyperspector-cgroup-").FullName;

    public void Dispose() => Directory.Delete(_group, recursive: true);

    [Fact]
    public void ShareGuarantees_OfVersion2_GivesTheGroupTheSumOfItsMachines()
    {
        File.WriteAllText($"{_group}/memory.low", "0\n");
        foreach (var (name, low) in new[] { ("web", "1048576\n"), ("db", "2097152\n"), ("edge", "0\n") })
        {
            _ = Directory.CreateDirectory($"{_group}/{name}");
            File.WriteAllText($"{_group}/{name}/memory.low", low);
        }

        Cgroups.ShareGuarantees(_group);

        Assert.Equal("3145728", File.ReadAllText($"{_group}/memory.low"));
    }

    [Fact]
    public void ShareGuarantees_OfVersion1_ChangesNothing()
    {
        Cgroups.ShareGuarantees(_group);
        Assert.Empty(Directory.GetFileSystemEntries(_group));
    }
}
