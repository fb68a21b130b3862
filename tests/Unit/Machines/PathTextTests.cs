using CsCheck;
using HyperSpector.Engine.Machines.Bases;
using Xunit;

namespace HyperSpector.Tests.Unit.Machines;

public sealed class PathTextTests
{
    [Theory]
    [InlineData("/", "@")]
    [InlineData("/usr", "@usr")]
    [InlineData("/usr/local", "@usr@local")]
    [InlineData("/usr/a@b%c", "@usr@a%40b%25c")]
    public void PartName_OfAMount_HasNoSlashAndLeadsBack(string mount, string name)
    {
        Assert.Equal(name, PathText.PartName(mount));
        Assert.Equal(mount, PathText.MountOf(name));
    }

    [Fact]
    public void PartName_AnyPath_LeadsBack() =>
        Gen.Char["ab@%40 "].Array[1, 6].Select(c => new string(c)).Array[1, 4].Select(parts => "/" + string.Join('/', parts))
            .Sample(path => PathText.MountOf(PathText.PartName(path)) == path && !PathText.PartName(path).Contains('/', StringComparison.Ordinal));

    [Theory]
    [InlineData("/usr/local", "/usr", true)]
    [InlineData("/usr", "/usr", true)]
    [InlineData("/usrlocal", "/usr", false)]
    [InlineData("/anything", "/", true)]
    public void IsWithin_ComparesWholeNames(string path, string directory, bool expected) =>
        Assert.Equal(expected, PathText.IsWithin(path, directory));

    [Theory]
    [InlineData("relative")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b")]
    [InlineData("")]
    public void Normal_PathThatCouldLeadElsewhere_IsRefused(string path) => Assert.Throws<IOException>(() => PathText.Normal(path));

    [Fact]
    public void Normal_DoubledSlashes_AreRemoved() => Assert.Equal("/a/b", PathText.Normal("//a///b/"));
}
