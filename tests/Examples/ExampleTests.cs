using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

// Each brings up a host; two processors serve one after the other as fast.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace HyperSpector.Tests.Examples;

/// <summary>Every example as a user gets it: up, used from outside, watched, down, nothing left.</summary>
public sealed class ExampleTests
{
    private static readonly (string, string)[] s_edge = [("edge", "mon0")];

    [Fact]
    public void NginxPhp_Runs_AndIsWatched() => Web("nginx-php", "/", "PHP ");

    [Fact]
    public void OciImage_RunsWhatItSays_AndIsWatched()
    {
        using var scratch = new Scratch();
        var directory = Directory.CreateDirectory(Path.Join(scratch.Path, "oci-image")).FullName;
        File.Copy(Path.Join(Example.DirectoryOf("oci-image"), "hyperspector.yaml"), Path.Join(directory, "hyperspector.yaml"));
        _ = Tool.RunChecked("sh", [Path.Join(Example.DirectoryOf("oci-image"), "make-image"), Path.Join(directory, "image")]);
        using var example = new Example(directory);

        var seen = Assert.Single(example.Watched(s_edge, 80, () => Assert.Equal("from an OCI image\n", example.Get(8080))));

        Assert.Contains("from an OCI image", seen, StringComparison.Ordinal);
        // The second layer hides a file of the first, the settings say who runs where.
        Assert.Equal("index.html\n", example.Host.Exec("web", "/bin/busybox", "ls", "/srv/www").Output);
        Assert.Equal("33\n", example.Host.Exec("web", "/bin/busybox", "stat", "-c", "%u", "/proc/1").Output);
        Assert.StartsWith("sha256:", example.Host.Ps().Single(m => m.Name == "web").Generation, StringComparison.Ordinal);
        example.Down();
    }

    [Fact]
    public void PostgreSql_AnswersQueries_AndIsWatched()
    {
        using var example = new Example("postgresql", "DB_PASSWORD=other");

        var seen = Assert.Single(example.Watched(s_edge, 5432, () => Assert.Equal(
            "42\n",
            example.FromClient(
                "env", "PGPASSWORD=other", "PGSSLMODE=disable", "psql", "-h", TestNetwork.BaseAddress4, "-U", "postgres", "-Atc", "select 6*7"))));

        Assert.Contains("select 6*7", seen, StringComparison.Ordinal);
        example.Down();
    }

    [Fact]
    public void Ssh_LetsTheKeysOwnerIn_AndIsWatched()
    {
        using var scratch = new Scratch();
        var key = Path.Join(scratch.Path, "key");
        _ = Tool.RunChecked("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
        using var example = new Example("ssh", $"AUTHORIZED_KEYS={key}.pub");

        var seen = Assert.Single(example.Watched(s_edge, 22, () => Assert.Equal(
            "login\n",
            example.FromClient(
                "ssh", "-p", "2222", "-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                $"root@{TestNetwork.BaseAddress4}", "hostname"))));

        Assert.Contains("SSH-2.0-OpenSSH", seen, StringComparison.Ordinal);
        example.Down();
    }

    [Fact]
    public void Debian11_RunsOnItsOwnBase_AndIsWatched()
    {
        var rootfs = Path.GetFullPath(Path.Join(Environment.GetEnvironmentVariable("HYPERSPECTOR_ARTIFACTS") ?? "artifacts", "examples", "debian11"));
        _ = Directory.CreateDirectory(Path.GetDirectoryName(rootfs)!);
        _ = Tool.RunChecked("sh", [Path.Join(Example.DirectoryOf("debian11"), "make-rootfs"), rootfs], timeout: TimeSpan.FromMinutes(10));
        using var example = new Example("debian11", $"ROOTFS={rootfs}");

        var seen = Assert.Single(example.Watched(
            s_edge, 80, () => Assert.StartsWith("11.", example.Get(8080, "/debian_version"), StringComparison.Ordinal)));

        Assert.Contains("GET /debian_version", seen, StringComparison.Ordinal);
        example.Down();
    }

    [Fact]
    public void TwoServers_AreBothWatchedByOneEnvironment()
    {
        using var example = new Example("two-servers");
        _ = example.Get(8081);
        _ = example.Get(8082);

        var seen = example.Watched([("edge", "mon-shop"), ("edge", "mon-blog")], 80, () =>
        {
            _ = example.Get(8081, "/GPL-3?shop");
            _ = example.Get(8082, "/GPL-2?blog");
        });

        Assert.Contains("GET /GPL-3?shop", seen[0], StringComparison.Ordinal);
        Assert.DoesNotContain("?blog", seen[0], StringComparison.Ordinal);
        Assert.Contains("GET /GPL-2?blog", seen[1], StringComparison.Ordinal);
        Assert.DoesNotContain("?shop", seen[1], StringComparison.Ordinal);
        example.Down();
    }

    [Fact]
    public void TwoEnvironments_SeeTheSameFrames()
    {
        using var example = new Example("two-environments");
        _ = example.Get(8080);

        var seen = example.Watched([("ours", "mon0"), ("auditors", "mon0")], 80, () => _ = example.Get(8080, "/GPL-3"));

        Assert.Contains("GET /GPL-3", seen[0], StringComparison.Ordinal);
        Assert.Equal(Requests(seen[0]), Requests(seen[1]));
        foreach (var mirror in example.Host.Status().Mirrors)
            Assert.Equal(0, mirror.Dropped);
        example.Down();
    }

    private static void Web(string name, string path, string answer)
    {
        using var example = new Example(name);

        var seen = Assert.Single(example.Watched(
            s_edge, 80, () => Assert.StartsWith(answer, example.Get(8080, path), StringComparison.Ordinal)));

        Assert.Contains($"GET {path}", seen, StringComparison.Ordinal);
        example.Down();
    }

    // Lines of packets that carry data, without their times.
    private static List<string> Requests(string capture) =>
        [.. capture.Split('\n').Where(l => l.Contains("Flags [P", StringComparison.Ordinal)).Select(l => l[(l.IndexOf("IP", StringComparison.Ordinal))..])];

    private sealed class Scratch : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("hyperspector-example-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
