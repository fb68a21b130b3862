using System.Text;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Integrity;
using HyperSpector.Engine.Integrity.Signing;
using Xunit;

namespace HyperSpector.Tests.Unit.Integrity;

public sealed class AcceptanceDeskTests : IDisposable
{
    private static readonly string s_root = new('a', 64);
    private readonly string _place = Directory.CreateTempSubdirectory("hyperspector-unit-").FullName;

    public void Dispose() => Directory.Delete(_place, recursive: true);

    [Fact]
    public void Acceptance_IsSignedByTheEnvironmentsKey_AndRemembered()
    {
        var paths = new HostPaths(prefix: _place);
        var desk = new AcceptanceDesk(paths);
        desk.Prepare("edge");
        Assert.Empty(desk.History("edge", "web"));

        desk.Accept(Request("first"), DateTimeOffset.UnixEpoch);
        // Another daemon takes over.
        desk = new AcceptanceDesk(paths);
        desk.Prepare("edge");
        desk.Accept(Request("upgrade"), DateTimeOffset.UnixEpoch.AddDays(1));

        Assert.Equal(
            [new AcceptanceRecord("web", 1, s_root, DateTimeOffset.UnixEpoch, "alice", "first"), new AcceptanceRecord("web", 2, s_root, DateTimeOffset.UnixEpoch.AddDays(1), "alice", "upgrade")],
            desk.History("edge", "web"));
        Assert.Empty(desk.History("edge", "db"));

        // What the IDS VM is shown is enough to check it, and holds no key that signs.
        var shown = AcceptanceDesk.DirectoryOf(paths, "edge");
        Assert.Equal(["key", "web.log"], Directory.GetFiles(shown).Select(f => Path.GetFileName(f)).Order());
        var open = BaseSigner.ReadKey($"{shown}/key");
        Assert.Equal(2, AcceptanceLog.Read("web", File.ReadAllBytes($"{shown}/web.log"), open).Entries.Count);
        var secret = $"{paths.MachineState("edge")}/integrity.key";
        Assert.NotEqual(open, BaseSigner.ReadKey(secret));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(secret));
    }

    [Fact]
    public void Acceptances_ThatWereTamperedWith_AreNotAddedTo()
    {
        var paths = new HostPaths(prefix: _place);
        var desk = new AcceptanceDesk(paths);
        desk.Prepare("edge");
        desk.Accept(Request("first"), DateTimeOffset.UnixEpoch);
        var log = $"{AcceptanceDesk.DirectoryOf(paths, "edge")}/web.log";
        File.WriteAllText(log, File.ReadAllText(log).Replace("alice", "mallo", StringComparison.Ordinal));

        Assert.Throws<IntegrityException>(() => desk.Accept(Request("second"), DateTimeOffset.UnixEpoch));
        Assert.Throws<IntegrityException>(() => desk.History("edge", "web"));
    }

    [Fact]
    public void Prepare_AfterADaemonThatWasKilledInBetween_MakesAPairAnew()
    {
        var paths = new HostPaths(prefix: _place);
        var desk = new AcceptanceDesk(paths);
        desk.Prepare("edge");
        File.Delete($"{AcceptanceDesk.DirectoryOf(paths, "edge")}/key");

        desk.Prepare("edge");
        desk.Accept(Request("first"), DateTimeOffset.UnixEpoch);

        Assert.Single(desk.History("edge", "web"));
    }

    [Theory]
    [InlineData("""{"environment":"edge","server":"web","root":"ABC","by":"a","reason":"b"}""", "the digest is none")]
    [InlineData("""{"environment":"edge","server":"web","root":"ROOT","by":"","reason":"b"}""", "who accepts and why")]
    [InlineData("""{"environment":"edge","server":"web","root":"ROOT","by":"a","reason":"b\nc"}""", "who accepts and why: one line")]
    [InlineData("""{"environment":"edge","server":"web","root":"ROOT","by":"a"}""", "the request is not understood")]
    [InlineData("""{"environment":"edge","server":null,"root":"ROOT","by":"a","reason":"b"}""", "the request is not understood")]
    [InlineData("", "the request has no body")]
    public void Request_ThatOurCliDoesNotSend_IsRefusedInOneLine(string body, string start)
    {
        var text = body.Replace("ROOT", s_root, StringComparison.Ordinal);

        Assert.Null(Requests.Acceptance(Encoding.UTF8.GetBytes(text), out var problem));

        Assert.StartsWith(start, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    private static AcceptanceRequest Request(string reason) => new("edge", "web", s_root, "alice", reason);
}
