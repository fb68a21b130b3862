using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Network.Mirror;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>
/// A base in a network namespace of its own, a client on its only network (192.0.2.0/24, 2001:db8::/64), and VMs as asked for.
/// </summary>
internal sealed class SwitchBench : IDisposable
{
    private readonly List<FakeMachine> _machines = [];
    private static int s_number;

    internal SwitchBench(string? prepare = null)
    {
        Base = new FakeMachine(ownUser: false);
        Client = new FakeMachine(ownUser: false);
        // Addresses must be usable at once: no duplicate address detection, of link-local ones either.
        // And a new namespace inherits the IPv4 settings of the machine's first one, whatever runs there.
        const string quick = "sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.default.forwarding=0; sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0; ip link set lo up";
        Base.Shell($"""
            {quick}
            ip link add up0 type veth peer name c0 netns {Client.Pid}
            ip address add 192.0.2.1/24 dev up0
            ip address add 2001:db8::1/64 dev up0 nodad
            ip link set up0 up
            {prepare}
            """);
        Client.Shell($"""
            {quick}
            ip address add 192.0.2.2/24 dev c0
            ip address add 2001:db8::2/64 dev c0 nodad
            ip link set c0 up
            until ping -q -c 1 -W 0.1 2001:db8::1; do :; done
            """);
        var host = $"n{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}";
        Paths = new HostPaths(host, Path.Join(Path.GetTempPath(), host));
        Switch = new VirtualSwitch(Paths, Program);
    }

    internal HostPaths Paths { get; }

    internal VirtualSwitch Switch { get; }

    internal FakeMachine Base { get; }

    internal FakeMachine Client { get; }

    internal FakeMachine Machine()
    {
        var machine = new FakeMachine();
        _machines.Add(machine);
        return machine;
    }

    /// <summary>A server VM with its port.</summary>
    internal (FakeMachine Machine, ServerPort Port) Server(string name, int index, params PublishedPort[] publish)
    {
        var machine = Machine();
        return (machine, Attach(name, machine, index, publish));
    }

    internal ServerPort Attach(string name, FakeMachine machine, int index, params PublishedPort[] publish) =>
        Attach(name, machine, index, null, publish);

    internal ServerPort Attach(string name, FakeMachine machine, int index, UplinkSpec? uplink, params PublishedPort[] publish)
    {
        var port = Base.Run(() =>
        {
            Switch.Prepare();
            return Switch.AttachServer(name, machine.Pid, AddressPlan.For(Paths.Name, index), publish, uplink);
        });
        // The kernel lets a device that got its carrier send from a work queue of its own, which may take a moment; a VM's first
        // process takes longer to start.
        while (!machine.Output("ip", "-br", "link", "show", "dev", "eth0").Contains(" UP ", StringComparison.Ordinal))
            Thread.Sleep(1);
        return port;
    }

    /// <summary>An IDS VM with a mirror port.</summary>
    internal (FakeMachine Machine, MirrorPort Mirror) Ids(
        string server, string environment, FrameForm frames = FrameForm.Carried, bool always = false, bool strict = false)
    {
        var machine = Machine();
        return (machine, Base.Run(() => Switch.AttachMirror(server, environment, machine.Pid, "mon0", frames, always, strict)));
    }

    internal MirrorCounters Read(string server, string environment) => Base.Run(() => Switch.Read(server, environment))!;

    internal void SetFlag(string server, string environment, bool active) => Base.Run(() =>
    {
        using var map = new BpfMap(Switch.OpenFlagMap(server, environment));
        map.Write(0, active ? 1u : 0u);
    });

    public void Dispose()
    {
        Base.Run(Switch.RemoveAll);
        foreach (var machine in _machines)
            machine.Dispose();
        Client.Dispose();
        Base.Dispose();
    }

    internal string Program { get; } = FindProgram();

    private static string FindProgram()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            var program = Path.Join(directory, "artifacts/bpf/mirror.bpf.o");
            if (File.Exists(program))
                return program;
        }

        throw new FileNotFoundException("mirror.bpf.o: run 'make bpf' first");
    }
}
