using System.Text.Encodings.Web;
using System.Text.Json;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary><c>artifacts/attacks.jsonl</c>: one line per attack and VM.</summary>
internal static class AttackLog
{
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
