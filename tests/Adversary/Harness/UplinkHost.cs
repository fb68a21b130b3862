using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>
/// A host whose server VM has all that arrives for the host, but for the observer's port, which the base keeps, and for what is published
/// for another server.
/// </summary>
public sealed class UplinkHost : IDisposable
{
    public const string Server = "all";
    public const string Other = "other";
    public const string Kept = "7777", Published = "5432";

    private readonly List<Place> _places = [];

    public UplinkHost()
    {
        Host = new TestHost();
        try
        {
            Host.Up($$"""
                servers:
                  {{Server}}:
                    base: host
                    run: [/usr/bin/sleep, infinity]
                    uplink: {host: {keep: [{{Kept}}, {{Kept}}/udp]} }
                  {{Other}}:
                    base: host
                    run: [/usr/bin/sleep, infinity]
                    publish: ["{{Published}}:7777", "{{Published}}:7777/udp"]
                """);
            Base = Add(Place.Native("base", Host.Network.Base));
            Client = Add(Place.Native("client", Host.Network.Client));
            Machine = Add(Place.Machine(Server, Host));
            OtherMachine = Add(Place.Machine(Other, Host));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TestHost Host { get; }

    public Place Base { get; } = null!;

    public Place Client { get; } = null!;

    public Place Machine { get; } = null!;

    public Place OtherMachine { get; } = null!;

    /// <summary>Runs an attacker's program as root in the server VM.</summary>
    public ToolResult Attack(string program, params IReadOnlyList<string> arguments) =>
        Host.Exec(Server, ["/usr/bin/python3", "-", "vm", .. arguments], Programs.Text(program), TestHost.CommandLimit);

    /// <summary>Runs a program of the client's.</summary>
    public static ToolResult From(string space, string program, params IReadOnlyList<string> arguments) =>
        Tool.Run("nsenter", TestNetwork.Enter(space, ["/usr/bin/python3", "-", "native", .. arguments]), Programs.Text(program), TestHost.CommandLimit);

    /// <summary>Who has been given a word by a socket, within a moment; null: nobody.</summary>
    public static Place? Receiver(string word, params IReadOnlyList<Place> places)
    {
        for (var i = 0; i < 40; i++)
        {
            Thread.Sleep(50);
            if (places.FirstOrDefault(p => p.Log.Split('\n').Any(l => l.StartsWith("GOT ", StringComparison.Ordinal) && l.EndsWith(word, StringComparison.Ordinal))) is { } place)
                return place;
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var place in _places)
            place.Dispose();
        Host.Dispose();
    }

    private Place Add(Place place)
    {
        _places.Add(place);
        place.Ensure();
        return place;
    }
}
