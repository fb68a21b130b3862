using System.Text;
using System.Text.Json;
using CsCheck;
using HyperSpector.Api;
using HyperSpector.Engine.Hosts;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Protocol;

/// <summary>
/// Bodies and queries at the daemon's socket, as the daemon reads them. The socket itself, with any bytes at all and a daemon behind it, is
/// the subject of tests/Life/ProtocolTests.
/// </summary>
public class RequestTargets
{
    /// <summary>A site with about everything in it.</summary>
    internal const string Site = """
        {"servers":{"web":{"machine":{"base":{"host":true,"allow":["/opt"]},"run":["/bin/server","-p"],"environment":{"A":"b"},"user":"1000:1000","workingDirectory":"/srv",
        "volumes":[{"source":"/data","target":"/data","readOnly":true}],"stopSignal":"SIGTERM","restart":"onFailure","resources":{"cpus":1.5,"memory":536870912,"pids":100},
        "tmpfs":[{"target":"/tmp","size":65536}],"ulimits":[{"name":"nofile","soft":1,"hard":2}],"capAdd":["CAP_CHOWN"],"devices":["/dev/kvm"],"secrets":[{"source":"/key","name":"key"}],
        "health":{"run":["/bin/true"],"interval":"00:00:30","retries":3}},"publish":[{"hostPort":80,"machinePort":8080,"protocol":"tcp"}],"dependsOn":[{"server":"db","until":"healthy"}],
        "start":"captured","startWithin":"00:02:00"},"db":{"machine":{"base":{"image":{"layout":"/l","tag":"t","manifest":"sha256:00","layers":[{"digest":"sha256:00","size":1,"packing":"gzip",
        "unpacked":"sha256:00"}]}},"run":["/bin/db"]},"uplink":{"nic":"eth1","addresses":["192.0.2.1/24"],"keep":[{"port":22,"protocol":"tcp"}]}}},
        "environments":{"edge":{"machine":{"base":{"directory":"/root"},"run":[]},"watch":["web","db"],"filters":{"web":{"only":[{"direction":"in","protocols":[6],"ports":[{"first":1,"last":2}],
        "networks":["192.0.2.0/24"]}],"sample":10}},"packs":[{"name":"suricata","directory":"/packs/suricata","apt":{"packages":["suricata"]},"files":[{"source":"a","target":"/a"}],
        "run":[{"name":"s","arguments":["/bin/s"]}],"outputs":[{"path":"/var/log/s/eve.json","format":"eve","reopen":"HUP","limit":1}],"options":{"a":"b"}}],"frames":"wire","capture":"always","netAdmin":true}}}
        """;

    private const string Build = """{"packs":[{"name":"suricata","directory":"/packs/suricata","run":[{"name":"s","arguments":["/bin/s"]}]}],"base":{"host":true}}""";

    [Fact]
    public void Site_AnyBody_IsSoundOrRefusedInOneLine() => Target.Run(Bodies(Site), bytes =>
    {
        if (Requests.Site(bytes, out var problem) is not { } site)
        {
            Properties.IsOneLine(problem);
            return;
        }

        Assert.Equal("", problem);
        Assert.All(site.Servers.Keys.Concat(site.Environments.Keys).Concat(site.Environments.Values.SelectMany(e => e.Packs).Select(p => p.Name)), IsName);
        Assert.Empty(site.Servers.Keys.Intersect(site.Environments.Keys));
        Assert.All(site.Environments.Values, e => Assert.All(e.Watch, w => Assert.Contains(w, site.Servers.Keys)));
        Assert.All(site.Servers.Values, s => Assert.All(s.DependsOn, d => Assert.Contains(d.Server, site.Servers.Keys)));
        // Nothing is null that the types say is not: it is written down and read again, by host.json's rules, too.
        var again = JsonSerializer.SerializeToUtf8Bytes(site, ApiJson.Default.SiteSpec);
        Assert.NotNull(Requests.Site(again, out _));
        Assert.NotNull(SiteDiff.Between(new Dictionary<string, MachineRecord>(), site));
    }, few: 10_000);

    [Fact]
    public void Packs_AnyBody_AreSoundOrRefusedInOneLine() => Target.Run(Bodies(Build), bytes =>
    {
        if (Requests.Packs(bytes, out var problem) is { } request)
            Assert.All(request.Packs, p => IsName(p.Name));
        else
            Properties.IsOneLine(problem);
    }, few: 10_000);

    [Fact]
    public void Tail_AnyText_IsACountOrAll() => Target.Run(Corpus.Around("10", "-1", "+5", "2147483648", " 7").Select(Encoding.UTF8.GetString), text =>
    {
        if (Requests.Tail(text) is { } count)
            Assert.True(count >= 0 && text.TrimEnd('\0').All(char.IsAsciiDigit)); // .NET passes over NUL at the end of a number
    }, few: 30_000);

    [Fact]
    public void Explain_AnyMachine_IsOneLine() => Target.Run(Gen.String, machine => Properties.IsOneLine(Stopped.Value.Explain(machine)), few: 2_000);

    private static readonly Lazy<SiteController> Stopped = new(() => new SiteController(new HostPaths("fuzz", "/nowhere"), _ => { }));

    private static Gen<byte[]> Bodies(string seed) => Gen.Frequency((1, Corpus.Around(400, Encoding.UTF8.GetBytes(seed))), (3, JsonTrees.Around(seed)));

    private static void IsName(string name) => Assert.Matches(@"^[a-z][a-z0-9-]{0,31}\z", name);
}
