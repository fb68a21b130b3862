using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Hosts;

/// <summary>
/// Two network namespaces joined by a veth: the "base" of a test host, and a client that stands for the rest of the world. Every
/// test host has its own pair, so the addresses may be the same in all of them.
/// </summary>
public sealed class TestNetwork : IDisposable
{
    public const string BaseInterface = "up0";
    public const string ClientInterface = "lan0";
    public const string BaseAddress4 = "192.0.2.1";
    public const string ClientAddress4 = "192.0.2.2";
    public const string BaseAddress6 = "2001:db8:5e::1";
    public const string ClientAddress6 = "2001:db8:5e::2";

    // The second network, see PlugIn.
    public const string Nic = "nic1";
    public const string NicOfClient = "lan1";
    public const string NicAddress4 = "198.51.100.1";
    public const string NicClientAddress4 = "198.51.100.2";
    public const string NicAddress6 = "2001:db8:1::1";
    public const string NicClientAddress6 = "2001:db8:1::2";

    public TestNetwork(string name)
    {
        Base = $"{name}-b";
        Client = $"{name}-c";
        try
        {
            Make(Base);
            Make(Client);
            Ip("link", "add", BaseInterface, "netns", Base, "type", "veth", "peer", "name", ClientInterface, "netns", Client);
            Configure(Base, BaseInterface, BaseAddress4, BaseAddress6);
            Configure(Client, ClientInterface, ClientAddress4, ClientAddress6);
            // The client is where the base's default route leads: a packet that gets out with any address is seen there.
            Ip("-n", Base, "route", "add", "default", "via", ClientAddress4);
            Ip("-n", Base, "-6", "route", "add", "default", "via", ClientAddress6);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Name of the base's network namespace.</summary>
    public string Base { get; }

    /// <summary>Name of the client's network namespace.</summary>
    public string Client { get; }

    /// <summary>
    /// Arguments of nsenter(1) that run a command in a namespace. Not <c>ip netns exec</c>: that unshares the mount namespace,
    /// so that mounts of the daemon would be seen by nobody else.
    /// </summary>
    public static IReadOnlyList<string> Enter(string space, params IReadOnlyList<string> command) =>
        [$"--net=/run/netns/{space}", "--", .. command];

    /// <summary>A second network between the two, which a server VM can be joined to: <see cref="Nic"/> is the base's end of it.</summary>
    public void PlugIn()
    {
        Ip("link", "add", Nic, "netns", Base, "type", "veth", "peer", "name", NicOfClient, "netns", Client);
        Configure(Base, Nic, NicAddress4, NicAddress6);
        Configure(Client, NicOfClient, NicClientAddress4, NicClientAddress6);
    }

    public void Dispose()
    {
        foreach (var space in new[] { Base, Client })
        {
            if (File.Exists($"/run/netns/{space}"))
                _ = Tool.Run("ip", ["netns", "delete", space]);
        }
    }

    private static void Make(string space)
    {
        Ip("netns", "add", space);
        Ip("-n", space, "link", "set", "lo", "up");
    }

    private static void Configure(string space, string device, string v4, string v6)
    {
        Ip("-n", space, "address", "add", $"{v4}/24", "dev", device);
        Ip("-n", space, "address", "add", $"{v6}/64", "dev", device, "nodad");
        Ip("-n", space, "link", "set", device, "up");
    }

    private static void Ip(params string[] arguments) => _ = Tool.RunChecked("ip", arguments);
}
