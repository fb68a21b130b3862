using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>A whole host whose filter is changed in the YAML file.</summary>
[Collection("network")]
public sealed class FilterUpTests : IDisposable
{
    private const string Site = """
        servers:
          web:
            run: [/bin/sleep, infinity]
        environments:
          edge:
            watch: [WATCH]
            run: [/usr/bin/tail, -f, /dev/null]
            capture: always
        """;

    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Up_WithAnotherFilter_ChangesItAloneAndStatusTells()
    {
        _host.Up(Site.Replace("WATCH", "{server: web, only: {protocol: tcp, ports: 80}}", StringComparison.Ordinal));
        var (first, pids, port) = (Mirror(), Pids(), Mon0());
        Assert.Equal([new PortRange(80, 80)], Assert.Single(first.Filter!.Only).Ports);
        Ping();
        Await(() => Mirror() is { LeftOut: >= 3 }, "pings are left out");
        Assert.Contains("only tcp port 80", Text(), StringComparison.Ordinal);

        // The same again; another one; none. Nothing is made anew, and the counts go on.
        _host.Up(Site.Replace("WATCH", "{server: web, only: {protocol: tcp, ports: 80}}", StringComparison.Ordinal));
        _host.Up(Site.Replace("WATCH", "{server: web, except: {protocol: udp}, sample: 1/3}", StringComparison.Ordinal));
        Assert.Equal(3, Mirror().Filter!.Sample);
        _host.Up(Site.Replace("WATCH", "web", StringComparison.Ordinal));
        var before = Mirror();
        Assert.Null(before.Filter);
        Ping();
        Await(() => Mirror().Mirrored >= before.Mirrored + 3, "pings are copied");

        var last = Mirror();
        Assert.Equal(before.LeftOut, last.LeftOut);
        Assert.Equal(0, last.Held);
        Assert.Equal((pids, port), (Pids(), Mon0()));
        Assert.Contains("everything now", Text(), StringComparison.Ordinal);

        // A daemon that takes over finds the filter.
        _host.Up(Site.Replace("WATCH", "{server: web, only: {protocol: tcp, ports: 80}}", StringComparison.Ordinal));
        _host.KillDaemon();
        _host.StartDaemon();
        Assert.Equal((pids, port), (Pids(), Mon0()));
        var adopted = Mirror();
        Ping();
        Await(() => Mirror().LeftOut >= adopted.LeftOut + 3, "pings are left out again");
    }

    private MirrorStatus Mirror() => _host.Status().Mirrors.Single();

    private string Pids() => string.Join(' ', _host.Status().Machines.Select(m => m.Pid));

    private string Mon0() => _host.Exec("edge", "ip", "-br", "link", "show", "dev", "mon0").Output;

    private string Text() => _host.Hyperspector("status").Output;

    private void Ping() => _ = _host.Exec("web", "sh", "-c", $"ping -c 3 -i 0.2 -W 1 {TestNetwork.ClientAddress4} || true");

    private static void Await(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + 30_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, what);
            Thread.Sleep(50);
        }
    }
}
