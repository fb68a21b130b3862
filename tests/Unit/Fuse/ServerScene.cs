using HyperSpector.Engine.Fuse;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Tests.Kit.Fuse;
using HyperSpector.Tests.Unit.Mediator;
using Xunit;

namespace HyperSpector.Tests.Unit.Fuse;

/// <summary>A server of a small tree, and what it answers.</summary>
internal sealed class ServerScene
{
    /// <summary>What Linux 6.18 offers.</summary>
    internal const ulong Everything = (1UL << 43) - 1;

    private readonly byte[] _reply = new byte[FuseLimits.Reply];

    internal ServerScene(bool negotiated = true)
    {
        Server = new FuseServer(
            Tree, new BoundedLog("test", new ManualTime(), Log.Add), negotiated ? new FuseSession(45, Everything) : null, Told.Add);
    }

    internal MemoryTree Tree { get; } = new();

    internal List<string> Log { get; } = [];

    internal List<FuseSession> Told { get; } = [];

    internal FuseServer Server { get; }

    internal byte[] Ask(byte[] request)
    {
        // What an earlier answer left must not show.
        _reply.AsSpan().Fill(0xee);
        var length = Server.Handle(request, _reply);
        if (length == 0)
            return [];
        var reply = _reply[..length];
        var head = System.Runtime.InteropServices.MemoryMarshal.Read<fuse_out_header>(reply);
        Assert.Equal((uint)length, head.len);
        Assert.Equal(0x8000_0000_0000_0007, head.unique);
        Assert.InRange(head.error, -511, 0);
        if (head.error != 0)
            Assert.Equal(16, length);
        return reply;
    }

    internal Errno Error(byte[] request) => FuseMessage.Error(Ask(request));

    internal T Answer<T>(byte[] request) where T : unmanaged
    {
        var reply = Ask(request);
        Assert.Equal(Errno.None, FuseMessage.Error(reply));
        return FuseMessage.Read<T>(reply);
    }
}
