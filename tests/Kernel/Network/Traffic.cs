using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>Servers and clients whose sockets are made inside a fake machine; they can be used from outside.</summary>
internal static partial class Traffic
{
    /// <summary>Answers every connection with the address that it seems to come from.</summary>
    internal static Socket ServeTcp(FakeMachine machine, int port) => machine.Run(() =>
    {
        var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        listener.Listen(64);
        Background(() =>
        {
            while (true)
            {
                using var connection = listener.Accept();
                _ = connection.Send(Encoding.ASCII.GetBytes(Plain(connection.RemoteEndPoint!)));
            }
        });
        return listener;
    });

    /// <summary>Answers every datagram with the address that it seems to come from.</summary>
    internal static Socket ServeUdp(FakeMachine machine, int port) => machine.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        Background(() =>
        {
            var buffer = new byte[65536];
            while (true)
            {
                EndPoint from = new IPEndPoint(IPAddress.IPv6Any, 0);
                _ = socket.ReceiveFrom(buffer, ref from);
                _ = socket.SendTo(Encoding.ASCII.GetBytes(Plain(from)), from);
            }
        });
        return socket;
    });

    /// <summary>What a server says that must be reachable: asked again for some seconds, since machines may be busy.</summary>
    internal static string? Reach(FakeMachine from, ProtocolType protocol, string address, int port)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            if (Ask(from, protocol, address, port) is { } answer)
                return answer;
        }

        return null;
    }

    /// <summary>What a server says; null if it cannot be reached within half a second.</summary>
    internal static string? Ask(FakeMachine from, ProtocolType protocol, string address, int port)
    {
        var to = new IPEndPoint(IPAddress.Parse(address), port);
        using var socket = from.Run(() => new Socket(
            to.AddressFamily, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol));
        try
        {
            if (!socket.ConnectAsync(to).Wait(500))
                return null;
            if (protocol == ProtocolType.Udp)
                _ = socket.Send("?"u8);
            socket.ReceiveTimeout = 500;
            var buffer = new byte[256];
            return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        }
        catch (Exception refused) when (refused is SocketException or AggregateException)
        {
            return null;
        }
    }

    /// <summary>Sends one datagram, from a certain address where given, and waits for nothing.</summary>
    internal static void Send(FakeMachine from, string? source, string to, int port, byte[] payload)
    {
        var target = new IPEndPoint(IPAddress.Parse(to), port);
        using var socket = from.Run(() =>
        {
            var made = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            if (to == "255.255.255.255")
                made.EnableBroadcast = true;
            if (to.StartsWith("fe80", StringComparison.Ordinal) || to.StartsWith("ff02", StringComparison.Ordinal))
                target.Address.ScopeId = Linux.Calls.Interfaces.IndexOf("eth0");
            return made;
        });
        if (source is not null)
            socket.Bind(new IPEndPoint(IPAddress.Parse(source), 0));
        _ = socket.SendTo(payload, target);
    }

    /// <summary>Sends raw frames through an interface, as root with a packet socket can.</summary>
    internal static void SendFrame(FakeMachine from, string link, params byte[][] frames)
    {
        const string script = """
            import socket, sys
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind((sys.argv[1], 0))
            for line in sys.stdin: s.send(bytes.fromhex(line))
            """;
        _ = from.Run(() => Linux.Calls.Tool.RunChecked(
            "python3", ["-c", script, link], string.Join('\n', frames.Select(Convert.ToHexString))));
    }

    private static string Plain(EndPoint peer)
    {
        var address = ((IPEndPoint)peer).Address;
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    private static void Background(Action loop)
    {
        var thread = new Thread(() =>
        {
            try
            {
                loop();
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        })
        { IsBackground = true };
        thread.Start();
    }
}
