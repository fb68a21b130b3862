using System.Text;
using HyperSpector.Engine.Hosts;
using Xunit;

namespace HyperSpector.Tests.Unit.Hosts;

/// <summary>What a client that is not our CLI may send, and what it is told.</summary>
public class RequestsTests
{
    private const string Machine = """{"base":{"host":true},"run":["x"]}""";

    [Theory]
    [InlineData("", "the request has no body")]
    [InlineData("{", "the request is not understood: ")]
    [InlineData("null", "the request is not understood: it holds null, where a value or nothing at all should be")]
    [InlineData("""{"servers":null,"environments":{}}""", "the request is not understood: it holds null")]
    [InlineData("""{"servers":{"web":null},"environments":{}}""", "the request is not understood: it holds null")]
    [InlineData("""{"servers":{}}""", "the request is not understood: ")]
    [InlineData("""{"servers":{},"environments":{},"a\nb":1}""", "the request is not understood: ")]
    [InlineData("""{"servers":{},"environments":{},"\ud800":1}""", "the request is not understood: ")]
    [InlineData("""{"servers":{"../web":{"machine":M}},"environments":{}}""", "server '../web': a name is at most 32 letters a-z, digits and dashes, a letter first")]
    [InlineData("""{"servers":{"web":{"machine":{"base":{"host":true}}}},"environments":{}}""", "server 'web' has no 'run'")]
    [InlineData("""{"servers":{"web":{"machine":{"base":{},"run":["x"]}}},"environments":{}}""", "server 'web': the base is one of 'host', 'directory' and 'image'")]
    [InlineData("""{"servers":{"web":{"machine":{"base":{"host":true},"run":["x"],"resources":{"cpus":1e999}}}},"environments":{}}""", "server 'web': the number of processors is none")]
    [InlineData("""{"servers":{"web":{"machine":{"base":{"host":true},"run":["x"],"volumes":[{"target":"/x"}]}}},"environments":{}}""", "the request is not understood: ")]
    [InlineData("""{"servers":{"web":{"machine":M,"dependsOn":[{"server":"db"}]}},"environments":{}}""", "server 'web' depends on 'db', which is no server")]
    [InlineData("""{"servers":{"web":{"machine":M}},"environments":{"web":{"machine":M}}}""", "environment 'web' has the name of a server")]
    [InlineData("""{"servers":{},"environments":{"edge":{"machine":M,"watch":["web"]}}}""", "environment 'edge' watches 'web', which is no server")]
    [InlineData("""{"servers":{"web":{"machine":M}},"environments":{"edge":{"machine":M,"watch":["web","web"]}}}""", "environment 'edge' watches a server twice")]
    [InlineData("""{"servers":{},"environments":{"edge":{"machine":{"base":{"host":true}}}}}""", "environment 'edge' has neither 'packs' nor 'run'")]
    [InlineData("""{"servers":{},"environments":{"edge":{"machine":M,"packs":[{"name":"/","directory":"/"}]}}}""", "pack '/': a name is at most")]
    public void Site_ThatNoLoaderMakes_IsRefusedInOneLine(string body, string start)
    {
        Assert.Null(Requests.Site(Bytes(body), out var problem));
        Assert.StartsWith(start, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(problem, char.IsControl);
    }

    [Fact]
    public void Site_Sound_IsTaken()
    {
        Assert.NotNull(Requests.Site(Bytes("""{"servers":{"web":{"machine":M}},"environments":{"edge":{"machine":M,"watch":["web"]}}}"""), out var problem));
        Assert.Equal("", problem);
    }

    [Theory]
    [InlineData("""{"packs":[{"name":"../x","directory":"/"}],"base":{"host":true}}""", "pack '../x': a name is at most")]
    [InlineData("""{"packs":[],"base":{}}""", "packs: the base is one of")]
    [InlineData("""{"packs":[]}""", "the request is not understood: ")]
    public void Packs_ThatNoLoaderMakes_AreRefusedInOneLine(string body, string start)
    {
        Assert.Null(Requests.Packs(Bytes(body), out var problem));
        Assert.StartsWith(start, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10", 10)]
    [InlineData("0", 0)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("99999999999", null)]
    public void Tail_IsACountOrAll(string? text, int? expected) => Assert.Equal(expected, Requests.Tail(text));

    private static byte[] Bytes(string body) => Encoding.UTF8.GetBytes(body.Replace("M", Machine, StringComparison.Ordinal));
}
