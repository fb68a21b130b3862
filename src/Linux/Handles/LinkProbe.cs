using System.Buffers.Binary;
using System.Text;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>An interface, as it is now.</summary>
/// <param name="Index">Its number in its namespace.</param>
/// <param name="IsUp">Did somebody who may say so switch it on (IFF_UP)?</param>
/// <param name="Mtu">Its MTU.</param>
public readonly record struct LinkState(uint Index, bool IsUp, int Mtu);

/// <summary>
/// Looks at interfaces of one network namespace, wherever the caller is: three system calls (netdevice(7)), nothing of the namespace
/// is read. It keeps the namespace alive; dispose of it with the VM.
/// </summary>
public sealed class LinkProbe : IDisposable
{
    private const int AF_INET = 2;
    private const int SOCK_DGRAM = 2;
    private const ulong SIOCGIFFLAGS = 0x8913;
    private const ulong SIOCGIFMTU = 0x8921;
    private const ulong SIOCGIFINDEX = 0x8933;
    private const int IFF_UP = 1;
    private const int NameSize = 16;
    private const int RequestSize = 40;

    private readonly FileDescriptor _socket;

    private LinkProbe(FileDescriptor socket) => _socket = socket;

    /// <summary>For the namespace of the calling thread.</summary>
    public static LinkProbe OpenHere() => new(new FileDescriptor(
        KernelException.Check(LibC.socket(AF_INET, SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0), "socket(AF_INET)")));

    /// <summary>For the network namespace of a process.</summary>
    public static LinkProbe OpenOf(int pid) => NetworkNamespace.Run($"/proc/{pid}/ns/net", OpenHere);

    /// <summary>The interface of this name; null if there is none.</summary>
    public unsafe LinkState? Find(string name)
    {
        var request = stackalloc byte[RequestSize]; // struct ifreq: the name, then a union
        var bytes = new Span<byte>(request, RequestSize);
        if (Ask(SIOCGIFINDEX, request, bytes, name) is not { } index || Ask(SIOCGIFFLAGS, request, bytes, name) is not { } flags
            || Ask(SIOCGIFMTU, request, bytes, name) is not { } mtu)
            return null;
        return new LinkState((uint)index, (flags & IFF_UP) != 0, mtu);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private unsafe int? Ask(ulong what, byte* request, Span<byte> bytes, string name)
    {
        bytes.Clear();
        _ = Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(name.Length, NameSize - 1)), bytes);
        // SAFETY: the kernel reads and writes one struct ifreq.
        var result = LibC.ioctl(_socket.Number, what, request);
        GC.KeepAlive(_socket);
        if (result >= 0)
            return BinaryPrimitives.ReadInt32LittleEndian(bytes[NameSize..]);
        return KernelException.LastErrno == Errno.ENODEV ? null : throw new KernelException("ioctl(SIOCGIF…)", KernelException.LastErrno, name);
    }
}
