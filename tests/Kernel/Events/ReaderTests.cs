using System.Globalization;
using System.Text;
using Xunit;

namespace HyperSpector.Tests.Kernel.Events;

public sealed class ReaderTests : IDisposable
{
    private readonly ReaderProcess _reader = new();

    public void Dispose() => _reader.Dispose();

    [Fact]
    public void Reader_KilledAtRandomPoints_SpoolsEveryAlertOnce()
    {
        var random = new Random(20261124);
        var written = 0;
        var stop = false;
        var writer = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                // Several lines at once, torn anywhere, between records that are no alerts; now and then the file is rotated.
                var lines = new StringBuilder();
                for (var i = 0; i < random.Next(1, 40); i++)
                    lines.Append(CultureInfo.InvariantCulture, $"{{\"event_type\":\"flow\",\"n\":{i}}}\n").Append(Alert(++written));
                var bytes = Encoding.UTF8.GetBytes(lines.ToString());
                var cut = random.Next(bytes.Length);
                Append(bytes[..cut]);
                Append(bytes[cut..]);
                if (random.Next(150) == 0)
                    File.Move(Path.Join(_reader.Output, "eve.json"), Path.Join(_reader.Output, $"eve.json.{written}"));
                Thread.Sleep(random.Next(3));
            }
        });
        writer.Start();
        var kills = new Random(7);
        for (var i = 0; i < 20; i++)
        {
            _reader.Start();
            Thread.Sleep(kills.Next(20, 250));
            Assert.Equal(9, _reader.End(9).Signal);
        }

        Volatile.Write(ref stop, true);
        writer.Join();
        _reader.Start();
        ReaderProcess.Until("all alerts are in the spool", () => _reader.Events().Count(e => e.Kind == "alert") >= written);
        Assert.True(_reader.End(15).Succeeded);
        var events = _reader.Events();
        Assert.Equal(
            Enumerable.Range(1, written).Select(n => $"alert {n}"), events.Where(e => e.Kind == "alert").Select(e => e.Summary));
        Assert.Equal(events.Count, events.Select(e => e.Id).Distinct().Count());
        Assert.True(written > 500, $"the writer wrote only {written}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{written} alerts, 20 kills");
    }

    [Fact]
    public void Reader_Running_HoldsNoPrivilege()
    {
        Started();
        foreach (var task in Directory.GetDirectories($"/proc/{_reader.Pid}/task"))
        {
            var status = File.ReadAllLines(Path.Join(task, "status"));
            string Of(string key) => status.First(l => l.StartsWith(key + ":", StringComparison.Ordinal))[(key.Length + 1)..].Trim();
            Assert.Equal(["1543503872"], Of("Uid").Split('\t').Distinct());
            Assert.Equal(["1543503872"], Of("Gid").Split('\t').Distinct());
            Assert.Equal("", Of("Groups"));
            foreach (var set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" })
                Assert.Equal(0UL, ulong.Parse(Of(set), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            Assert.Equal("1", Of("NoNewPrivs"));
            Assert.Equal("2", Of("Seccomp"));
        }

        // Root's, though its user is another's: it is not dumpable, so no process of the same user id may look into it.
        Assert.Equal("root", Linux.Calls.Tool.RunChecked("stat", ["-c", "%U", $"/proc/{_reader.Pid}/mem"]).Trim());
    }

    [Fact]
    public void Reader_Idle_UsesNoProcessor()
    {
        Started();
        // When the last fdatasync is over depends on what else this machine does.
        var rested = false;
        for (var attempt = 0; attempt < 12 && !rested; attempt++)
        {
            var before = Ticks();
            Thread.Sleep(3000);
            rested = Ticks() - before <= 1;
        }

        Assert.True(rested, "the reader uses the processor although nothing is written");
        Assert.InRange(_reader.ResidentKilobytes, 1, 20 * 1024);
    }

    [Fact]
    public void Reader_LinkToSecret_ReadsNothingOfIt()
    {
        File.WriteAllText(_reader.Secret, Alert(666) + "\n");
        var path = Path.Join(_reader.Output, "eve.json");
        _ = File.CreateSymbolicLink(path, _reader.Secret);
        _reader.Start();
        ReaderProcess.Until("the link is reported", () => _reader.Events().Count == 1);
        var note = Assert.Single(_reader.Events());
        Assert.Equal("reader", note.Kind);
        Assert.Contains("symbolic link", note.Summary, StringComparison.Ordinal);
        File.Delete(path);
        File.WriteAllText(path, Alert(1));
        ReaderProcess.Until("the file is read", () => _reader.Events().Exists(e => e.Summary == "alert 1"));
        Assert.DoesNotContain(_reader.Events(), e => e.Summary == "alert 666");
    }

    [Fact]
    public void Reader_HostileFlood_StaysSmallAndGoesOn()
    {
        Started();
        // A line without end, then lines that are no records, then an alert; all the while the log is flooded.
        var flood = new Thread(() =>
        {
            using var fifo = new FileStream(_reader.Fifo, FileMode.Open, FileAccess.Write);
            var line = Encoding.UTF8.GetBytes(new string('\u0001', 4000) + "\n");
            for (var i = 0; i < 10_000; i++)
                fifo.Write(line);
            fifo.Write("the last line\n"u8);
        });
        flood.Start();
        var block = new byte[1024 * 1024];
        Array.Fill(block, (byte)'[');
        for (var i = 0; i < 64; i++)
            Append(block);
        Append("\n"u8.ToArray());
        var nonsense = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"event_type\":\"alert\",\"x\":\u0000}\n", 10_000)));
        Append(nonsense);
        Append(Encoding.UTF8.GetBytes(Alert(1)));
        Assert.True(flood.Join(TimeSpan.FromSeconds(120)));
        ReaderProcess.Until("the alert after the flood", () => _reader.Events().Exists(e => e.Summary == "alert 1"));
        ReaderProcess.Until("the log's last line", () => _reader.LogTexts().LastOrDefault() == "the last line");
        Assert.InRange(_reader.ResidentKilobytes, 1, 64 * 1024);
        Assert.InRange(Directory.GetFiles(_reader.Log).Sum(f => new FileInfo(f).Length), 1, 16 * 1024 * 1024);
        Assert.InRange(_reader.Events().Count, 3, 10);
        TestContext.Current.TestOutputHelper?.WriteLine($"resident {_reader.ResidentKilobytes} KiB");
    }

    [Fact]
    public void Reader_Term_StoresWhatIsThereFirst()
    {
        Started();
        Append(Encoding.UTF8.GetBytes(Alert(1)));
        using (var fifo = new FileStream(_reader.Fifo, FileMode.Open, FileAccess.Write))
            fifo.Write("whole\nbegun"u8);
        Assert.True(_reader.End(15).Succeeded);
        Assert.Equal(["whole", "begun"], _reader.LogTexts());
        Assert.Equal(["alert 1"], _reader.Events().Select(e => e.Summary));
    }

    [Fact]
    public void Reader_SecondOne_IsRefused()
    {
        Started();
        var second = Linux.Calls.Tool.Run($"/proc/{_reader.Pid}/exe", ["--plan", Path.Join(_reader.Output, "../plan.json")]);
        Assert.False(second.Status.Succeeded);
    }

    private void Started()
    {
        _reader.Start();
        ReaderProcess.Until("the reader is confined", () => _reader.Status("Seccomp") == "2");
    }

    private long Ticks()
    {
        var fields = File.ReadAllText($"/proc/{_reader.Pid}/stat").Split(") ")[1].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    private void Append(byte[] bytes)
    {
        using var file = new FileStream(
            Path.Join(_reader.Output, "eve.json"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        file.Write(bytes);
    }

    private static string Alert(int number) =>
        $$$"""{"timestamp":"2026-11-24T02:10:48.123456+0000","event_type":"alert","in_iface":"mon0","alert":{"signature":"alert {{{number}}}","severity":2}}""" + "\n";
}
