using System.Text.Json;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Images;

/// <summary>An image's settings (image-spec, config.md): what a VM made of it does unless its YAML says otherwise. Pure.</summary>
internal sealed record ImageConfig
{
    internal required Platform Platform { get; init; }

    /// <summary>Digests of the layers' archives, unpacked; the lowest first.</summary>
    internal required IReadOnlyList<Digest> Unpacked { get; init; }

    internal IReadOnlyList<string> Entrypoint { get; private init; } = [];

    internal IReadOnlyList<string> Command { get; private init; } = [];

    internal IReadOnlyList<KeyValuePair<string, string>> Environment { get; private init; } = [];

    /// <summary>Null for root.</summary>
    internal string? User { get; private init; }

    /// <summary>Null for <c>/</c>.</summary>
    internal string? WorkingDirectory { get; private init; }

    /// <summary>A name of <see cref="Signals"/>, or null.</summary>
    internal string? StopSignal { get; private init; }

    internal static ImageConfig Parse(ReadOnlyMemory<byte> bytes, string what)
    {
        using var document = Json.Object(bytes, what);
        var root = document.RootElement;
        var files = Json.Required(root, "rootfs", what);
        if (Json.Text(files, "type", what) is not "layers" and var type)
            throw new ImageException($"{what}: the type of its rootfs is {Json.Shown(type)}, not 'layers'");
        var image = new ImageConfig
        {
            Platform = new Platform(
                Json.Text(root, "os", what) ?? throw new ImageException($"{what} has no 'os'"),
                Json.Text(root, "architecture", what) ?? throw new ImageException($"{what} has no 'architecture'"),
                Json.Text(root, "variant", what)),
            Unpacked = [.. Json.Texts(files, "diff_ids", what).Select(Digest.Parse)],
        };
        return Json.Find(root, "config") is { } settings ? Settings(image, settings, what) : image;
    }

    private static ImageConfig Settings(ImageConfig image, JsonElement settings, string what)
    {
        if (settings.ValueKind != JsonValueKind.Object)
            throw new ImageException($"{what}: 'config' is not a JSON object");
        return image with
        {
            Entrypoint = Json.Texts(settings, "Entrypoint", what),
            Command = Json.Texts(settings, "Cmd", what),
            Environment = Variables(Json.Texts(settings, "Env", what), what),
            User = Account(Json.Text(settings, "User", what), what),
            WorkingDirectory = Directory(Json.Text(settings, "WorkingDir", what), what),
            StopSignal = Signal(Json.Text(settings, "StopSignal", what), what),
        };
    }

    private static List<KeyValuePair<string, string>> Variables(IReadOnlyList<string> lines, string what)
    {
        var variables = new List<KeyValuePair<string, string>>();
        foreach (var line in lines)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new ImageException($"{what}: environment variable {Quoted.Text(line)} has not the form NAME=value");
            variables.Add(new(line[..equals], line[(equals + 1)..]));
        }

        return variables;
    }

    private static string? Account(string? user, string what)
    {
        if (string.IsNullOrEmpty(user))
            return null;
        return UserReader.Problem(user) is { } problem ? throw new ImageException($"{what}: {problem}") : user;
    }

    private static string? Directory(string? path, string what)
    {
        if (string.IsNullOrEmpty(path))
            return null;
        return path.StartsWith('/') && !path.Split('/').Any(p => p is "." or "..") && !path.Any(char.IsControl)
            ? path
            : throw new ImageException($"{what}: working directory {Quoted.Text(path)} is not an absolute path without '.' and '..'");
    }

    private static string? Signal(string? name, string what)
    {
        if (string.IsNullOrEmpty(name))
            return null;
        return Signals.Normal(name) ?? throw new ImageException($"{what}: stop signal {Quoted.Text(name)} is unknown");
    }
}
