using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;
using Xunit;

namespace HyperSpector.Tests.Kernel.Sandbox;

/// <summary>What belongs to a thread is tried on one that ends with the test.</summary>
public sealed class ThreadSandboxTests
{
    private static readonly string[] s_places = ["read", "write", "none"];
    private static readonly string[] s_sets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];

    [Fact]
    public void Landlock_OutsideItsRules_Refuses()
    {
        var root = Directory.CreateTempSubdirectory("hyperspector-landlock-").FullName;
        try
        {
            foreach (var name in s_places)
            {
                _ = Directory.CreateDirectory(Path.Join(root, name));
                File.WriteAllText(Path.Join(root, name, "file"), "x");
            }

            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            using var read = Files.OpenDirectory(Path.Join(root, "read"));
            using var write = Files.OpenDirectory(Path.Join(root, "write"));
            using var none = Files.OpenDirectory(Path.Join(root, "none"));
            Assert.Equal(SocketError.Success, Connect(port)); // native control

            OnThread(() =>
            {
                Privileges.NoNewPrivileges();
                var abi = Landlock.Restrict(
                [
                    new LandlockRule(read, LandlockAccess.Read), new LandlockRule(write, LandlockAccess.Read | LandlockAccess.WriteRegular),
                ]);
                Assert.True(abi >= 1, "this kernel has no Landlock");
                Assert.Equal(Errno.None, Open(read, "file"));
                Assert.Equal(Errno.EACCES, Create(read, "new"));
                Assert.Equal(Errno.None, Create(write, "new"));
                Assert.Equal(Errno.EACCES, Open(none, "file"));
                Assert.Equal(Errno.EACCES, Assert.Throws<KernelException>(() => Files.OpenRead("/etc/passwd")).Errno);
                if (abi >= 4)
                    Assert.Equal(SocketError.AccessDenied, Connect(port));
            });
            Assert.Equal(Errno.None, Create(none, "the thread's restrictions went with it"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void DropAllCapabilities_OnRootsThread_LeavesNone() => OnThread(() =>
    {
        Assert.NotEqual(0UL, Set("CapEff"));
        Privileges.DropAllCapabilities();
        foreach (var set in s_sets)
            Assert.Equal(0UL, Set(set));
        Assert.False(Privileges.HasNoNewPrivileges);
        Privileges.NoNewPrivileges();
        Assert.True(Privileges.HasNoNewPrivileges);
    });

    [Fact]
    public void Confinement_ArgumentWithoutConfinement_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => Confinement.IsInside([Confinement.Argument, "3"]));

    private static ulong Set(string key) => ulong.Parse(
        File.ReadLines("/proc/thread-self/status").First(l => l.StartsWith(key, StringComparison.Ordinal)).Split('\t')[1],
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture);

    private static Errno Open(FileDescriptor directory, string name)
    {
        var errno = Files.TryOpenUntrusted(directory, name, out var file);
        file?.Dispose();
        return errno;
    }

    private static Errno Create(FileDescriptor directory, string name)
    {
        var errno = Files.TryOpenAppend(directory, name, create: true, out var file);
        file?.Dispose();
        return errno;
    }

    // On the calling thread: .NET's own asynchronous connects may happen on another.
    private static SocketError Connect(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return SocketError.Success;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    }

    private static void OnThread(Action work)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(work));
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw new InvalidOperationException(failure.Message, failure);
    }
}
