using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>A host with an IDS VM whose pack does nothing but have outputs: the test, as root inside, is the hostile IDS.</summary>
public sealed class ProbeHost : IDisposable
{
    public const string Ids = "probe";
    public const string Lines = "/var/log/probe/out.log";
    public const string Eve = "/var/log/eve/eve.json";

    // What a reader may need under load to hear of a new file and to read it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

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

    /// <summary>Writes bytes to a file of the IDS VM.</summary>
    public void Write(string path, ReadOnlySpan<byte> content, bool append)
    {
        var result = Host.Exec(
            Ids, ["sh", "-c", $"base64 -d {(append ? ">>" : ">")} \"$1\"", "write", path], Convert.ToBase64String(content), TestHost.CommandLimit);
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

    /// <summary>Puts a proper file in place of whatever is there, with a word that must become an event: the reader lives.</summary>
    public bool StillReads(string output)
    {
        var token = Scene.NewToken();
        var line = output == Eve
            ? $$$"""{"timestamp":"2026-01-01T00:00:00.000000+0000","event_type":"alert","src_ip":"192.0.2.9","dest_ip":"192.0.2.8","proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":1,"rev":1,"signature":"{{{token}}}","category":"","severity":1}}"""
            : token;
        Shell("rm -rf \"$f\"", output);
        Write(output, Encoding.UTF8.GetBytes(line + "\n"), append: false);
        return Arrives(token);
    }

    public bool Arrives(string token)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += TimeSpan.FromMilliseconds(250))
        {
            if (Print("alerts", "--json").Contains(token, StringComparison.Ordinal))
                return true;
            Thread.Sleep(250);
        }

        return false;
    }

    public void Dispose()
    {
        if (SecretFile.Length > 0)
            File.Delete(SecretFile);
        Host.Dispose();
    }
}
