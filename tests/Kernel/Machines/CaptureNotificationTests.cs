using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Machines;

// One at a time: some compare which processes of VMs there are, and all use the same user ids.
[Collection("machines")]
public sealed class CaptureNotificationTests : IDisposable
{
    private const int AF_PACKET = 17;
    private readonly ScratchHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void PacketSocket_InAnIdsMachine_WaitsForTheListener()
    {
        var path = $"{_host.Prefix}/seccomp.sock";
        using var listening = UnixSocket.Listen(path, UnixSocketKind.Stream);
        using var listener = new Later<SeccompListener>();
        var thread = new Thread(() => listener.Set(Accept(listening)));
        thread.Start();
        var text = _host.Run(
            Plan(MachineKind.Ids, """
                import socket
                def attempt(family, type=socket.SOCK_RAW):
                    try:
                        socket.socket(family, type).close(); return "made"
                    except OSError as error:
                        return error.errno
                print(attempt(17), attempt(2, 1), attempt(16), attempt(40, 1), attempt(38, 5), attempt(5, 2))
                """) with { SeccompListener = path },
            beforeStart: _ =>
            {
                thread.Join();
                new Thread(() => AnswerOne(listener.Value)) { IsBackground = true }.Start();
            });
        const int EAFNOSUPPORT = 97;
        Assert.Equal($"made made made {EAFNOSUPPORT} {EAFNOSUPPORT} {EAFNOSUPPORT}", text.Trim());
        Assert.Equal(AF_PACKET, _family);
    }

    [Fact]
    public void PacketSocket_InAServerMachine_IsNotHeldUp()
    {
        var text = _host.Run(Plan(MachineKind.Server, "import socket; socket.socket(17, 3).close(); print('made')"));
        Assert.Equal("made", text.Trim());
    }

    private int _family;

    private static SeccompListener Accept(FileDescriptor listening)
    {
        Assert.True(Poll.WaitReadable(listening, TimeSpan.FromSeconds(30)));
        using var connection = UnixSocket.TryAccept(listening)!;
        Assert.True(Poll.WaitReadable(connection, TimeSpan.FromSeconds(30)));
        var received = new List<FileDescriptor>();
        Assert.Equal(Errno.None, UnixSocket.TryReceive(connection, new byte[65536], received, out _));
        var descriptor = Assert.Single(received);
        Assert.True(SeccompListener.IsListener(descriptor));
        return new SeccompListener(descriptor);
    }

    private void AnswerOne(SeccompListener listener)
    {
        var buffer = new byte[SeccompListener.Sizes.seccomp_notif];
        if (listener.TryReceive(buffer) != Errno.None)
            return;
        var call = System.Runtime.InteropServices.MemoryMarshal.Read<seccomp_notif>(buffer);
        _family = (int)call.data.args[0];
        Assert.Equal(Errno.None, listener.TrySend(new seccomp_notif_resp { id = call.id, flags = Seccomp.SECCOMP_USER_NOTIF_FLAG_CONTINUE }));
    }

    private static MachinePlan Plan(MachineKind kind, string python) => new()
    {
        Name = "ids",
        Kind = kind,
        FirstId = ScratchHost.Ids(0),
        Base = new BaseSpec { Host = true },
        Arguments = ["/usr/bin/python3", "-c", python],
    };

    private sealed class Later<T> : IDisposable where T : class, IDisposable
    {
        private T? _value;

        public T Value => _value ?? throw new InvalidOperationException("nothing came");

        public void Set(T value) => _value = value;

        public void Dispose() => _value?.Dispose();
    }
}
