using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>
/// A server on the network of a NIC, where nothing puts packets together on their way, and an IDS that wants to see its UDP at port 7777 alone:
/// whatever the one side's kernel takes for that, the IDS has seen, however it was wrapped up.
/// </summary>
[Collection(nameof(Scene))]
public sealed class HidingTests(Scene scene)
{
    private const string Port = "7777", LeftOut = "9999";

    private static readonly string[] Forms4 = ["", "pieces/", "late/pieces/", "nops/", "route4/"];

    // A VM with addresses of the file sends no tags; its neighbours may.
    private static readonly string[] Tags = ["tag0/", "tag0/tag0/", "tag0/tag0/tag0/", "tag0/pieces/"];

    private static readonly string[] Forms6 =
    [
        "", "hop/", "destination/", string.Concat(Enumerable.Repeat("destination/", 10)), "routing/", "atomic/", "pieces/", "late/pieces/", "pieces/destination/",
        "hop/pieces/", "hop/routing/destination/", "destination/atomic/",
    ];

    [Fact]
    public void Datagrams_OfTheServer_InDisguise_AreSeen()
    {
        _ = scene.Machine(Scene.Lan);
        var mac = scene.MacInside(Scene.Lan, "eth0");
        var to = Scene.MacOf(scene.Host.Network.Client, TestNetwork.NicOfClient);
        Try(
            Scene.Lan, scene.Client, Disguised(mac, to, Scene.Lan4, TestNetwork.NicClientAddress4, Scene.Lan6, TestNetwork.NicClientAddress6, Forms4),
            $"udp,{mac},{to},{Scene.Lan4},{TestNetwork.NicClientAddress4},{LeftOut}",
            words => scene.Host.Exec(Scene.Lan, ["/usr/bin/python3", "-", "vm", "hide", "eth0", .. words], Programs.Text("hiding.py"), TestHost.CommandLimit));
    }

    [Fact]
    public void Datagrams_ToTheServer_InDisguise_AreSeen()
    {
        _ = scene.Machine(Scene.Lan);
        var mac = Scene.MacOf(scene.Host.Network.Client, TestNetwork.NicOfClient);
        var to = scene.MacInside(Scene.Lan, "eth0");
        Try(
            AttackLog.Elsewhere, scene.Machine(Scene.Lan),
            Disguised(mac, to, TestNetwork.NicClientAddress4, Scene.Lan4, TestNetwork.NicClientAddress6, Scene.Lan6, [.. Forms4, .. Tags]),
            $"udp,{mac},{to},{TestNetwork.NicClientAddress4},{Scene.Lan4},{LeftOut}",
            words => Native(scene.Host.Network.Client, TestNetwork.NicOfClient, words));
    }

    /// <summary>A macvlan's network is the NIC's; what comes by it is the VM's, whatever address of the base it names.</summary>
    [Fact]
    public void Base_AskedThroughTheServersPartOfItsNic_HearsNothing()
    {
        _ = scene.Machine(Scene.Lan);
        var to = scene.MacInside(Scene.Lan, "eth0");
        var control = Ask(
            scene.Ordinary.Client, TestNetwork.ClientInterface, Scene.MacOf(scene.Ordinary.Base, TestNetwork.BaseInterface), scene.OrdinaryBase,
            TestNetwork.ClientAddress4, [TestNetwork.BaseAddress4]);
        var broken = Ask(
            scene.Host.Network.Client, TestNetwork.NicOfClient, to, scene.Base, TestNetwork.NicClientAddress4,
            [TestNetwork.NicAddress4, TestNetwork.BaseAddress4, "127.0.0.1", "169.254.83.1", .. scene.AddressesOf(Scene.Web).Where(a => !a.Contains(':', StringComparison.Ordinal))])
            ?? Ask(
                scene.Host.Network.Client, TestNetwork.NicOfClient, to, scene.Base, TestNetwork.NicClientAddress6,
                [TestNetwork.NicAddress6, TestNetwork.BaseAddress6, "fe80::1", "::1"]);

        AttackLog.Write(
            SpecialAttacks.ReachBaseBesideNic, AttackLog.Elsewhere, new Outcome(control is null ? "failed" : "succeeded", control ?? "", null),
            broken is null ? "refused: the base heard nothing" : $"succeeded: {broken}", broken is not null ? "broken" : control is null ? "unproven" : "held");
        Assert.NotNull(control);
        Assert.Null(broken);
    }

    private static List<string> Disguised(string mac, string to, string source4, string target4, string source6, string target6, IReadOnlyList<string> forms4) =>
        [.. forms4.Select(f => $"{f}udp,{mac},{to},{source4},{target4},{Port}"), .. Forms6.Select(f => $"{f}udp,{mac},{to},{source6},{target6},{Port}")];

    private void Try(string from, Place receiver, List<string> disguised, string leftOut, Func<IReadOnlyList<string>, ToolResult> send)
    {
        var ids = scene.Machine(Scene.Sift);
        // An ordinary host takes them all: else there would be nothing to hide.
        var ordinary = Native(scene.Ordinary.Base, TestNetwork.BaseInterface, Worded(Disguised(
            Scene.MacOf(scene.Ordinary.Base, TestNetwork.BaseInterface), Scene.MacOf(scene.Ordinary.Client, TestNetwork.ClientInterface), TestNetwork.BaseAddress4,
            TestNetwork.ClientAddress4, TestNetwork.BaseAddress6, TestNetwork.ClientAddress6, [.. Forms4, .. Tags]), out var known));
        var takenNatively = Taken(scene.OrdinaryClient, known);

        var said = send(Worded([.. disguised, leftOut], out var words));
        var taken = Taken(receiver, words);
        var unseen = Eventually(() => taken.Where(w => !Saw(ids, w)).ToList(), u => u.Count == 0);
        var hidden = Saw(ids, words[^1]) ? "what is left out is seen, so that nothing was tried" : null;
        var harm = unseen.Count > 0 ? "unseen: " + string.Join(' ', unseen.Select(w => disguised[words.IndexOf(w)])) : null;
        // Source routes are not everywhere taken, nor are tags.
        var worked = takenNatively.Count >= Forms6.Length && taken.Count >= Forms6.Length;
        AttackLog.Write(
            SpecialAttacks.HideFromFilter, from, new Outcome(worked ? "succeeded" : "failed", $"{takenNatively.Count} of {known.Count} disguises are taken off", null),
            $"{(harm is null ? "refused" : "succeeded")}: {taken.Count} of {disguised.Count} were taken, {harm ?? "all seen"}",
            harm is not null ? "broken" : worked && hidden is null ? "held" : "unproven");
        Assert.True(worked, $"{takenNatively.Count} of {known.Count} natively, {taken.Count} of {disguised.Count} here: {ordinary} {said}");
        Assert.Null(hidden);
        Assert.Null(harm);
    }

    private static IReadOnlyList<string> Worded(List<string> frames, out List<string> words)
    {
        var tokens = frames.ConvertAll(_ => Scene.NewToken());
        words = tokens;
        return [.. frames.Select((f, i) => $"{tokens[i]}={f}")];
    }

    private static ToolResult Native(string space, string device, IReadOnlyList<string> words) => Tool.Run(
        "nsenter", TestNetwork.Enter(space, ["/usr/bin/python3", "-", "native", "hide", device, .. words]), Programs.Text("hiding.py"), TestHost.CommandLimit);

    /// <summary>Those of the words that a socket of that place was given; when no more come.</summary>
    private static List<string> Taken(Place place, List<string> words)
    {
        var last = -1;
        return Eventually(() => words.Where(w => place.Log.Split('\n').Any(l => l.StartsWith("GOT ", StringComparison.Ordinal) && l.EndsWith(w, StringComparison.Ordinal))).ToList(), Settled);

        bool Settled(List<string> now)
        {
            var settled = now.Count == last && now.Count > 0;
            last = now.Count;
            return settled;
        }
    }

    private static bool Saw(Place ids, string word) => ids.Log.Contains($"FRAME mon0 {word}", StringComparison.Ordinal);

    private static T Eventually<T>(Func<T> look, Predicate<T> enough, int milliseconds = 10_000)
    {
        T seen;
        var end = Environment.TickCount64 + milliseconds;
        do
        {
            Thread.Sleep(300);
            seen = look();
        }
        while (!enough(seen) && Environment.TickCount64 < end);
        return seen;
    }

    private static string? Ask(string space, string device, string to, Place place, string source, IReadOnlyList<string> targets)
    {
        var own = Scene.MacOf(space, device);
        var word = Scene.NewToken();
        _ = Native(space, device, [.. targets.Select(t => $"{word}=udp,{own},{to},{source},{t}")]);
        return Eventually(() => place.Log.Split('\n').FirstOrDefault(l => l.StartsWith("GOT ", StringComparison.Ordinal) && l.EndsWith(word, StringComparison.Ordinal)), l => l is not null, 1000);
    }
}
