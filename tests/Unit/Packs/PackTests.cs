using HyperSpector.Api.Site;
using HyperSpector.Engine.Packs;
using HyperSpector.Tests.Unit.Configuration;
using Xunit;

namespace HyperSpector.Tests.Unit.Packs;

public sealed class PackTests : IDisposable
{
    private readonly Loading _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Ensure_WithoutSoftwareToFetch_AsksNothingOfTheBase()
    {
        var store = new PackStore(new HyperSpector.Engine.Hosts.HostPaths(prefix: "/nowhere"), null!);
        var pack = new PackSpec { Name = "by-hand", Directory = "/nowhere" };

        // A base without a package database.
        Assert.Empty(store.Ensure([pack], new BaseSpec { Directory = "/nowhere" }, _ => { }, CancellationToken.None));
    }

    [Theory]
    [InlineData("aide")]
    [InlineData("chkrootkit")]
    [InlineData("clamav")]
    [InlineData("integrity")]
    [InlineData("suricata")]
    [InlineData("tcpdump")]
    [InlineData("tripwire")]
    [InlineData("yara")]
    public void ShippedPack_Loaded_HasNoProblem(string name)
    {
        var result = PackLoader.Load(SourceTree.Root($"packs/{name}"));

        Assert.Empty(result.Problems);
        Assert.Equal(name, result.Pack!.Name);
        Assert.NotEmpty(result.Pack.Description);
    }

    [Fact]
    public void Suricata_WithTwoMirrors_CapturesFromBothWithTheUsersOptions()
    {
        var pack = PackLoader.Load(SourceTree.Root("packs/suricata")).Pack!;
        pack = pack with { Options = new Dictionary<string, string>(pack.Options) { ["home_net"] = "[192.0.2.0/24]" } };

        var file = PackInstall.Files(pack, new PackSurroundings(["mon-web", "mon-db"], ["web", "db"])).Single(f => f.Path == "/etc/suricata/hyperspector.yaml");

        Assert.Contains("  - interface: mon-web\n    threads: auto\n    cluster-id: 90\n", file.Content, StringComparison.Ordinal);
        Assert.Contains("  - interface: mon-db\n    threads: auto\n    cluster-id: 91\n", file.Content, StringComparison.Ordinal);
        Assert.Contains("HOME_NET: \"[192.0.2.0/24]\"\n", file.Content, StringComparison.Ordinal);
        Assert.DoesNotContain("${", file.Content, StringComparison.Ordinal);
        Assert.DoesNotContain("\n# end", file.Content, StringComparison.Ordinal);
    }

    [Fact]
    public void Pack_EveryKey_ArrivesInTheSpec()
    {
        _ = _files.Write("p/files/conf/a.conf", "x");
        _ = _files.Write("p/pack.yaml", """
            description: Watches
            apt: {packages: [libpcap0.8, tcpdump], suite: bookworm-backports}
            files: {conf/: /etc/p/}
            run:
              main: /usr/bin/p -i ${mirrors} --level=${level}
            schedule:
              scan: {run: "/usr/bin/s ${server} ${level}", every: 90m}
            outputs: [{path: /var/log/p/out.log, format: lines}]
            net_admin: true
            options: {level: 3}
            """);

        var result = PackLoader.Load(Path.Join(_files.Root, "p"));

        Assert.Empty(result.Problems);
        var pack = result.Pack!;
        Assert.Equal(("p", "Watches", true), (pack.Name, pack.Description, pack.NetAdmin));
        Assert.Equal(["libpcap0.8", "tcpdump"], pack.Apt!.Packages);
        Assert.Equal("bookworm-backports", pack.Apt.Suite);
        Assert.Equal([new PackFile("conf", "/etc/p")], pack.Files);
        Assert.Equal("/etc/p/a.conf", Assert.Single(PackInstall.Files(pack, PackSurroundings.None)).Path);
        Assert.Equal([new PackOutput("/var/log/p/out.log", "lines")], pack.Outputs);
        Assert.Equal("3", pack.Options["level"]);
        Assert.Equal(["/usr/bin/p", "-i", "${mirrors}", "--level=${level}"], pack.Run.Single().Arguments);
        var task = pack.Schedule.Single();
        Assert.Equal(("scan", "90m"), (task.Name, task.Every));
        Assert.Equal(["/usr/bin/s", "${server}", "${level}"], task.Arguments);
    }

    [Fact]
    public void Schedule_WithTheUsersInterval_IsOneCommandForEachServerThatItNames()
    {
        _ = _files.Write("packs/p/pack.yaml", """
            schedule:
              all: {run: [/all], every: 2h}
              scan: {run: [/scan, "${server}", "${serverfs}", "${dserverfs}"], every: "${every}"}
            options: {every: 1h}
            """);

        var pack = _files.Load("environments:\n  edge:\n    packs: [{name: p, options: {every: 5m}}]\n").Site!.Environments["edge"].Packs.Single();

        var several = PackInstall.Scheduled(pack, new PackSurroundings(["mon-a", "mon-b"], ["a", "b"]));
        Assert.Equal(["all", "scan-a", "scan-b"], several.Select(c => c.Name));
        Assert.Equal([TimeSpan.FromHours(2), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5)], several.Select(c => c.Every!.Value));
        Assert.Equal(["/scan", "b", "/.serverfs/b", "/.dserverfs/b"], several[2].Arguments);
        var one = PackInstall.Scheduled(pack, new PackSurroundings(["mon0"], ["a"]))[1];
        Assert.Equal("scan", one.Name);
        Assert.Equal(["/scan", "a", "/.serverfs", "/.dserverfs"], one.Arguments);
        Assert.Equal("all", Assert.Single(PackInstall.Scheduled(pack, PackSurroundings.None)).Name);
    }

    [Fact]
    public void Schedule_WithAnIntervalThatIsNone_IsToldWhereTheUserWroteIt()
    {
        _ = _files.Write("packs/p/pack.yaml", "schedule:\n  p: {run: [/p], every: '${every}'}\noptions: {every: 1h}\n");

        var problem = Assert.Single(_files.Load("environments:\n  edge:\n    packs: [{name: p, options: {every: often}}]\n").Problems);

        Assert.Equal((3, "schedule: p: every: expected a time with its unit, e.g. 500ms, 30s or 2m, found 'often'"), (problem.Line, problem.Message));
    }

    [Fact]
    public void Template_ForEachServer_NamesItsViews()
    {
        _ = _files.Write("p/files/c", "first ${serverfs}\n# each server\ncheck ${server} ${serverfs} ${dserverfs}\n# end\n");
        _ = _files.Write("p/pack.yaml", "files: {c: /etc/c}\n");
        var pack = PackLoader.Load(Path.Join(_files.Root, "p")).Pack!;

        Assert.Equal("first /.serverfs\ncheck web /.serverfs /.dserverfs\n", Text(["web"]));
        Assert.Equal("first /.serverfs/a\ncheck a /.serverfs/a /.dserverfs/a\ncheck b /.serverfs/b /.dserverfs/b\n", Text(["a", "b"]));
        Assert.Equal("first /.serverfs\n", Text([]));

        string Text(IReadOnlyList<string> servers) => PackInstall.Files(pack, new PackSurroundings([], servers)).Single().Content;
    }

    [Fact]
    public void PackOptions_OfTheUser_StandInItsCommand()
    {
        _ = _files.Write("packs/p/pack.yaml", "run:\n  p: [/usr/bin/p, '${mirrors}', 'if=${mirror}', '--${level}']\noptions: {level: low}\n");

        var site = _files.Load("environments:\n  edge:\n    packs: [{name: p, options: {level: high}}]\n").Site!;

        var command = site.Environments["edge"].Packs.Single().Run.Single();
        Assert.Equal(["/usr/bin/p", "mon-a", "mon-b", "if=mon-a", "--high"], PackInstall.Arguments(command.Arguments, new PackSurroundings(["mon-a", "mon-b"], [])));
    }

    [Fact]
    public void File_ExecutableInThePack_StaysSo()
    {
        var script = _files.Write("p/files/run.sh", "#!/bin/sh\necho ${HOME} $1\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _ = _files.Write("p/pack.yaml", "files: {run.sh: /opt/run.sh}\n");

        var file = PackInstall.Files(PackLoader.Load(Path.Join(_files.Root, "p")).Pack!, PackSurroundings.None).Single();

        Assert.Equal(("/opt/run.sh", "#!/bin/sh\necho ${HOME} $1\n", 0x1ED), (file.Path, file.Content, file.Mode));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("inner/passwd")]
    [InlineData("outer")]
    public void File_ThroughASymbolicLink_IsRefused(string source)
    {
        _ = _files.Write("p/files/outer/a", "x");
        _ = File.CreateSymbolicLink(Path.Join(_files.Root, "p/files/link"), "/etc/passwd");
        _ = File.CreateSymbolicLink(Path.Join(_files.Root, "p/files/inner"), "/etc");
        _ = File.CreateSymbolicLink(Path.Join(_files.Root, "p/files/outer/b"), "/etc");
        _ = _files.Write("p/pack.yaml", $"files: {{{source}: /opt/x}}\n");

        var problem = Assert.Single(PackLoader.Load(Path.Join(_files.Root, "p")).Problems);

        Assert.Contains("symbolic link", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pack_InTwoDirectories_IsThatOfTheLater()
    {
        _ = _files.Write("system/p/pack.yaml", "run: {old: [/old]}\n");
        _ = _files.Write("packs/p/pack.yaml", "run: {new: [/new]}\n");
        var path = _files.Write("hyperspector.yaml", "environments:\n  edge:\n    packs: [p]\n");

        var site = Engine.Configuration.SiteLoader.Load(path, [Path.Join(_files.Root, "system")], _files.Variables).Site!;

        Assert.Equal("new", site.Environments["edge"].Packs.Single().Run.Single().Name);
    }
}
