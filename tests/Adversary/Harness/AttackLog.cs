using System.Text.Encodings.Web;
using System.Text.Json;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary><c>artifacts/attacks.jsonl</c>: one line per attack and VM.</summary>
internal static class AttackLog
{
    /// <summary>Not from a VM: from the network, or by a user of the base.</summary>
    internal const string Elsewhere = "elsewhere";

    private static readonly Lock Door = new();
    private static readonly string Directory = Find();

    internal static void Write(Attack attack, string machine, Outcome native, string result, string verdict)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("id", attack.Id);
            json.WriteString("what", attack.What);
            json.WriteString("requirements", attack.Requirements);
            json.WriteString("vm", machine);
            json.WriteString("from", ColumnOf(machine));
            json.WriteString("native", native.ToString());
            json.WriteString("result", result);
            json.WriteString("verdict", verdict);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        lock (Door)
        {
            _ = System.IO.Directory.CreateDirectory(Directory);
            using var file = new FileStream(Path.Join(Directory, "attacks.jsonl"), FileMode.Append);
            file.Write(line.GetBuffer(), 0, (int)line.Length);
        }
    }

    /// <summary>Where the attack came from: the column of the page.</summary>
    private static string ColumnOf(string machine) => machine switch
    {
        Scene.Web or Scene.Db or Scene.Lan or UplinkHost.Server or Scene.DoomedServer or Scene.RazedServer or RuntimeHost.Server => "server",
        Scene.Edge or Scene.Admin or Scene.Sift or Scene.Breaker or Scene.DoomedIds or Scene.RazedIds or ProbeHost.Ids or RuntimeHost.Ids => "ids",
        Elsewhere => "elsewhere",
        _ => throw new ArgumentOutOfRangeException(nameof(machine), machine, "in which column of docs/attacks.md does this machine belong?"),
    };

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("HYPERSPECTOR_ARTIFACTS") is { Length: > 0 } given)
            return given;
        var directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Join(directory, "HyperSpector.slnx")))
            directory = Path.GetDirectoryName(directory);
        return Path.Join(directory ?? Environment.CurrentDirectory, "artifacts");
    }
}
