using System.Text.RegularExpressions;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary><c>secrets:</c>, each <c>FILE[:NAME]</c>.</summary>
internal static partial class SecretReader
{
    internal const string Schema = """{"type":"array","items":{"type":"string","minLength":1}}""";

    internal static IReadOnlyList<SecretSpec> Read(SourceFile file, Node node)
    {
        var secrets = new List<SecretSpec>();
        foreach (var item in Values.List(file, node, "secrets") ?? [])
        {
            if (One(file, item) is not { } secret)
                continue;
            if (secrets.Any(s => s.Name == secret.Name))
                file.Report(item, $"secrets: there are two of the name {Quoted.Text(secret.Name)}; give one another: FILE:NAME");
            else
                secrets.Add(secret);
        }

        return secrets;
    }

    private static SecretSpec? One(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "secret") is not { } text)
            return null;
        var parts = text.Split(':');
        if (parts.Length > 2 || parts[0].Length == 0 || parts[0].Contains('\0', StringComparison.Ordinal))
        {
            file.Report(node, $"secret {Quoted.Text(text)}: write FILE or FILE:NAME; it appears as /run/secrets/NAME");
            return null;
        }

        var source = file.Resolve(parts[0]);
        var name = parts.Length == 2 ? parts[1] : Path.GetFileName(source);
        if (!Name().IsMatch(name))
        {
            file.Report(node, $"secret {Quoted.Text(text)}: {Quoted.Text(name)} is not a name below /run/secrets; use at most 64 letters, digits, dots, dashes and underscores, no dot first");
            return null;
        }

        // A directory is there, but no file.
        if (!File.Exists(source))
        {
            file.Report(node, $"secret {Quoted.Text(parts[0])}: the host has no such file");
            return null;
        }

        if (new FileInfo(source).Length <= SecretSpec.Largest)
            return new SecretSpec(source, name);
        file.Report(node, $"secret {Quoted.Text(parts[0])} is larger than {SecretSpec.Largest >> 10} KiB; a large file is a volume");
        return null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}\z")]
    private static partial Regex Name();
}
