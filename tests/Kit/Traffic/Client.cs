using System.Net;
using System.Net.Sockets;
using System.Text;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>Ordinary sockets of the client's namespace.</summary>
public sealed class Client(TrafficTarget target, bool six, bool benign)
{
    private const int Patience = 5000;

    private AddressFamily Family => six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
    private IPAddress Own => (six, benign) switch
    {
        (false, false) => target.Hostile4,
        (false, true) => target.Benign4,
        (true, false) => target.Hostile6,
        (true, true) => target.Benign6,
    };

    private IPAddress Server => six ? target.Front6 : target.Front4;

    /// <summary>A connection to one of the server's ports.</summary>
    public Socket Connect(int port)
    {
        var socket = Open(SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        socket.Connect(Server, port);
        return socket;
    }

    /// <summary>Sends requests over one connection, each after the answer to the one before; returns the last answer's text.</summary>
    public string Http(params ReadOnlySpan<byte[]> requests)
    {
        using var socket = Connect(target.Ports.Http);
        var answer = "";
        foreach (var request in requests)
        {
            SendAll(socket, request);
            answer = ReadHttp(socket);
        }

        return answer;
    }

    /// <summary>Sends one datagram and waits for the answer; null when <paramref name="answered"/> is false.</summary>
    public byte[]? Datagram(int port, byte[] data, bool answered = true)
    {
        using var socket = Open(SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(Server, port);
        _ = socket.Send(data);
        if (!answered)
            return null;
        var buffer = new byte[65536];
        return buffer[..socket.Receive(buffer)];
    }

    /// <summary>
    /// Over a new connection: reads <paramref name="greeting"/> bytes, sends, reads <paramref name="answer"/> bytes, closes; or lets the
    /// server close first. Each step waits for the one before: what both sides do at once, two onlookers may see in either order.
    /// </summary>
    public byte[] Talk(int port, byte[] data, int greeting = 0, int answer = 0, bool serverCloses = false)
    {
        using var socket = Connect(port);
        var first = Read(socket, greeting);
        SendAll(socket, data);
        byte[] result = [.. first, .. Read(socket, answer)];
        WaitAcknowledged(socket);
        if (!serverCloses)
            socket.Shutdown(SocketShutdown.Send);
        while (socket.Receive(new byte[4096]) > 0)
        {
            // Whatever else the server had to say; then it closes, too, so that the exchange is over when we return.
        }

        return result;
    }

    internal static void SendAll(Socket socket, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
            data = data[socket.Send(data)..];
    }

    // Until the server has acknowledged all that we sent: tcpi_unacked of struct tcp_info (<linux/tcp.h>) is 0.
    private static void WaitAcknowledged(Socket socket)
    {
        const int SOL_TCP = 6, TCP_INFO = 11, Unacknowledged = 24;
        var info = new byte[104];
        for (var i = 0; i < Patience; i++)
        {
            _ = socket.GetRawSocketOption(SOL_TCP, TCP_INFO, info);
            if (BitConverter.ToUInt32(info, Unacknowledged) == 0)
                return;
            Thread.Sleep(1);
        }

        throw new TimeoutException("the server does not acknowledge");
    }

    private static byte[] Read(Socket socket, int count)
    {
        var buffer = new byte[count];
        var have = 0;
        while (have < count)
        {
            var more = socket.Receive(buffer, have, count - have, SocketFlags.None);
            if (more == 0)
                throw new EndOfStreamException($"{have} of {count} bytes came");
            have += more;
        }

        return buffer;
    }

    // Reads one response: its headers, then as many bytes as they say.
    private static string ReadHttp(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[65536];
        while (true)
        {
            var count = socket.Receive(buffer);
            _ = text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            var all = text.ToString();
            if (count == 0 || HttpText.IsWhole(all))
                return all;
        }
    }

    private Socket Open(SocketType type, ProtocolType protocol) => NetworkNamespace.Run(target.ClientNamespace, () =>
    {
        var socket = new Socket(Family, type, protocol) { ReceiveTimeout = Patience, SendTimeout = Patience };
        socket.Bind(new IPEndPoint(Own, 0));
        return socket;
    });
}
