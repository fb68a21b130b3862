using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Mediator;

/// <summary>The same with a real IDS VM, its real filter, and the OCI runtime that delivers the listeners.</summary>
// One at a time: some compare which processes of VMs there are, and all use the same user ids.
[Collection("machines")]
public sealed class RuntimeTests : IDisposable
{
    private readonly MediatorHost _host = new();
    private readonly ScratchHost _machines = new();
    private readonly BpfMap _flag = BpfMap.CreateFlag();

    public void Dispose()
    {
        _machines.Dispose();
        _host.Dispose();
        _flag.Dispose();
    }

    [Fact]
    public void Machine_FirstProcessAndCommands_AreMediated()
    {
        using var page = new MappedPage(_flag.Descriptor);
        var created = _machines.Create(new MachinePlan
        {
            Name = "ids",
            Kind = MachineKind.Ids,
            FirstId = ScratchHost.Ids(0),
            Base = new BaseSpec { Host = true },
            // Its first act, before anybody else has done anything.
            Arguments = ["/usr/bin/python3", "-c", "import socket, time; s = socket.socket(17, 3); s.close(); time.sleep(600)"],
            SeccompListener = _host.Paths.SeccompSocket,
        });
        _host.Client.AddMirror(0, _flag.Descriptor, 1);
        using (var diag = HyperSpector.Engine.Mediator.DiagSocket.Create(created.Pid))
            _host.Client.SetDiagSocket(diag);
        _machines.Factory.Start("ids");
        _ = _host.WaitFor(s => s is { Listeners: 1, Traps: 1, Active: 1 });
        Assert.Equal(1u, page.Load());

        // It has ended its capture; nobody captures, so nothing is copied.
        _ = _host.WaitFor(s => s.Active == 0);

        Assert.Equal("made 1", Exec("import socket; s = socket.socket(17, 3); print('made', s.fileno() > 2 and 1)"));
        var status = _host.WaitFor(s => s is { Listeners: 1, Active: 1 });
        Assert.Equal(2UL, status.Traps);

        // The keeper dies: the first process and new commands go on.
        _host.KillKeeper();
        _host.StartAgain();
        Assert.Equal("made", Exec("import socket; socket.socket(17, 3); print('made')"));

        // Both die: the first process's listener is lost, yet new commands bring their own.
        using (var monitor = _host.Monitor())
        {
            _host.KillKeeper();
            _ = monitor.Process.Signal(9);
        }

        _host.StartAgain();
        Assert.Equal("made", Exec("import socket; socket.socket(17, 3); print('made')"));

        string Exec(string python)
        {
            var text = Tool.RunChecked(
                "runc",
                ["--root", _machines.Paths.RuntimeRoot, "exec", _machines.Paths.ContainerId("ids"), "/usr/bin/python3", "-c", python]);
            return text.Trim();
        }
    }
}
