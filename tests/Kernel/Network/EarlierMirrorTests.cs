using System.Net.Sockets;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Mirror;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>A mirror that an earlier version made, whose programs know of no filter, is given one while somebody captures from it.</summary>
[Collection("network")]
public sealed class EarlierMirrorTests : IDisposable
{
    private readonly SwitchBench _bench = new();
    private readonly string _object = Path.Join(Path.GetTempPath(), $"hs-earlier-{Guid.NewGuid():N}.o");

    public void Dispose()
    {
        _bench.Dispose();
        File.Delete(_object);
    }

    [Fact]
    public void Mirror_OfAVersionWithoutFilters_GetsOneWhereItIs()
    {
        var (server, port) = _bench.Server("web", 0);
        var (ids, made) = _bench.Ids("web", "edge", always: true);
        var mirror = _bench.Paths.Interface('m', "edge/web");
        _bench.Base.Run(() => PutEarlierProgramsInPlace(mirror, port.Interface));
        using var capture = new Capture(ids, "mon0");
        using var outside = Traffic.ServeUdp(_bench.Client, 9000);
        Assert.NotNull(Traffic.Reach(server, ProtocolType.Udp, "192.0.2.2", 9000));

        // As a daemon does that takes over: first what was, then what the file says now.
        var adopted = Attach(null);
        Assert.Equal((false, made.FlagMapId), (adopted.Created, adopted.FlagMapId));
        var before = _bench.Read("web", "edge");
        Assert.True(before is { Mirrored: > 0, LeftOut: 0 });
        Assert.False(Attach(new FilterSpec { Only = [new FilterRule { Ports = [new(80, 80)] }] }).Created);
        Traffic.Send(server, null, "192.0.2.2", 9001, "left out"u8.ToArray());
        Traffic.Send(server, null, "192.0.2.2", 9002, "left out"u8.ToArray());
        var after = _bench.Read("web", "edge");
        Assert.False(Attach(null).Created);
        Traffic.Send(server, null, "192.0.2.2", 9003, "copied"u8.ToArray());

        Assert.InRange(after.LeftOut, 2, 22);
        Assert.InRange(after.Mirrored, before.Mirrored, before.Mirrored + 5);
        Assert.Equal(0, after.Held);
        var seen = capture.Stop();
        Assert.Contains(seen, f => f.Text.EndsWith(Convert.ToHexString("copied"u8), StringComparison.Ordinal));
        Assert.DoesNotContain(seen, f => f.Text.EndsWith(Convert.ToHexString("left out"u8), StringComparison.Ordinal));
        Assert.NotNull(Traffic.Reach(server, ProtocolType.Udp, "192.0.2.2", 9000));

        MirrorPort Attach(FilterSpec? filter) => _bench.Base.Run(() => _bench.Switch.AttachMirror("web", "edge", ids.Pid, "mon0", FrameForm.Carried, true, false, filter));
    }

    // On the same maps, but for those of filters, which go with the programs that knew them.
    private void PutEarlierProgramsInPlace(string mirror, string port)
    {
        var include = $"-I/usr/include/{Tool.RunChecked("uname", ["-m"]).Trim()}-linux-gnu";
        _ = Tool.RunChecked(
            "clang", ["-target", "bpf", "-O2", "-g", include, "-c", Path.Join(AppContext.BaseDirectory, "Network/Earlier/mirror.bpf.c"), "-o", _object],
            timeout: TimeSpan.FromMinutes(2));
        using var present = TrafficControl.Find(Interfaces.IndexOf(mirror), TrafficDirection.Ingress, 1)!;
        using var flag = present.FindMap("hs_flag")!;
        using var target = present.FindMap("hs_target")!;
        using var counters = present.FindMap("hs_counters")!;
        using var gate = PortGate.Find(port)!;
        using var loaded = BpfObject.Open(_object);
        loaded.Reuse("hs_flag", flag);
        loaded.Reuse("hs_target", target);
        loaded.Reuse("hs_counters", counters);
        loaded.Reuse(PortGate.MapName, gate.Map);
        loaded.Load();
        using var refuse = loaded.Program("hs_refuse");
        refuse.Bind(flag);
        refuse.Bind(target);
        using var toServer = loaded.Program("hs_to_server");
        using var fromServer = loaded.Program("hs_from_server");
        TrafficControl.Replace(Interfaces.IndexOf(port), TrafficDirection.Egress, 1, toServer);
        TrafficControl.Replace(Interfaces.IndexOf(port), TrafficDirection.Ingress, 1, fromServer);
        TrafficControl.Replace(Interfaces.IndexOf(mirror), TrafficDirection.Ingress, 1, refuse);
    }
}
