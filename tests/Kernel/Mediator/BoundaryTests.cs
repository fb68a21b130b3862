using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Kernel.Mediator;

/// <summary>What keeper and monitor accept, and what the monitor may do.</summary>
public sealed class BoundaryTests : IDisposable
{
    private readonly MediatorHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Monitor_IsConfined()
    {
        using var monitor = _host.Monitor();
        // It confines itself before it serves; the last step is the filter, taken by each thread that serves.
        _ = _host.WaitFor(_ => Status(monitor.Pid, "Seccomp") == "2");
        var user = $"{MediatorHost.MonitorUser}";
        foreach (var task in Directory.GetDirectories($"/proc/{monitor.Pid}/task").Select(t => int.Parse(Path.GetFileName(t))))
        {
            Assert.Equal(string.Join('\t', user, user, user, user), Status(task, "Uid"));
            Assert.Equal(string.Join('\t', user, user, user, user), Status(task, "Gid"));
            Assert.Equal("", Status(task, "Groups"));
            foreach (var set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" })
                Assert.Equal("0000000000000000", Status(task, set));
            Assert.Equal("1", Status(task, "NoNewPrivs"));
            Assert.Equal("2", Status(task, "Seccomp"));
        }

        // Not dumpable: its files in /proc are root's.
        Assert.Equal("0 0", Tool.RunChecked("stat", ["-c", "%u %g", $"/proc/{monitor.Pid}/fd"]).Trim());
    }

    [Fact]
    public void Sockets_AreForRootOnly()
    {
        foreach (var path in new[] { _host.Paths.SeccompSocket, _host.Paths.KeeperSocket })
            Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Descriptor_ThatIsNoListener_IsRefused()
    {
        Assert.Equal(Errno.None, UnixSocket.TryConnect(_host.Paths.SeccompSocket, UnixSocketKind.Stream, out var runtime));
        using (runtime)
        {
            var (read, write) = Pipe.Create();
            using (read)
            {
                using (write)
                    Assert.Equal(Errno.None, UnixSocket.TrySend(runtime!, "{}"u8, write));
                // The keeper has closed its copy: the pipe has no writer left.
                Assert.True(Poll.WaitReadable(read, TimeSpan.FromSeconds(5)));
                Assert.Equal(0, Pipe.Read(read, new byte[1]));
            }
        }

        Assert.Equal(0, _host.Client.GetStatus().Listeners);
    }

    [Fact]
    public void Listener_OfEndedProcesses_IsDropped()
    {
        using (var victim = _host.StartVictim())
        using (var other = _host.StartVictim())
            _ = _host.WaitFor(s => s.Listeners == 2);
        _ = _host.WaitFor(s => s.Listeners == 0);
    }

    [Fact]
    public void Request_ThatIsMalformed_IsRefusedAndTheNextServed()
    {
        using var map = BpfMap.CreateFlag();
        var (read, write) = Pipe.Create();
        using (read)
        using (write)
        {
            // Not a map; not a netlink socket.
            Assert.Equal(Errno.EINVAL, Assert.Throws<KernelException>(() => _host.Client.AddMirror(0, write, 1)).Errno);
            Assert.Equal(Errno.EINVAL, Assert.Throws<KernelException>(() => _host.Client.SetDiagSocket(write)).Errno);
            Assert.Equal(Errno.EINVAL, Assert.Throws<KernelException>(() => _host.Client.AddMirror(64, map.Descriptor, 1)).Errno);
            Assert.Equal(Errno.EINVAL, Raw(new byte[32]));
            Assert.Equal(Errno.EINVAL, Raw(new byte[5]));
            // Only the runtime's socket brings listeners.
            var bytes = new byte[ControlMessage.Size];
            new ControlMessage(ControlKind.Listener).Write(bytes);
            Assert.Equal(Errno.EINVAL, Raw(bytes, write));
        }

        _host.Client.AddMirror(63, map.Descriptor, 1);
        Assert.Equal(1, _host.Client.GetStatus().Mirrors);
        _host.Client.RemoveMirror(63);
        Assert.Equal(0, _host.Client.GetStatus().Mirrors);
    }

    private Errno Raw(byte[] message, params ReadOnlySpan<FileDescriptor> descriptors)
    {
        Assert.Equal(Errno.None, UnixSocket.TryConnect(_host.Paths.KeeperSocket, UnixSocketKind.SequencedPacket, out var socket));
        using (socket)
        {
            Assert.Equal(Errno.None, UnixSocket.TrySend(socket!, message, descriptors));
            Assert.True(Poll.WaitReadable(socket!, TimeSpan.FromSeconds(5)));
            var bytes = new byte[ControlReply.Size];
            Assert.Equal(Errno.None, UnixSocket.TryReceive(socket!, bytes, [], out _));
            Assert.True(ControlReply.TryRead(bytes, out var reply));
            return reply.Error;
        }
    }

    private static string Status(int pid, string field) => File.ReadLines($"/proc/{pid}/status")
        .First(l => l.StartsWith($"{field}:", StringComparison.Ordinal))[(field.Length + 1)..].Trim();
}
