using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Linux.Procfs;
using Xunit;

namespace HyperSpector.Tests.Unit.Linux.Procfs;

public sealed class MountInfoTests
{
    [Fact]
    public void Parse_OrdinaryLines_GivesTheirFields()
    {
        var mounts = MountInfo.Parse(
        [
            "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
            "36 27 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/ro\\134ot rw",
        ]);
        Assert.Equal(new MountInfo(27, "254:0", "/", "/", "ext4", "/dev/vda"), mounts[0]);
        Assert.Equal(new MountInfo(36, "98:0", "/mnt1", "/mnt 2", "ext3", "/dev/ro\\ot"), mounts[1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("27 1 254:0 / / rw,relatime ext4 /dev/vda rw")]
    [InlineData("x 1 254:0 / / rw - ext4 /dev/vda rw")]
    [InlineData("27 1 254:0 / / rw -")]
    public void Parse_LineThatDoesNotLookLikeIt_IsLeftOut(string line) => Assert.Empty(MountInfo.Parse([line]));

    [Fact]
    public void Below_MountsInsideASubtree_AreThoseOfFilesAndTheTopOnes()
    {
        var mounts = MountInfo.Parse(
        [
            "1 0 1:0 / / rw - ext4 a rw",
            "2 1 1:1 / /usr rw - ext4 b rw",
            "3 2 1:2 / /usr/share rw - ext4 lower rw",
            "4 2 1:3 / /usr/share rw - ext4 upper rw",
            "5 2 1:4 / /usr/proc rw - proc proc rw",
            "6 2 1:5 / /usr/ours/x rw - ext4 c rw",
            "7 1 1:6 / /usrlocal rw - ext4 d rw",
        ]);
        Assert.Equal("upper", Assert.Single(LiveMounts.Below(mounts, "/usr", ["/usr/ours"])).Source);
        Assert.Equal("b", LiveMounts.Of(mounts, "/usr/bin").Source);
        Assert.Equal("upper", LiveMounts.Of(mounts, "/usr/share/doc").Source);
        Assert.Equal("a", LiveMounts.Of(mounts, "/etc").Source);
    }
}
