using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>The paper's way of an uplink: the server VM has everything but what the base keeps, and but what is another server's.</summary>
public sealed class HostUplinkTests(UplinkHost site) : IClassFixture<UplinkHost>
{
    private static readonly string[] Addresses = [TestNetwork.BaseAddress4, TestNetwork.BaseAddress6];

    [Fact]
    public void Base_FromTheServer_IsClosed()
    {
        // From outside it is open: it keeps that port.
        var native = UplinkHost.From(site.Host.Network.Client, "network.py", ["tcp", UplinkHost.Kept, .. Addresses]);
        var tcp = site.Attack("network.py", ["tcp", UplinkHost.Kept, .. Addresses, "169.254.83.1"]);
        var published = site.Attack("network.py", ["tcp", UplinkHost.Published, .. Addresses]);
        var word = Scene.NewToken();
        var udp = site.Attack("network.py", ["udp", word, UplinkHost.Kept, .. Addresses, "169.254.83.1", "192.0.2.255"]);
        var receiver = UplinkHost.Receiver(word, site.Base, site.OtherMachine);

        var worked = native.Output.Contains(site.Base.Marker, StringComparison.Ordinal);
        var broken = $"{tcp.Output}{published.Output}".Contains(site.Base.Marker, StringComparison.Ordinal)
            || published.Output.Contains("ATTACK succeeded", StringComparison.Ordinal) ? $"{tcp.Output} {published.Output}" : receiver?.Name;
        Log(SpecialAttacks.HostBase, worked, $"{native}", broken, $"{Last(tcp)}; {Last(published)}; {Last(udp)}");
    }

    [Fact]
    public void KeptAndPublishedPorts_WhereTheServerListensThere_AreNotTheServers()
    {
        // What is nobody's is the server's: its observer sees the frame.
        var control = Scene.NewToken();
        _ = UplinkHost.From(site.Host.Network.Client, "network.py", "udp", control, "4711", TestNetwork.BaseAddress4);
        var worked = Sees(site.Machine, control);

        var wrong = new List<string>();
        foreach (var (port, owner) in new[] { (UplinkHost.Kept, site.Base), (UplinkHost.Published, site.OtherMachine) })
        {
            foreach (var address in Addresses)
            {
                var banner = UplinkHost.From(site.Host.Network.Client, "network.py", "tcp", port, address);
                if (!banner.Output.Contains(owner.Marker, StringComparison.Ordinal))
                    wrong.Add($"TCP {address} {port}: {Last(banner)}");
                var word = Scene.NewToken();
                _ = UplinkHost.From(site.Host.Network.Client, "network.py", "udp", word, port, address);
                if (UplinkHost.Receiver(word, site.Base, site.Machine, site.OtherMachine) is var got && got != owner)
                    wrong.Add($"UDP {address} {port}: {got?.Name ?? "nobody"}");
            }
        }

        Log(SpecialAttacks.HostKept, worked, "other ports are the server's", wrong.Count == 0 ? null : string.Join("; ", wrong), "the base and the other server got it all");
    }

    /// <summary>Its own packets leave under the host's address. From a kept port, they must not leave from that port: what comes back there is the base's.</summary>
    [Fact]
    public void KeptAndPublishedPorts_AfterPacketsOfTheServerFromThere_AreNotTheServers()
    {
        using var ordinary = new ShadowNetwork(site.Host.Name);
        var control = ordinary.Control();

        var mac = site.Host.Exec(UplinkHost.Server, "cat", "/sys/class/net/eth0/address").Output.Trim();
        var to = Scene.MacOf(site.Host.Network.Base, site.Host.Paths.Interface('p', UplinkHost.Server));
        var addresses = site.Host.Ps().Single(m => m.Name == UplinkHost.Server).Addresses;
        var wrong = new List<string>();
        var peer = 4000;
        using var silent = ShadowNetwork.Silence(site.Host.Network.Client);
        foreach (var (port, owner) in new[] { (UplinkHost.Kept, site.Base), (UplinkHost.Published, site.OtherMachine) })
        {
            foreach (var (own, client, host) in new[]
            {
                (addresses.First(a => !a.Contains(':', StringComparison.Ordinal)), TestNetwork.ClientAddress4, TestNetwork.BaseAddress4),
                (addresses.First(a => a.Contains(':', StringComparison.Ordinal)), TestNetwork.ClientAddress6, TestNetwork.BaseAddress6),
            })
            {
                foreach (var kind in (string[])["udp", "syn"])
                {
                    // Below the ports that a kernel of 5.17 or later protects by itself.
                    peer++;
                    _ = site.Attack("network.py", "frames", "eth0", Scene.NewToken(), $"{kind},{mac},{to},{own},{client},{peer},{port}");
                    var got = ShadowNetwork.Ask(site.Host.Network.Client, kind, host, port, peer, site.Base, site.Machine, site.OtherMachine);
                    if (got != owner.Name)
                        wrong.Add($"{kind} {host} {port}: {got}");
                }
            }
        }

        Log(SpecialAttacks.HostShadow, control is null, control ?? "an ordinary router's port was taken", wrong.Count == 0 ? null : string.Join("; ", wrong), "each got its own");
    }

    private static string Last(ToolResult result) => result.Output.Trim() is { Length: > 0 } said ? said.Split('\n')[^1] : $"{result}";

    private static bool Sees(Place place, string word)
    {
        for (var i = 0; i < 40; i++)
        {
            if (place.Log.Contains($"FRAME eth0 {word}", StringComparison.Ordinal))
                return true;
            Thread.Sleep(50);
        }

        return false;
    }

    private static void Log(Harness.Attack attack, bool worked, string control, string? broken, string result)
    {
        AttackLog.Write(
            attack, UplinkHost.Server, new Outcome(worked ? "succeeded" : "failed", control, null),
            broken is null ? $"refused: {result}" : $"succeeded: {broken}", broken is not null ? "broken" : worked ? "held" : "unproven");
        Assert.True(worked, $"the control did not work, so the attack proves nothing: {control}");
        Assert.Null(broken);
    }
}
