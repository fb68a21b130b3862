using System.Text;
using CsCheck;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Hosts;
using Xunit;

namespace HyperSpector.Tests.Fuzz;

/// <summary>What an administrator, or whoever sends them a file, writes.</summary>
public class ConfigurationTargets
{
    private static readonly byte[] s_site = Encoding.UTF8.GetBytes("""
        servers:
          web:
            base: host
            run: [/usr/sbin/nginx, -g, "daemon off;"]
            publish: ["8080:80", "[::1]:53:53/udp"]
            environment: {A: "${B:-c}"}
            resources: {cpus: 1.5, memory: 512M}
            volumes: ["/tmp:/data:ro"]
        environments:
          edge:
            watch: [web]
            frames: wire
            packs: [{name: suricata, options: {home_net: any}}]
        """);

    [Fact]
    public void SiteLoader_AnyFile_IsASiteOrHasProblemsWithPlaces() => Corpus.Around(400, s_site).Sample(
        bytes =>
        {
            var problems = new List<Diagnostic>();
            var site = SiteLoader.Read(new SourceFile("f.yaml", "/tmp", problems), bytes, [], new Dictionary<string, string>());
            Assert.True(site is not null || problems.Count > 0);
            Assert.All(problems, p => Assert.DoesNotContain('\n', p.Message));
        },
        iter: Corpus.Iterations(10_000));

    [Fact]
    public void HostName_AnyText_IsSafeInPathsAndTablesWhenAccepted() => Gen.String.Sample(
        name =>
        {
            if (HostPaths.IsValidName(name))
                Assert.Matches("^[A-Za-z][A-Za-z0-9-]{0,31}$", name);
        },
        iter: Corpus.Iterations(50_000));
}
