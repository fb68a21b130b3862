using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using HyperSpector.Api;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Images;
using HyperSpector.Engine.Network.Mirror;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Configuration;

/// <summary>hyperspector.yaml: what an administrator, or whoever sends them a file, writes.</summary>
public sealed class SiteTargets(SiteScene scene) : IClassFixture<SiteScene>
{
    private static readonly Documents s_documents = new(ConfigurationSchema.Site(), SiteScene.Words);

    private static readonly byte[] s_text = Encoding.UTF8.GetBytes("""
        # Anchors, block text, quotes, variables.
        servers:
          web: &web
            base: host
            run: [/usr/sbin/nginx, -g, "daemon off;"]
            publish: ["8080:80", "[::1]:53:53/udp"]
            environment: {A: "${A:-c}", B: |
                two
                lines
              }
            resources: {cpus: 1.5, memory: 512M}
            volumes: ["data:/data:ro"]
          db: *web
        environments:
          edge:
            watch: [web, {server: db, only: {protocol: tcp, ports: [80, 8000-8099]}, sample: 1/10}]
            frames: wire
            packs: [{name: good, options: {filter: 'it''s "x"'}}]
        """);

    [Fact]
    public void Documents_OfTheSchema_AreSoundSitesOrHaveProblems() => Target.Run(s_documents.Bytes, Check, few: 3_000);

    [Fact]
    public void Documents_Mutated_AreSoundSitesOrHaveProblems() => Target.Run(Corpus.Mutated(s_documents.Bytes), Check, few: 3_000);

    [Fact]
    public void Text_AnyBytes_IsASoundSiteOrHasProblems() => Target.Run(Corpus.Around(400, s_text), Check, few: 6_000);

    [Fact]
    public void Load_AnyFile_GivesASiteOrProblems() => Target.Run(
        Gen.Select(Corpus.Around(300, s_text), Gen.Int[0, 9]),
        sample => Scratch.Within(scratch =>
        {
            var (bytes, kind) = sample;
            var path = scratch.Write("hyperspector.yaml", kind == 0 ? new byte[ConfigurationLimits.FileBytes + 1] : bytes);
            var result = SiteLoader.Load(kind switch { 1 => scratch.Path, 2 => scratch.At("none"), 3 => "a\0b", _ => path }, [], SiteScene.Variables);
            Assert.True(result.Site is null == result.Problems.Count > 0);
            Properties.AreProblemsOf(bytes, result.Problems);
        }), few: 400);

    [Fact]
    public void Documents_OfTheSchema_AreSoundOftenEnough()
    {
        // Were none of them without a problem, what comes after the first check would not be fuzzed at all.
        Assert.InRange(Target.Inputs(s_documents.Bytes, 1_000).Count(b => Read(b, out var problems) is { Servers.Count: > 0 } && problems.Count == 0), 5, 1_000);
    }

    private void Check(byte[] bytes)
    {
        var site = Read(bytes, out var problems);
        Properties.AreProblemsOf(bytes, problems);
        Assert.True(site is not null || problems.Count > 0);
        if (problems.Count == 0)
            IsSound(site!);
    }

    private SiteSpec? Read(byte[] bytes, out List<Diagnostic> problems)
    {
        problems = [];
        return SiteLoader.Read(new SourceFile("f.yaml", scene.Root, problems), bytes, [scene.At("packs")], SiteScene.Variables);
    }

    // What everything behind the loader relies on.
    private static void IsSound(SiteSpec site)
    {
        Assert.Empty(site.Servers.Keys.Intersect(site.Environments.Keys));
        foreach (var (name, server) in site.Servers)
        {
            IsSound(name, server.Machine);
            Assert.NotEmpty(server.Machine.Run);
            Assert.All(server.Publish, p =>
            {
                Assert.InRange(p.HostPort, 1, 65535);
                Assert.InRange(p.MachinePort, 1, 65535);
                Assert.True(p.Protocol is "tcp" or "udp");
                Assert.True(p.Address is null || IPAddress.Parse(p.Address).ToString() == p.Address);
            });
            Assert.All(server.DependsOn, d => Assert.Contains(d.Server, site.Servers.Keys));
            Assert.InRange(server.StartWithin, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        }

        foreach (var (name, environment) in site.Environments)
        {
            IsSound(name, environment.Machine);
            Assert.True(environment.Machine.Run.Count > 0 || environment.Packs.Count > 0);
            Assert.Equal(environment.Watch.Distinct(), environment.Watch);
            Assert.All(environment.Watch, w => Assert.Contains(w, site.Servers.Keys));
            Assert.All(environment.Filters, f =>
            {
                Assert.Contains(f.Key, environment.Watch);
                _ = FilterImage.Of(f.Value, 1);
            });
        }

        // The daemon gets what the loader made, and takes it.
        var sent = JsonSerializer.SerializeToUtf8Bytes(site, ApiJson.Default.SiteSpec);
        var taken = Requests.Site(sent, out var problem);
        Assert.True(taken is not null, problem);
        Assert.Equal(sent, JsonSerializer.SerializeToUtf8Bytes(taken, ApiJson.Default.SiteSpec));
    }

    private static void IsSound(string name, MachineSpec machine)
    {
        Assert.Matches("^[a-z][a-z0-9-]{0,31}$", name);
        Assert.DoesNotContain(machine.Run, a => a.Contains('\0', StringComparison.Ordinal));
        Assert.DoesNotContain(machine.Environment, e => e.Key.Contains('=', StringComparison.Ordinal) || e.Key.Length == 0);
        IsPath(machine.WorkingDirectory);
        Assert.All(machine.Volumes, v =>
        {
            IsPath(v.Source);
            IsPath(v.Target);
            Assert.False(MachinePath.IsAtOrBelow(v.Target, "/proc") || MachinePath.IsAtOrBelow(v.Target, "/dev") || v.Target == "/");
        });
        Assert.All(machine.Tmpfs, t =>
        {
            IsPath(t.Target);
            Assert.InRange(t.Size, 4096, 64L << 40);
        });
        Assert.All(machine.Ulimits, u => Assert.True(u.Soft <= u.Hard));
        Assert.All(machine.Secrets, s => Assert.Matches("^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$", s.Name));
        Assert.True(machine.StopSignal is null || Signals.Normal(machine.StopSignal) == machine.StopSignal);
        Assert.True(machine.Resources.Cpus is null or (>= 0.01 and <= 4096));
        Assert.Equal(1, (machine.Base.Host ? 1 : 0) + (machine.Base.Directory is null ? 0 : 1) + (machine.Base.Image is null ? 0 : 1));
    }

    private static void IsPath(string path)
    {
        Assert.StartsWith("/", path, StringComparison.Ordinal);
        Assert.True(path == "/" || path.Split('/')[1..].All(p => p is not ("" or "." or "..")), path);
    }
}
