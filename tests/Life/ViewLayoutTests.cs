using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>Where a server's files are seen: what an IDS is configured with must not lead elsewhere because another server has ended.</summary>
public class ViewLayoutTests
{
    [Fact]
    public void ServerThatAloneRuns_OfTwoThatAreWatched_HasADirectoryOfItsOwn()
    {
        using var host = new TestHost();
        host.Up("""
            servers:
              web: {run: [/bin/sleep, "1000"]}
              db: {run: [/bin/sh, -c, "while test ! -e /tmp/end; do sleep 0.1; done"], restart: "no"}
            environments:
              edge: {watch: [web, db], run: [/bin/sleep, "1000"]}
            """);
        Assert.Equal("db\nweb\n", List(host, "/.serverfs"));
        Assert.Equal("db\nweb\n", List(host, "/.dserverfs"));

        _ = host.Exec("db", "touch", "/tmp/end");

        Eventually.Holds("only web is shown", () => List(host, "/.serverfs") == "web\n");
        Assert.Equal("web\n", List(host, "/.dserverfs"));
        Assert.Equal("web\n", host.Exec("edge", "cat", "/.serverfs/web/etc/hostname").Output);
    }

    private static string List(TestHost host, string path) => host.Exec("edge", "ls", path).Output;
}
