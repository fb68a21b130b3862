using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>A hostile IDS VM against those who read what it writes: the reader, the daemon, the administrator's terminal (MOD-4).</summary>
public sealed class OutputTests(ProbeHost probe) : IClassFixture<ProbeHost>
{
    private const string Bell = "\u001b]0;pwned\u0007\u001b[2J\u009b31m\u001bP1;1|\u001b\\";

    private static readonly string[] Commands = ["\u001b]0;", "\u0007", "\u001b[2J", "\u009b", "\u001bP"];

    public static TheoryData<string, string> Tricks => new()
    {
        { "link", "ln -s $s $f" },
        { "link-to-proc", "ln -s /proc/1/root$s $f" },
        { "link-that-climbs", "ln -s ../../../../../../../../../..$s $f" },
        { "link-to-own-file", "echo $RANDOM > /root/other; ln -s /root/other $f" },
        { "link-to-itself", "ln -s $f $f" },
        { "fifo", "mkfifo $f" },
        { "directory", "mkdir $f; touch $f/x" },
        { "socket", "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('$f')\"" },
        { "no-permission", "echo x > $f; chmod 0 $f" },
        { "other-owner", "echo x > $f; chown 12345 $f; chmod 600 $f" },
        { "hard-link", "echo x > $(dirname $f)/other; ln $(dirname $f)/other $f" },
        { "sparse", "truncate -s 1T $f" },
        { "directory-gone", "rm -rf $(dirname $f)/* $(dirname $f)/.[a-z]*; rmdir $(dirname $f) || true" },
        { "flicker", "for i in 1 2 3 4 5 6 7 8 9; do rm -f $f; ln -s $s $f; rm -f $f; echo x > $f; rm -f $f; mkfifo $f; done" },
    };

    [Theory]
    [MemberData(nameof(Tricks))]
    public void Reader_SomethingElseInPlaceOfTheOutput_ReadsNothingAndLives(string trick, string command)
    {
        var read = Naive(trick);
        foreach (var output in new[] { ProbeHost.Lines, ProbeHost.Eve })
        {
            probe.Shell($"rm -rf \"$f\"; {command}", output);
            Thread.Sleep(1000);
            var lives = probe.StillReads(output);
            var leaked = probe.Print("alerts", "--json").Contains(probe.Secret, StringComparison.Ordinal);
            if (read is not null)
                Log($"output.{trick}", $"put something else in place of an output: {trick} ({(output == ProbeHost.Eve ? "eve" : "lines")})", read,
                leaked ? "the secret became an event" : lives ? "refused: nothing was read, the next file was" : "the reader reads no more", !leaked && lives);
            Assert.False(leaked, "the secret became an event");
            Assert.True(lives, "the reader reads no more");
        }
    }

    public static TheoryData<string> Contents => ["endless-line", "zero-bytes", "not-utf8", "deep", "torn", "wrong-types", "escapes", "huge-numbers"];

    [Theory]
    [MemberData(nameof(Contents))]
    public void Reader_HostileContent_LivesAndReadsOn(string kind)
    {
        var content = kind switch
        {
            "endless-line" => new byte[3 << 20].Select(_ => (byte)'A').ToArray(),
            "zero-bytes" => [.. new byte[100_000], (byte)'\n'],
            "not-utf8" => [.. Enumerable.Range(0, 5000).Select(i => (byte)(128 + (i % 128))), (byte)'\n'],
            "deep" => Encoding.ASCII.GetBytes(new string('[', 200_000) + "\n" + string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "\n"),
            "torn" => Encoding.ASCII.GetBytes("{\"event_type\":\"alert\",\n{\"event_type\":\n}\n\n\"\n"),
            "wrong-types" => Encoding.ASCII.GetBytes("""
                {"timestamp":[],"event_type":"alert","alert":[]}
                {"timestamp":"2026-13-45T99:99:99.000000+9999","event_type":"alert","alert":{"severity":"x","signature":{}}}
                {"timestamp":"9999-12-31T23:59:59.999999-2359","event_type":{"a":1},"alert":null,"src_ip":7}
                [1,2,3]
                "alert"
                null
                """ + "\n"),
            "escapes" => Encoding.UTF8.GetBytes(
                $"{{\"timestamp\":\"2026-01-01T00:00:00.000000+0000\",\"event_type\":\"alert\",\"alert\":{{\"signature\":\"\\u001b]0;pwned\\u0007\\u0000\\ud800\",\"severity\":1}}}}\n{Bell}\n"),
            _ => Encoding.ASCII.GetBytes(
                "{\"timestamp\":\"2026-01-01T00:00:00.000000+0000\",\"event_type\":\"alert\",\"alert\":{\"severity\":1e999,\"signature_id\":"
                + new string('9', 5000) + ",\"signature\":\"n\"}}\n"),
        };
        foreach (var output in new[] { ProbeHost.Lines, ProbeHost.Eve })
        {
            probe.Shell("rm -rf \"$f\"", output);
            probe.Write(output, content, append: false);
            // The same file goes on properly: what follows hostile bytes must be read, too.
            var token = Scene.NewToken();
            probe.Write(output, Encoding.ASCII.GetBytes($"\n{(output == ProbeHost.Eve ? Alert(token) : token)}\n"), append: true);
            var lives = probe.Arrives(token);
            Assert.True(lives, $"nothing arrives after {kind} in {output}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Terminal_ControlCharactersOfAVm_AreEscaped(bool terminal)
    {
        var token = Scene.NewToken();
        probe.Shell("rm -rf \"$f\"", ProbeHost.Lines);
        probe.Write(ProbeHost.Lines, Encoding.UTF8.GetBytes($"{Bell}{token}\n"), append: false);
        probe.Write("/tmp/bell", Encoding.UTF8.GetBytes($"{Bell}{token}\n"), append: false);
        // To the standard output of the VM's first process: its log.
        probe.Shell("cat /tmp/bell > /proc/1/fd/1", ProbeHost.Lines);
        Assert.True(probe.Arrives(token));
        foreach (var command in (string[])["alerts", "logs"])
        {
            string[] arguments = command == "logs" ? ["logs", ProbeHost.Ids] : ["alerts"];
            var text = Await(() => terminal ? probe.PrintOnTerminal(arguments) : probe.Print(arguments), token);
            var native = Tool.RunChecked("printf", ["%s", Bell]);
            var raw = Commands.Where(s => text.Contains(s, StringComparison.Ordinal)).ToList();
            Log($"terminal.{command}", $"command the administrator's terminal through {command}",
                new Outcome(native.Contains('\u001b', StringComparison.Ordinal) ? "succeeded" : "failed", "printf hands them on", null),
                raw.Count == 0 ? "refused: escaped" : "control characters came through", raw.Count == 0);
            Assert.Contains(token, text, StringComparison.Ordinal);
            Assert.Empty(raw);
        }
    }

    private static string Await(Func<string> print, string token)
    {
        var text = print();
        for (var i = 0; i < 40 && !text.Contains(token, StringComparison.Ordinal); i++)
        {
            Thread.Sleep(250);
            text = print();
        }

        return text;
    }

    private static string Alert(string token) =>
        $$$"""{"timestamp":"2026-01-01T00:00:00.000000+0000","event_type":"alert","src_ip":"192.0.2.9","dest_ip":"192.0.2.8","proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":1,"rev":1,"signature":"{{{token}}}","category":"","severity":1}}""";

    /// <summary>What harm the trick does to a reader that opens the file as any program would; null for none: a test, but no attack.</summary>
    private Outcome? Naive(string trick)
    {
        var directory = Directory.CreateTempSubdirectory("hyperspector-naive").FullName;
        try
        {
            var command = Tricks.Single(t => t.Data.Item1 == trick).Data.Item2
                .Replace("/root/other", $"{directory}/other", StringComparison.Ordinal).Replace("/proc/1/", "/proc/self/", StringComparison.Ordinal);
            _ = Tool.Run("bash", ["-c", $"mkdir {directory}/log; f={directory}/log/out; s={probe.SecretFile}; {command}"]);
            var reading = Tool.Run("timeout", ["1", "head", "-c", "4096", $"{directory}/log/out"]);
            return reading.Status.Code == 124 ? new Outcome("succeeded", "the reader hangs", null)
                : reading.Output.Contains(probe.Secret, StringComparison.Ordinal) ? new Outcome("succeeded", "the reader reads the secret", null)
                : null;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Log(string id, string what, Outcome native, string result, bool held) => AttackLog.Write(
        new Harness.Attack
        {
            Id = id,
            What = what,
            Requirements = "MOD-4 MOD-5",
            Program = "",
            Native = _ => throw new NotSupportedException(),
            Inside = (_, _) => throw new NotSupportedException(),
        },
        ProbeHost.Ids, native, result, native.Word != "succeeded" ? "unproven" : held ? "held" : "broken");
}
