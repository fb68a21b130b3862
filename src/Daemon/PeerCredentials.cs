using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HyperSpector.Daemon;

/// <summary>
/// Second lock on the door: the socket's mode already keeps everybody but root out; the kernel's word on who connected
/// (SO_PEERCRED, unix(7)) keeps them out even if the mode was changed. A VM's root is an ordinary uid here.
/// </summary>
internal static class PeerCredentials
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    internal static void RequireRoot(ListenOptions options) => options.Use(next => connection =>
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket && UidOf(socket) == 0)
            return next(connection);
        connection.Abort(new ConnectionAbortedException("the peer is not root"));
        return Task.CompletedTask;
    });

    private static uint UidOf(Socket socket)
    {
        // struct ucred: pid, uid, gid, four bytes each.
        Span<byte> credentials = stackalloc byte[12];
        _ = socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        return BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
    }
}
