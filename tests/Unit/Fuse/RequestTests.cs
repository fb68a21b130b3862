using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Unit.Fuse;

public sealed class RequestTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(39)]
    [InlineData(41)]
    [InlineData(400)]
    public void Message_OfAnotherLengthThanItSays_IsRefused(int length)
    {
        var message = FuseMessage.Request(fuse_opcode.FUSE_STATFS, 1);
        Assert.True(FuseRequest.TryParse(message, out _));
        Array.Resize(ref message, length);
        Assert.False(FuseRequest.TryParse(message, out _));
    }

    [Fact]
    public void Extensions_AreNoPartOfTheArguments()
    {
        var message = FuseMessage.Request(fuse_opcode.FUSE_LOOKUP, 1, [(byte)'a', 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        message[36] = 1; // total_extlen
        Assert.True(FuseRequest.TryParse(message, out var request));
        Assert.Equal(8, request.Body.Length);
        message[36] = 3;
        Assert.False(FuseRequest.TryParse(message, out _));
    }

    [Theory]
    [InlineData("a", Errno.None)]
    [InlineData("...", Errno.None)]
    [InlineData(".a", Errno.None)]
    [InlineData("\u00ff\n", Errno.None)]
    [InlineData("", Errno.EINVAL)]
    [InlineData(".", Errno.EINVAL)]
    [InlineData("..", Errno.EINVAL)]
    [InlineData("a/b", Errno.EINVAL)]
    [InlineData("/", Errno.EINVAL)]
    public void Name_IsOneThatADirectoryCanHave(string name, Errno expected)
    {
        Assert.True(FuseRequest.TryParse(FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, name), out var request));
        Assert.Equal(expected, request.TryReadName(0, out var read));
        if (expected == Errno.None)
            Assert.Equal(name, System.Text.Encoding.Latin1.GetString(read));
    }

    [Theory]
    [InlineData(255, Errno.None, Errno.None)]
    [InlineData(256, Errno.ENAMETOOLONG, Errno.ERANGE)]
    public void Name_HasALimit(int length, Errno name, Errno attribute)
    {
        Assert.True(FuseRequest.TryParse(FuseMessage.Named(fuse_opcode.FUSE_LOOKUP, 1, new string('x', length)), out var request));
        Assert.Equal(name, request.TryReadName(0, out _));
        Assert.Equal(attribute, request.TryReadAttributeName(0, out _));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Name_WithoutItsEnd_IsRefused(int offset)
    {
        Assert.True(FuseRequest.TryParse(FuseMessage.Request(fuse_opcode.FUSE_LOOKUP, 1, "abcd"u8), out var request));
        Assert.Equal(Errno.EINVAL, request.TryReadName(offset, out _));
    }

    [Fact]
    public void AttributeName_MayHaveASlash()
    {
        Assert.True(FuseRequest.TryParse(FuseMessage.Named(fuse_opcode.FUSE_GETXATTR, 1, "user.a/b"), out var request));
        Assert.Equal(Errno.None, request.TryReadAttributeName(0, out _));
    }

    [Fact]
    public void Arguments_ThatAreShort_AreRefused_AndLongOnesRead()
    {
        Assert.True(FuseRequest.TryParse(FuseMessage.Request(fuse_opcode.FUSE_OPEN, 1, [1, 0, 0, 0, 0, 0, 0]), out var request));
        Assert.False(request.TryRead<fuse_open_in>(out _));
        Assert.True(FuseRequest.TryParse(FuseMessage.Request(fuse_opcode.FUSE_OPEN, 1, [1, 0, 0, 0, 0, 0, 0, 0, 9]), out request));
        Assert.True(request.TryRead<fuse_open_in>(out var open));
        Assert.Equal(1u, open.flags);
    }
}
