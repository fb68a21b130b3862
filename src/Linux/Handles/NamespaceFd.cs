using System.Net.Sockets;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>A network namespace, held open: it is not gone, nor is its number given to another one, while this lives.</summary>
public sealed class NamespaceFd : IDisposable
{
    private const int SOL_SOCKET = 1;
    private const int SO_NETNS_COOKIE = 71;

    private NamespaceFd(FileDescriptor descriptor)
    {
        Descriptor = descriptor;
        // "net:[4026531840]"
        var link = new FileInfo(descriptor.ProcPath).LinkTarget ?? throw new KernelException("readlink", Errno.EINVAL, "ns/net");
        Inode = link[(link.IndexOf('[', StringComparison.Ordinal) + 1)..^1];
    }

    /// <summary>The namespace.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Its number, as <c>readlink /proc/PID/ns/net</c> shows it.</summary>
    public string Inode { get; }

    /// <summary>A path that leads other processes to it while this lives.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{Descriptor.Number}";

    /// <summary>That of a process.</summary>
    public static NamespaceFd NetworkOf(int pid) => new(Files.OpenRead($"/proc/{pid}/ns/net"));

    /// <summary>A number of the calling thread's network namespace that no other one has before the next boot (socket(7)).</summary>
    public static ulong NetworkCookie()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Span<byte> cookie = stackalloc byte[8];
        _ = socket.GetRawSocketOption(SOL_SOCKET, SO_NETNS_COOKIE, cookie);
        return BitConverter.ToUInt64(cookie);
    }

    /// <summary>
    /// Runs a function inside (<see cref="NetworkNamespace"/>): programs started from it are inside, too, while files remain ours.
    /// Nothing of whoever lives in the namespace is executed or trusted.
    /// </summary>
    public T Run<T>(Func<T> inside) => NetworkNamespace.Run(Descriptor, inside);

    /// <summary>As above, for an action.</summary>
    public void Run(Action inside) => _ = Run(() =>
    {
        inside();
        return 0;
    });

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}
