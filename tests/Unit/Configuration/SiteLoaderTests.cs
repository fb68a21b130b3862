using HyperSpector.Api.Site;
using Xunit;

namespace HyperSpector.Tests.Unit.Configuration;

public sealed class SiteLoaderTests : IDisposable
{
    private readonly Loading _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void ExampleOfTheIssue_WithItsPack_GivesTheWholeSite()
    {
        _ = _files.Write("packs/suricata/pack.yaml", "apt: {packages: [suricata]}\nnet_admin: true\n");

        var result = _files.Load("""
            servers:
              web:
                base: host                  # or a directory
                run: [/usr/sbin/nginx, -g, "daemon off;"]
                publish: ["8080:80"]
            environments:                   # each has one IDS VM on this host (MOD-2)
              edge:
                watch: [web]
                packs: [suricata]           # ready profiles; or base/run/… by hand
            """);

        Assert.Empty(result.Problems);
        var web = result.Site!.Servers["web"];
        Assert.True(web.Machine.Base.Host);
        Assert.Equal(["/usr/sbin/nginx", "-g", "daemon off;"], web.Machine.Run);
        Assert.Equal([new PublishedPort(null, 8080, 80, "tcp")], web.Publish);
        var edge = result.Site.Environments["edge"];
        Assert.Equal(["web"], edge.Watch);
        Assert.Equal("suricata", Assert.Single(edge.Packs).Name);
        Assert.Equal(Path.Join(_files.Root, "packs/suricata"), edge.Packs[0].Directory);
        Assert.True(edge.Machine.Base.Host);
        Assert.True(edge.NetAdmin, "what a pack needs its VM gets");
    }

    [Fact]
    public void EveryKey_WellFormed_ArrivesInTheSpec()
    {
        _ = Directory.CreateDirectory(Path.Join(_files.Root, "rootfs"));
        _ = Directory.CreateDirectory(Path.Join(_files.Root, "data"));
        _files.Variables["PORT"] = "9000";

        var result = _files.Load("""
            servers:
              db:
                base: ./rootfs
                run: /usr/bin/db --name 'two words' "it's" plain\ space
                environment: {A: 1, EMPTY: "", DEBUG: true, PRICE: "5 $$"}
                user: "33:33"
                working_dir: /srv//db/
                volumes: ["data:/data:ro", {source: data, target: /more}]
                restart: on-failure
                resources: {cpus: 1.5, memory: 512M, pids: 100}
                publish: ["${PORT}:80", "127.0.0.1:53:5353/udp", "[::0:1]:${OTHER:-81}:80/tcp"]
              app:
                base: {host: {allow: [/usr/share]}}
                run: [app]
                uplink: {host: {keep: [22, 51820/udp, 22/tcp]}}
                environment: [A=b=c]
                restart: no
            environments:
              by-hand:
                base: host
                run: [tcpdump, -i, mon0]
                watch: [db]
                frames: wire
                capture: always
                net_admin: true
            """);

        Assert.Empty(result.Problems);
        var db = result.Site!.Servers["db"];
        Assert.Equal(Path.Join(_files.Root, "rootfs"), db.Machine.Base.Directory);
        Assert.Equal(["/usr/bin/db", "--name", "two words", "it's", "plain space"], db.Machine.Run);
        Assert.Equal(new Dictionary<string, string> { ["A"] = "1", ["EMPTY"] = "", ["DEBUG"] = "true", ["PRICE"] = "5 $" }, db.Machine.Environment);
        Assert.Equal(("33:33", "/srv/db"), (db.Machine.User, db.Machine.WorkingDirectory));
        var data = Path.Join(_files.Root, "data");
        Assert.Equal([new VolumeSpec(data, "/data", true), new VolumeSpec(data, "/more", false)], db.Machine.Volumes);
        Assert.Equal(RestartPolicy.OnFailure, db.Machine.Restart);
        Assert.Equal(new ResourceSpec { Cpus = 1.5, Memory = 512L << 20, Pids = 100 }, db.Machine.Resources);
        Assert.Equal(
            [new PublishedPort(null, 9000, 80, "tcp"), new("127.0.0.1", 53, 5353, "udp"), new("::1", 81, 80, "tcp")], db.Publish);
        Assert.Equal([new KeptPort(22, "tcp"), new KeptPort(51820, "udp")], result.Site.Servers["app"].Uplink!.Keep);
        var app = result.Site.Servers["app"].Machine;
        Assert.Equal(["/usr/share"], app.Base.Allow);
        Assert.Equal(RestartPolicy.No, app.Restart);
        Assert.Equal("b=c", app.Environment["A"]);
        Assert.Equal(4096, app.Resources.Pids);
        var hand = result.Site.Environments["by-hand"];
        Assert.Equal((FrameForm.Wire, CaptureMode.Always, true), (hand.Frames, hand.Capture, hand.NetAdmin));
    }

    [Fact]
    public void KeysOfWallsAndShares_WellFormed_ArriveInTheSpec()
    {
        var key = _files.Write("key", "secret");

        var result = _files.Load("""
            servers:
              db:
                run: [db]
                tmpfs: [/tmp, "/run:16M", "/dev/shm:1G"]
                ulimits: {nofile: 1024, core: {soft: 0, hard: unlimited}, memlock: 64M}
                cap_add: [SYS_PTRACE, CAP_SYS_NICE]
                cap_drop: [NET_RAW]
                secrets: [key, "key:db.key"]
                resources: {memory: 1G, memory_reservation: 512M, cpu_weight: 200, io_weight: 50}
            """);

        Assert.Empty(result.Problems);
        var db = result.Site!.Servers["db"].Machine;
        Assert.Equal([new TmpfsSpec("/tmp", 64 << 20), new("/run", 16 << 20), new("/dev/shm", 1 << 30)], db.Tmpfs);
        Assert.Equal(
            [new UlimitSpec("nofile", 1024, 1024), new("core", 0, ulong.MaxValue), new("memlock", 64 << 20, 64 << 20)], db.Ulimits);
        Assert.Equal(["CAP_SYS_PTRACE", "CAP_SYS_NICE"], db.CapAdd);
        Assert.Equal(["CAP_NET_RAW"], db.CapDrop);
        Assert.Equal([new SecretSpec(key, "key"), new(key, "db.key")], db.Secrets);
        Assert.Equal((200, 50, 512L << 20), (db.Resources.CpuWeight, db.Resources.IoWeight, db.Resources.MemoryReservation));
    }

    [Fact]
    public void KeysOfHealthAndStart_WellFormed_ArriveInTheSpec()
    {
        var result = _files.Load("""
            servers:
              web:
                run: [web]
                depends_on: {db: healthy, cache: started}
                start: captured
                start_within: 5m
              app: {run: [app], depends_on: [web, db]}
              cache: {run: [cache]}
              db:
                run: [db]
                health: {run: pg_isready -q, interval: 500ms, timeout: 2s, retries: 5, start_period: 1.5m, restart: true}
              other: {run: [x], health: {run: [check]}}
            environments:
              edge: {watch: [web], run: [tcpdump]}
            """);

        Assert.Empty(result.Problems);
        var web = result.Site!.Servers["web"];
        Assert.Equal([new DependencySpec("db", DependencyState.Healthy), new("cache", DependencyState.Started)], web.DependsOn);
        Assert.Equal((StartMoment.Captured, TimeSpan.FromMinutes(5)), (web.Start, web.StartWithin));
        var app = result.Site.Servers["app"];
        Assert.Equal([new DependencySpec("web", DependencyState.Started), new("db", DependencyState.Started)], app.DependsOn);
        Assert.Equal((StartMoment.Now, TimeSpan.FromMinutes(2)), (app.Start, app.StartWithin));
        var health = result.Site.Servers["db"].Machine.Health!;
        Assert.Equal(["pg_isready", "-q"], health.Run);
        Assert.Equal((TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2), 5), (health.Interval, health.Timeout, health.Retries));
        Assert.Equal((TimeSpan.FromSeconds(90), true), (health.StartPeriod, health.Restart));
        var usual = result.Site.Servers["other"].Machine.Health!;
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), 3), (usual.Interval, usual.Timeout, usual.Retries));
        Assert.False(usual.Restart);
    }

    [Fact]
    public void Problems_ManyInOneFile_AreToldAtOnceByPosition()
    {
        Assert.Equal(
            [
                "hyperspector.yaml:3:5: unknown key 'pubish'; did you mean 'publish'?",
                "hyperspector.yaml:4:14: restart: expected always, on-failure or no, found 'alway'; did you mean 'always'?",
                "hyperspector.yaml:5:3: server 'Db' needs 'run', its command line",
                "hyperspector.yaml:5:3: server 'Db': use at most 32 letters a-z, digits and dashes, a letter first",
                "hyperspector.yaml:9:13: watch: there is no server 'wbe'; did you mean 'web'?",
            ],
            _files.Problems("""
                servers:
                  web:
                    pubish: ["80:80"]
                    restart: alway
                  Db: {}
                environments:
                  edge:
                    run: [x]
                    watch: [wbe]
                """).Where(p => !p.Contains("'web' needs", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Suggestion_OfAStrangeName_StaysOnItsLine() => Assert.All(
        _files.Problems("""{servers: {"w\n": {run: x}}, environments: {edge: {run: x, watch: [ws]}}}"""), p => Assert.DoesNotContain(p, char.IsControl));

    [Fact]
    public void File_NotThere_SaysSoWithoutAPlace()
    {
        var result = HyperSpector.Engine.Configuration.SiteLoader.Load("/nonexistent/h.yaml", [], _files.Variables);
        Assert.Equal(["/nonexistent/h.yaml: there is no such file; name one with -f FILE"], result.Problems.Select(p => p.ToString()));
    }
}
