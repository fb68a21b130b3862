using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>A host with an IDS VM whose pack does nothing but have outputs: the test, as root inside, is the hostile IDS.</summary>
public sealed class ProbeHost : IDisposable
{
    public const string Ids = "probe";

    /// <summary>The IDS VM of another environment.</summary>
    public const string Other = "other";

    public const string Lines = "/var/log/probe/out.log";
    public const string Eve = "/var/log/eve/eve.json";

    // What a reader may need under load to hear of a new file and to read it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    public ProbeHost()
    {
        Host = new TestHost();
        try
        {
            var pack = $"{Host.Prefix}/packs/probe";
            _ = Directory.CreateDirectory(pack);
            File.WriteAllText($"{pack}/pack.yaml", $$"""
                description: Writes what the test tells it to
                run:
                  writer: [/usr/bin/sleep, infinity]
                outputs:
                  - { path: {{Lines}}, format: lines }
                  - { path: {{Eve}}, format: eve }
                """);
            Secret = Scene.NewToken() + "-SECRET";
            SecretFile = $"/etc/hyperspector-test-{Host.Name}";
            File.WriteAllText(SecretFile, Secret + "\n");
            Host.Up("""
                servers:
                  db: { base: host, run: [/usr/bin/sleep, infinity] }
                environments:
                  probe: { watch: [db], packs: [probe] }
                  other: { watch: [db], packs: [probe] }
                """);
            // Where a link that climbs out of the output's directory would lead, if the reader followed it.
            _ = Host.Exec("db", "sh", "-c", $"echo {Secret} > /proc/1/fd/1");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TestHost Host { get; }

    /// <summary>In a file of the base's that everybody on the base can read, and in another VM's log.</summary>
    public string Secret { get; } = "";

    public string SecretFile { get; } = "";

    /// <summary>Runs a shell command as root in the IDS VM; <c>$f</c> is the output, <c>$s</c> the secret file.</summary>
    public void Shell(string command, string output)
    {
        var result = Host.Exec(Ids, "sh", "-c", $"f={output}; s={SecretFile}; {command}");
        if (!result.Status.Succeeded)
            throw new IOException($"{command}: {result.Status} {result.Error}");
    }

    /// <summary>Writes bytes to a file of an IDS VM.</summary>
    public void Write(string path, ReadOnlySpan<byte> content, bool append, string machine = Ids)
    {
        var result = Host.Exec(
            machine, ["sh", "-c", $"base64 -d {(append ? ">>" : ">")} \"$1\"", "write", path], Convert.ToBase64String(content), TestHost.CommandLimit);
        if (!result.Status.Succeeded)
            throw new IOException($"cannot write {path}: {result.Error}");
    }

    /// <summary>Everything that the command prints, as raw as it comes.</summary>
    public string Print(params string[] arguments)
    {
        var result = Host.Hyperspector(arguments);
        return result.Status.Succeeded ? result.Output : throw new IOException($"{arguments[0]}: {result.Status} {result.Error}");
    }

    /// <summary>The same on a terminal: script(1) gives it one.</summary>
    public string PrintOnTerminal(params string[] arguments)
    {
        var command = $"env HYPERSPECTOR_HOST={Host.Name} HYPERSPECTOR_PREFIX={Host.Prefix} {TestHost.Programs}/hyperspector {string.Join(' ', arguments)}";
        return Tool.RunChecked("script", ["-qec", command, "/dev/null"]);
    }

    /// <summary>A line that must become an event.</summary>
    public static string Line(string output, string token) => output == Eve
        ? $$$"""{"timestamp":"2026-01-01T00:00:00.000000+0000","event_type":"alert","src_ip":"192.0.2.9","dest_ip":"192.0.2.8","proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":1,"rev":1,"signature":"{{{token}}}","category":"","severity":1}}"""
        : token;

    /// <summary>Puts proper files in place of whatever is there, with a word each that must become an event: the reader lives.</summary>
    public bool StillReads(IReadOnlyList<string> outputs)
    {
        var tokens = new List<string>();
        foreach (var output in outputs)
        {
            var token = Scene.NewToken();
            Shell("rm -rf \"$f\"", output);
            Write(output, Encoding.UTF8.GetBytes(Line(output, token) + "\n"), append: false);
            tokens.Add(token);
        }

        return Arrive(tokens);
    }

    /// <summary>Do all of these become events?</summary>
    public bool Arrive(IReadOnlyList<string> tokens)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Step)
        {
            var events = Print("alerts", "--json", "--tail", "2000");
            if (tokens.All(t => events.Contains(t, StringComparison.Ordinal)))
                return true;
            Thread.Sleep(Step);
        }

        return false;
    }

    /// <summary>The most memory that the reader of the IDS VM has ever had, in bytes.</summary>
    public long ReaderMemory()
    {
        var pid = Host.Status().Parts.Single(p => p is { Role: "reader", Machine: Ids }).Pid!.Value;
        var line = File.ReadLines($"/proc/{pid}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], System.Globalization.CultureInfo.InvariantCulture) * 1024;
    }

    public void Dispose()
    {
        if (SecretFile.Length > 0)
            File.Delete(SecretFile);
        Host.Dispose();
    }
}
