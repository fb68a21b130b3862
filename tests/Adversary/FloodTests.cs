using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>From outside: floods and malformed packets at the published port while IDS VMs watch; bounded in number.</summary>
[Collection(nameof(Scene))]
public sealed class FloodTests(Scene scene)
{
    private const int Frames = 20_000;

    [Fact]
    public void PublishedPort_FloodedFromOutside_ServesOnAndEveryFrameIsAccountedFor()
    {
        var web = scene.Machine(Scene.Web);
        var before = Mirror();
        var flood = Flood(scene.Host.Network, 8080);
        var harm = PortAttacks.Disturbed(scene) ?? scene.Harm(null);
        var banner = Tool.Run(
            "nsenter", TestNetwork.Enter(scene.Host.Network.Client, "/usr/bin/python3", "-", "native", "tcp", "8080", TestNetwork.BaseAddress4),
            Programs.Text("network.py"));
        if (!banner.Output.Contains(web.Marker, StringComparison.Ordinal))
            harm ??= $"the published port is no longer served: {banner}";
        var after = Mirror();
        var received = after.Received - before.Received;
        if (after.Received + after.Sent != after.Mirrored + after.Dropped + after.Idle)
            harm ??= $"not every frame is accounted for: {after}";
        // The control: without it nothing would have been flooded.
        var worked = received > Frames / 2;
        AttackLog.Write(
            SpecialAttacks.Flood, AttackLog.Elsewhere, new Outcome(worked ? "succeeded" : "failed", $"{received} frames came as far as the server", null),
            $"{flood}; {harm ?? "served, seen, and accounted for"}", harm is not null ? "broken" : worked ? "held" : "unproven");
        Assert.Contains("ATTACK done", flood, StringComparison.Ordinal);
        Assert.True(worked, $"only {received} of {Frames} frames came as far as the server");
        Assert.Null(harm);
    }

    private Api.Messages.MirrorStatus Mirror()
    {
        // The counters are per processor, and read one after another: wait for a quiet moment.
        var last = Now();
        for (var i = 0; i < 50; i++)
        {
            Thread.Sleep(200);
            var now = Now();
            if (now.Received == last.Received && now.Sent == last.Sent)
                return now;
            last = now;
        }

        return last;

        Api.Messages.MirrorStatus Now() => scene.Host.Status().Mirrors.Single(m => m is { Environment: Scene.Edge, Server: Scene.Web });
    }

    private static string Flood(TestNetwork network, int port)
    {
        var result = Tool.Run(
            "nsenter",
            TestNetwork.Enter(
                network.Client, "/usr/bin/python3", "-", "native", "flood", TestNetwork.ClientInterface, Scene.MacOf(network.Client, TestNetwork.ClientInterface),
                Scene.MacOf(network.Base, TestNetwork.BaseInterface), TestNetwork.ClientAddress4, TestNetwork.BaseAddress4, $"{port}", $"{Frames}"),
            Programs.Text("flood.py"), TestHost.CommandLimit);
        return result.Output.Trim() is { Length: > 0 } said ? said : result.ToString();
    }
}
