using System.Text.Json;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Packs;
using Xunit;

namespace HyperSpector.Tests.Unit.Configuration;

public sealed class SchemaTests
{
    private static readonly string Docs = SourceTree.Root("docs");

    [Theory]
    [InlineData("hyperspector.schema.json")]
    [InlineData("pack.schema.json")]
    [InlineData("integrity.schema.json")]
    public void Schema_InDocs_IsWhatTheKeysSay(string name)
    {
        var generated = name switch
        {
            "pack.schema.json" => ConfigurationSchema.Pack(),
            "integrity.schema.json" => ConfigurationSchema.Integrity(),
            _ => ConfigurationSchema.Site(),
        };
        var written = Path.Join(AppContext.BaseDirectory, name);
        File.WriteAllText(written, generated);
        Assert.True(File.ReadAllText(Path.Join(Docs, name)) == generated, $"docs/{name} is stale: cp {written} {Docs}/");
    }

    [Fact]
    public void Loader_EveryKeyOfTheSchema_IsKnown()
    {
        using var files = new Loading();
        foreach (var (path, key) in Keys(ConfigurationSchema.Site()))
        {
            // A list where every key wants something else: what matters is that the key is not called unknown.
            var yaml = path switch
            {
                "" => $"{key}: [[]]",
                "server" => $"servers: {{web: {{{key}: [[]]}}}}",
                "environment" => $"environments: {{edge: {{{key}: [[]]}}}}",
                "volume" => $"servers: {{web: {{volumes: [{{{key}: [[]]}}]}}}}",
                "resources" => $"servers: {{web: {{resources: {{{key}: [[]]}}}}}}",
                "health" => $"servers: {{web: {{health: {{{key}: [[]]}}}}}}",
                "watch" => $"environments: {{edge: {{watch: [{{{key}: [[]]}}]}}}}",
                "rule" => $"environments: {{edge: {{watch: [{{server: web, only: {{{key}: [[]]}}}}]}}}}",
                "pack" => $"environments: {{edge: {{packs: [{{{key}: [[]]}}]}}}}",
                _ => throw new InvalidOperationException(path),
            };
            var problems = files.Problems(yaml);
            Assert.NotEmpty(problems);
            Assert.DoesNotContain(problems, p => p.Contains("unknown key", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("configuration.md")]
    [InlineData("packs.md")]
    [InlineData("integrity.md")]
    public void Reference_EveryKeyOfItsSchema_IsDescribed(string name)
    {
        var text = File.ReadAllText(Path.Join(Docs, name));
        foreach (var (path, key) in Keys(name switch
        {
            "packs.md" => ConfigurationSchema.Pack(),
            "integrity.md" => ConfigurationSchema.Integrity(),
            _ => ConfigurationSchema.Site(),
        }))
            Assert.True(text.Contains($"`{key}`", StringComparison.Ordinal), $"docs/{name} does not mention `{key}` (of {path})");
    }

    [Fact]
    public void Examples_OfConfigurationMd_Load()
    {
        using var files = new Loading();
        foreach (var pack in new[] { "suricata", "tcpdump" })
            Copy(SourceTree.Root($"packs/{pack}"), Path.Join(files.Root, "packs", pack));
        foreach (var directory in new[] { "site", "certs", "rules", "rootfs" })
            _ = Directory.CreateDirectory(Path.Join(files.Root, directory));
        files.Variables["HOME"] = "/root";

        var examples = Blocks("configuration.md").Where(b => b.StartsWith("servers:", StringComparison.Ordinal)).ToList();

        Assert.Equal(2, examples.Count);
        Assert.All(examples, e => Assert.Empty(files.Problems(e)));
    }

    [Fact]
    public void Example_OfPacksMd_Loads()
    {
        using var files = new Loading();
        var script = Blocks("packs.md", "sh").Single();
        _ = files.Write("packs/strange/files/strange.sh", script);
        _ = files.Write("packs/strange/pack.yaml", Blocks("packs.md").Single(b => b.StartsWith("description:", StringComparison.Ordinal)));
        var site = Blocks("packs.md").Single(b => b.StartsWith("environments:", StringComparison.Ordinal));

        var result = files.Load("servers:\n  web:\n    run: [nginx]\n" + site);

        Assert.Empty(result.Problems);
        var file = Assert.Single(PackInstall.Files(result.Site!.Environments["edge"].Packs.Single(), new PackSurroundings(["mon0"], ["web"])));
        Assert.EndsWith("tcpdump -lni mon0 'tcp port 23 or tcp port 512' >> /var/log/strange/strange.log\n", file.Content, StringComparison.Ordinal);
    }

    // Code blocks of a document, without the indentation of a list.
    private static IEnumerable<string> Blocks(string name, string language = "yaml")
    {
        var lines = File.ReadAllLines(Path.Join(Docs, name));
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimStart() != $"```{language}")
                continue;
            var indent = lines[i].Length - lines[i].TrimStart().Length;
            var block = lines.Skip(i + 1).TakeWhile(l => l.TrimStart() != "```").ToList();
            i += block.Count + 1;
            yield return string.Concat(block.Select(l => (l.Length >= indent ? l[indent..] : l) + "\n"));
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Join(to, Path.GetRelativePath(from, file));
            _ = Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static IEnumerable<(string Path, string Key)> Keys(string schema)
    {
        using var document = JsonDocument.Parse(schema);
        foreach (var key in document.RootElement.GetProperty("properties").EnumerateObject())
            yield return ("", key.Name);
        foreach (var definition in document.RootElement.GetProperty("definitions").EnumerateObject())
        {
            foreach (var key in definition.Value.GetProperty("properties").EnumerateObject())
                yield return (definition.Name, key.Name);
        }
    }
}
