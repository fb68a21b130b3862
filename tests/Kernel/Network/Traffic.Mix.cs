using System.Net;
using System.Net.Sockets;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

internal static partial class Traffic
{
    /// <summary>
    /// What a port carries in its life: TCP in both directions (small, and bulk that travels as super-packets), UDP with fragments,
    /// both families, frames with VLAN tags, forged sources, and odd EtherTypes.
    /// </summary>
    internal static void Mix(FakeMachine server, FakeMachine client, bool vlan, bool bulk)
    {
        using var listener = ServeTcp(server, 80);
        using var udp = ServeUdp(client, 9000);
        foreach (var address in (string[])["192.0.2.1", "2001:db8::1"])
            Assert.NotNull(Reach(client, ProtocolType.Tcp, address, 8080));
        foreach (var address in (string[])["192.0.2.2", "2001:db8::2"])
        {
            Assert.NotNull(Reach(server, ProtocolType.Udp, address, 9000));
            Send(server, null, address, 9000, new byte[9000]);
        }

        if (bulk)
        {
            Stream(from: client, to: server, listenPort: 80, "192.0.2.1", 8080, upload: true);
            foreach (var address in (string[])["192.0.2.2", "2001:db8::2"])
                Stream(from: server, to: client, listenPort: 9001, address, 9001, upload: true);
        }

        if (vlan)
        {
            SendFrame(server, "eth0",
                Convert.FromHexString("ffffffffffff024800000001" + "81000005" + "0800" + "4500001c00010000401100000a5000020a500001" + "0035003500080000"),
                Convert.FromHexString("ffffffffffff024800000001" + "88cc" + "0207040102030405060403"),
                Convert.FromHexString("ffffffffffff024800000001" + "0806" + "0001080006040001024800000001c000020200000000000000000000"));
        }

        // Answers that are under way, and delayed acknowledgements.
        Thread.Sleep(200);
    }

    private static void Stream(FakeMachine from, FakeMachine to, int listenPort, string address, int port, bool upload)
    {
        const int size = 8 << 20;
        _ = upload;
        using var listener = listenPort == 80 ? null : to.Run(() =>
        {
            var made = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            made.Bind(new IPEndPoint(IPAddress.IPv6Any, listenPort));
            made.Listen(4);
            return made;
        });
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        using var socket = from.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        var sink = listener is null ? null : Task.Run(() =>
        {
            using var accepted = listener.Accept();
            var buffer = new byte[1 << 18];
            var total = 0L;
            for (int count; (count = accepted.Receive(buffer)) > 0;)
                total += count;
            return total;
        });
        socket.Connect(target);
        if (sink is null)
        {
            // The server answers and closes: what was sent on top is bulk towards it all the same.
            try
            {
                _ = socket.Send(new byte[1 << 18]);
            }
            catch (SocketException)
            {
                // Reset, as expected.
            }

            return;
        }

        var block = new byte[1 << 16];
        for (var sent = 0; sent < size; sent += block.Length)
            _ = socket.Send(block);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(size, sink.Result);
    }
}
