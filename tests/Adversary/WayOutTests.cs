using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>
/// What must work, so that the attacks on the network prove something; and an attack from outside on what published ports open.
/// </summary>
[Collection(nameof(Scene))]
public sealed class WayOutTests(Scene scene)
{
    [Theory]
    [InlineData(TestNetwork.ClientAddress4)]
    [InlineData(TestNetwork.ClientAddress6)]
    public void Server_ToTheOutside_Arrives(string address)
    {
        _ = scene.Machine(Scene.Web);
        var token = Scene.NewToken();
        var result = scene.Host.Exec(
            Scene.Web, ["/usr/bin/python3", "-", "vm", "udp", token, "7777", address], Programs.Text("network.py"), TestHost.CommandLimit);
        Assert.True(Arrives(scene.Client, token), result.ToString());
        result = scene.Host.Exec(
            Scene.Web, ["/usr/bin/python3", "-", "vm", "tcp", "7777", address], Programs.Text("network.py"), TestHost.CommandLimit);
        Assert.Contains(scene.Client.Marker, result.Output, StringComparison.Ordinal);
        Assert.True(scene.Host.Exec(Scene.Web, "ping", "-c", "1", "-W", "2", address).Status.Succeeded);
    }

    [Theory]
    [InlineData(TestNetwork.BaseAddress4)]
    [InlineData(TestNetwork.BaseAddress6)]
    public void Outside_ToPublishedPort_ReachesTheServer(string address)
    {
        var web = scene.Machine(Scene.Web);
        var result = Tool.Run(
            "nsenter", TestNetwork.Enter(scene.Host.Network.Client, "/usr/bin/python3", "-", "native", "tcp", "8080", address),
            Programs.Text("network.py"));
        Assert.Contains(web.Marker, result.Output, StringComparison.Ordinal);
    }

    /// <summary>Serving published ports on the base's own 127.0.0.1 needs route_localnet, which has opened loopback to neighbours (CVE-2020-8558).</summary>
    [Fact]
    public void Outside_ToTheBasesLoopback_IsNotDelivered()
    {
        _ = scene.Machine(Scene.Web);
        var token = Scene.NewToken();
        var target = Scene.MacOf(scene.Host.Network.Base, TestNetwork.BaseInterface);
        var own = Scene.MacOf(scene.Host.Network.Client, TestNetwork.ClientInterface);
        var result = Tool.Run(
            "nsenter",
            TestNetwork.Enter(scene.Host.Network.Client, "/usr/bin/python3", "-", "native", "frames", TestNetwork.ClientInterface, token,
                $"udp,{own},{target},{TestNetwork.ClientAddress4},127.0.0.1", $"udp,{own},{target},127.0.0.1,127.0.0.1"),
            Programs.Text("network.py"));
        Assert.Contains("ATTACK done", result.Output, StringComparison.Ordinal);
        Assert.False(Arrives(scene.Base, token));
    }

    private static bool Arrives(Place place, string token)
    {
        for (var i = 0; i < 20; i++)
        {
            Thread.Sleep(50);
            if (place.Log.Split('\n').Any(l => l.StartsWith("GOT", StringComparison.Ordinal) && l.EndsWith(token, StringComparison.Ordinal)))
                return true;
        }

        return false;
    }
}
