using System.Text;
using HyperSpector.Engine.Disks.Changes;
using HyperSpector.Engine.Hosts.Changes;
using Xunit;

namespace HyperSpector.Tests.Unit.Disks;

/// <summary>Which paths of a list of changes are asked for, and what may be asked.</summary>
public sealed class ChangeScopeTests
{
    [Theory]
    [InlineData("/srv", "/srv", true)]
    [InlineData("/srv", "/srv/a/b", true)]
    [InlineData("/srv", "/srvx", false)]
    [InlineData("/srv", "", false)]
    [InlineData("//srv/./a/", "/srv/a", true)]
    [InlineData("/", "", true)]
    [InlineData("/", "/anything", true)]
    public void Contains_WhatIsAtOrBelow(string asked, string path, bool expected) =>
        Assert.Equal(expected, new ChangeScope([asked], mounts: false).Contains(Encoding.UTF8.GetBytes(path)));

    [Fact]
    public void NoPaths_AreAll() => Assert.True(ChangeScope.Everything.Contains("/a"u8));

    [Theory]
    [InlineData("/srv", true)]
    [InlineData("srv", false)]
    [InlineData("/srv/../etc", false)]
    [InlineData("", false)]
    public void Query_WithAWrongPath_SaysSo(string path, bool isRight) =>
        Assert.Equal(isRight, new ChangeQuery("web", Follow: false, Mounts: false, [path]).Problem is null);

    [Fact]
    public void Query_WithTooManyPaths_SaysSo() =>
        Assert.Contains("at most 64", new ChangeQuery("web", false, false, [.. Enumerable.Repeat("/a", 65)]).Problem, StringComparison.Ordinal);
}
