using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Conformance.Disks.Checkers;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Conformance.Disks;

/// <summary>
/// AIDE and Tripwire, unmodified, with the rules and scripts of their packs, say the same of a server VM's files through /.serverfs as
/// natively on its merged tree: their databases, and their reports of random changes. Left out of the comparison is what docs/views.md names:
/// paths before the server's own, and the times and names at the head of a report.
/// </summary>
public sealed partial class CheckerEquivalenceTests : IDisposable
{
    private static readonly string[] s_checkers = ["aide", "tripwire"];
    private readonly TestHost _host = new();

    public void Dispose()
    {
        try
        {
            _host.Down();
            // Many files: the host's own end waits for less.
            _ = Tool.Run("rm", ["-rf", $"{_host.Prefix}/base"], "", TimeSpan.FromMinutes(3));
        }
        finally
        {
            _host.Dispose();
        }
    }

    [Fact]
    public void Checkers_InTheIdsVm_ReportWhatTheyReportNatively()
    {
        ServerTree.Make($"{_host.Prefix}/base");
        _host.Up($$$"""
            servers:
              web:
                base: {{{_host.Prefix}}}/base
                run: [/bin/sleep, infinity]
            environments:
              edge:
                watch: [web]
                base: host
                run: [/bin/sleep, infinity]
                packs: [{name: aide, options: {every: 720h}}, {name: tripwire, options: {every: 720h}}]
            """);
        var native = new NativeCheckers(_host, "edge", "web");
        foreach (var checker in s_checkers)
        {
            Assert.Equal(0, native.Check(checker, "web").Status.ShellCode);
            // In the IDS VM its schedule has begun with that.
            Await(checker);
        }

        CompareAide(native);
        const string print = "twprint --print-dbfile --cfgfile {0}/config --dbfile {0}/database";
        ComparePrinted(native, print);

        var changes = _host.Exec("web", ["/bin/sh", "-c", ServerTree.Changes(new Random(51))], "", TestHost.CommandLimit);
        Assert.True(changes.Status.Succeeded, changes.Error);
        for (var i = 0; i < ServerTree.Places.Length; i++)
            native.Change(ServerTree.Places[i], i, 150);
        // Files were added, removed and changed.
        foreach (var checker in s_checkers)
            CompareReports(native, checker, 7);
    }

    private void CompareReports(NativeCheckers native, string checker, int status)
    {
        var (vm, here) = Check(native, checker);
        Assert.True(vm.Status.ShellCode == status, $"{checker}: {vm.Status}: {vm.Output}{vm.Error}");
        Assert.Equal(Lines(native.Plain(here.Output)), Lines(vm.Output));
        Same(native, File.ReadAllText($"{native.State(checker, "web")}/report"), File.ReadAllText($"{State(checker)}/report"));
        if (checker == "tripwire")
            ComparePrinted(native, "twprint --print-report --report-level 4 --cfgfile {0}/config --twrfile {0}/report.twr");
    }

    private void CompareAide(NativeCheckers native)
    {
        var lines = Same(native, Unzipped($"{native.State("aide", "web")}/aide.db"), Unzipped($"{State("aide")}/aide.db"));
        Assert.True(lines > ServerTree.Many, $"too few files to mean something: {lines}");
    }

    // Into files: it is much.
    private void ComparePrinted(NativeCheckers native, string command)
    {
        var script = $"LC_ALL=C {command} > {{0}}/printed";
        var here = native.State("tripwire", "web");
        var results = InParallel(
            () => native.Run(string.Format(CultureInfo.InvariantCulture, script, here)),
            () => _host.Exec("edge", "/bin/sh", "-c", string.Format(CultureInfo.InvariantCulture, script, "/var/lib/tripwire/web")));
        Assert.All(results, result => Assert.True(result.Status.Succeeded, result.Error));
        _ = Same(native, File.ReadAllText($"{here}/printed"), File.ReadAllText($"{State("tripwire")}/printed"));
    }

    private (ToolResult Vm, ToolResult Native) Check(NativeCheckers native, string checker)
    {
        var results = InParallel(
            () => native.Check(checker, "web"),
            () => _host.Exec("edge", [$"/opt/hyperspector/{checker}", "check", "web"], "", TimeSpan.FromMinutes(5)));
        Assert.Equal($"{results[0].Status}", $"{results[1].Status}");
        Assert.Equal(Lines(native.Plain(results[0].Error)).Order(), Lines(results[1].Error).Order());
        return (results[1], results[0]);
    }

    private static ToolResult[] InParallel(Func<ToolResult> one, Func<ToolResult> other)
    {
        var first = Task.Run(one);
        var second = other();
        return [first.GetAwaiter().GetResult(), second];
    }

    // How many lines or pieces there are.
    private static int Same(NativeCheckers native, string here, string there)
    {
        var (expected, actual) = (Pieces(native.Plain(here)), Pieces(there));
        Assert.Equal(expected.Except(actual).Take(5), actual.Except(expected).Take(5));
        // Of one that is there twice, or in another order.
        var at = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.Equal(expected.Skip(at).Take(5), actual.Skip(at).Take(5));
        return actual.Length;
    }

    // Tripwire tells what it found in an order of its own: neither that of names nor that in which directories list them. What belongs
    // together stays so.
    private static string[] Pieces(string text) =>
        text.Contains("Tripwire(R)", StringComparison.Ordinal)
            ? [.. Objects().Split(Heads().Replace(text, "")).Select(piece => piece.Trim()).Order(StringComparer.Ordinal)]
            : Lines(text);

    // Of a report an object with the table of its properties, of a list of paths each.
    [GeneratedRegex(@"^(?=(?:Added|Removed|Modified)(?: object name)?:|[-=]{20}|  -{20}|""/)", RegexOptions.Multiline)]
    private static partial Regex Objects();

    private static string[] Lines(string text) => Heads().Replace(text, "").Split('\n');

    private static string Unzipped(string path)
    {
        using var text = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return text.ReadToEnd();
    }

    // The script holds a lock until its database is there.
    private void Await(string checker)
    {
        var result = _host.Exec(
            "edge", ["sh", "-c", $"cd /var/lib/{checker}; for i in $(seq 300); do [ -e web/lock ] && break; sleep 0.1; done; flock web/lock test -e /var/log/{checker}/findings.log"], "", TimeSpan.FromMinutes(5));
        Assert.True(result.Status.Succeeded, result.Error);
    }

    private string State(string checker) => $"{NativeCheckers.RootOf(_host, "edge")}/var/lib/{checker}/web";

    // AIDE: when it began and ended, what stands before paths, when the database was made, and at the end of a report the digests of the
    // database's file, which has that time in it. Tripwire: when, where and by which files.
    [GeneratedRegex(
        @"^((Start|End) timestamp: |Root prefix: |# Time of generation was |(Report|Database) (generated by|generated on|created on|last updated on): |Host (name|IP address|ID): |(Policy file|Configuration file|Database file|Command line) used: ).*\n|^The attributes of the \(uncompressed\) database\(s\):\n[\s\S]*",
        RegexOptions.Multiline)]
    private static partial Regex Heads();
}
