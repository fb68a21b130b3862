using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Keeper;
using HyperSpector.Tests.Fuzz.Protocol;
using Xunit;

namespace HyperSpector.Tests.Fuzz.State;

/// <summary>Files in which our programs remember things: ours, but damaged by a disk, edited by somebody, or of another version.</summary>
public class HostTargets
{
    private static readonly string s_host = Host();

    [Fact]
    public void HostFile_Any_IsSoundOrRefusedInOneLine() => Target.Run(
        Gen.Frequency((1, Corpus.Around(400, Encoding.UTF8.GetBytes(s_host))), (3, JsonTrees.Around(s_host))),
        bytes => Scratch.Within(scratch =>
        {
            var paths = new HostPaths("fuzz", scratch.Path);
            _ = scratch.Write("var/lib/hyperspector-fuzz/host.json", bytes);
            if (Properties.OrRefused<IOException, HostStore>(() => new HostStore(paths)) is not { } store)
                return;
            Assert.All(store.Record.Machines, m =>
            {
                Assert.Equal(m.Key, m.Value.Name);
                Assert.Matches(@"^[a-z][a-z0-9-]{0,31}\z", m.Key);
                _ = m.Value.Machine.Base;
            });
            // What was read is written and read again unchanged.
            var before = JsonSerializer.Serialize(store.Record, HostJson.Default.HostRecord);
            store.Update(record => record);
            Assert.Equal(before, JsonSerializer.Serialize(new HostStore(paths).Record, HostJson.Default.HostRecord));
        }), few: 300);

    [Fact]
    public void PidFile_AnyText_IsAProcessOrNothing() => Target.Run(Corpus.Around("123 456\n", "0 0\n", "-1 5\n", "4294967297 1\n"), bytes => Scratch.Within(scratch =>
    {
        if (!PartProcess.TryRead(scratch.Write("pid", bytes), out var pid, out var startTime))
            return;
        Assert.True(pid > 0);
        var text = Encoding.UTF8.GetString(bytes);
        Assert.Equal(pid, int.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture));
        Assert.Equal(startTime, ulong.Parse(text.Split(' ')[1].TrimEnd('\n'), CultureInfo.InvariantCulture));
    }), few: 800);

    [Fact]
    public void MirrorsFile_AnyText_HoldsMessagesThatAKeeperTakes() => Target.Run(Corpus.Around("0 5 1 77\n63 2147483647 0 4294967295\n", "64 1 0 5\n-1 -1 -1 -1\n"), bytes => Scratch.Within(scratch =>
    {
        var mirrors = MirrorsFile.Read(scratch.Write("mirrors", bytes));
        var wire = new byte[ControlMessage.Size];
        Assert.All(mirrors.Values, m =>
        {
            m.Write(wire);
            Assert.True(ControlMessage.TryRead(wire, out var read));
            Assert.Equal(m, read);
        });
    }), few: 800);

    [Fact]
    public void MirrorsFile_Any_IsReadBack() => Target.Run(
        Gen.Select(Gen.Int[0, ControlMessage.SlotLimit - 1], Gen.Int[0, int.MaxValue - 1], Gen.Bool, Gen.UInt).List[0, 10],
        rows => Scratch.Within(scratch =>
        {
            var text = string.Concat(rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Item1} {r.Item2} {(r.Item3 ? 1 : 0)} {r.Item4}\n")));
            var read = MirrorsFile.Read(scratch.Write("mirrors", text));
            foreach (var (slot, index, always, map) in rows.GroupBy(r => r.Item4).Select(g => g.Last()))
                Assert.Equal(new ControlMessage(ControlKind.AddMirror, slot, index, always), read[map]);
        }), few: 1_000);

    [Fact]
    public void KeeperArguments_Any_NeverGiveAMonitorThatIsRoot() => Target.Run(
        Gen.OneOf(Gen.OneOfConst("--run", "/run/x", "--monitor", "/m", "--uid", "0", "1000", "-1", "65536"), Gen.String).Array[0, 8],
        arguments =>
        {
            if (Options.Parse(arguments) is { } options)
                Assert.NotEqual(0u, options.User);
        }, few: 20_000);

    private static string Host()
    {
        var site = Requests.Site(Encoding.UTF8.GetBytes(RequestTargets.Site), out var problem) ?? throw new InvalidOperationException(problem);
        var record = new HostRecord
        {
            Site = site,
            Machines = site.Servers.Select((s, i) => new MachineRecord { Name = s.Key, FirstId = 65536, Index = i, Phase = MachinePhase.Ready, Server = s.Value, Started = DateTimeOffset.UnixEpoch })
                .Concat(site.Environments.Select((e, i) => new MachineRecord { Name = e.Key, FirstId = 131072, Index = 9 + i, Environment = e.Value, Generation = "g" }))
                .ToDictionary(m => m.Name),
        };
        return JsonSerializer.Serialize(record, HostJson.Default.HostRecord);
    }
}
