using System.Net.Sockets;

namespace HyperSpector.Linux.Calls;

/// <summary>
/// What a service says to the service manager that started it (sd_notify(3)): one datagram of <c>NAME=value</c> lines to the Unix
/// socket that <c>NOTIFY_SOCKET</c> names. Nothing happens where there is none.
/// </summary>
public sealed class ServiceManager
{
    private const string Variable = "NOTIFY_SOCKET";
    private readonly string? _address;

    private ServiceManager(string? address) => _address = address;

    /// <summary>
    /// The manager of this process. Its address is forgotten at once: it is not for what we start. An OCI runtime that finds it waits
    /// until the container has said that it is ready, which ours never do.
    /// </summary>
    public static ServiceManager Take()
    {
        var address = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        // sd_notify(3): an absolute path, or an @ for an abstract socket (unix(7)).
        return new ServiceManager(address is ['/' or '@', _, ..] ? address : null);
    }

    /// <summary>Says something; a manager that does not listen is no reason to fail.</summary>
    public void Say(string what)
    {
        if (_address is null)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            var place = new UnixDomainSocketEndPoint(_address[0] == '@' ? $"\0{_address[1..]}" : _address);
            _ = socket.SendTo(System.Text.Encoding.UTF8.GetBytes(what), place);
        }
        catch (SocketException)
        {
            // The service works all the same; the manager will say what it misses.
        }
    }
}
