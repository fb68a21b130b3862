using System.Security.Cryptography;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>
/// Where the attacks take place: a test host with VMs of every kind, secrets in the base and in each VM, and an observer everywhere;
/// beside it a pair of ordinary network namespaces, where the controls of network attacks run.
/// </summary>
public sealed partial class Scene : IDisposable
{
    private readonly Lock _door = new();
    private readonly Dictionary<string, Place> _machines = [];
    private readonly Dictionary<string, Outcome> _controls = [];
    private Exception? _failure;
    private bool _up;
    private int _scratch;

    public Scene()
    {
        Host = new TestHost();
        try
        {
            Ordinary = new TestNetwork(Host.Name + "o");
            Directory = System.IO.Directory.CreateDirectory($"{Host.Prefix}/scene").FullName;
            Base = Place.Native("base", Host.Network.Base);
            Client = Place.Native("client", Host.Network.Client);
            OrdinaryBase = Place.Native("obase", Ordinary.Base);
            OrdinaryClient = Place.Native("oclient", Ordinary.Client);
            PlantSecrets();
            foreach (var place in Natives)
                place.Ensure();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TestHost Host { get; }

    /// <summary>Two namespaces without our switch in between.</summary>
    public TestNetwork Ordinary { get; } = null!;

    /// <summary>Throw-away files of the test.</summary>
    public string Directory { get; } = "";

    public Place Base { get; } = null!;

    public Place Client { get; } = null!;

    public Place OrdinaryBase { get; } = null!;

    public Place OrdinaryClient { get; } = null!;

    private IEnumerable<Place> Natives => new[] { Base, Client, OrdinaryBase, OrdinaryClient }.Where(p => p is not null);

    /// <summary>Every place whose observer runs.</summary>
    public IEnumerable<Place> Places => [.. Natives, .. _machines.Values];

    /// <summary>A VM, with its observer; brings up the site when it is needed first.</summary>
    public Place Machine(string name)
    {
        lock (_door)
        {
            BringUp();
            return _machines[name];
        }
    }

    /// <summary>The place in a network namespace of this machine.</summary>
    public Place? PlaceIn(string? space) =>
        space == Host.Network.Client ? Client : space == Ordinary.Client ? OrdinaryClient : space == Ordinary.Base ? OrdinaryBase : null;

    /// <summary>A new empty directory.</summary>
    public string Scratch() => System.IO.Directory.CreateDirectory($"{Directory}/{Interlocked.Increment(ref _scratch)}").FullName;

    /// <summary>A word that nobody has said before.</summary>
    public static string NewToken() => "HSTOKEN-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>The control of an attack; run once.</summary>
    public Outcome Control(Attack attack)
    {
        lock (_door)
        {
            if (!_controls.TryGetValue(attack.Id, out var outcome))
                _controls[attack.Id] = outcome = new Runner(this).Native(attack);
            return outcome;
        }
    }

    public void Dispose()
    {
        foreach (var place in Places)
            place.Dispose();
        Unplant();
        Ordinary?.Dispose();
        Host.Dispose();
    }

    private void BringUp()
    {
        if (_failure is not null)
            throw new IOException($"the site did not come up: {_failure.Message}", _failure);
        if (_up)
            return;
        try
        {
            PrepareSite();
            Host.Up(Site());
            foreach (var name in MachineNames)
            {
                var place = Place.Machine(name, Host);
                _machines[name] = place;
                place.Ensure();
            }

            _up = true;
        }
        catch (Exception failure)
        {
            _failure = failure;
            throw;
        }
    }
}

/// <summary>All attack tests share one scene and run one after another.</summary>
[CollectionDefinition(nameof(Scene))]
public sealed class SceneTests : ICollectionFixture<Scene>;
