using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Hosts.Changes;
using HyperSpector.Engine.Integrity.Signing;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// What a client asks the daemon for, by body and query. Only root is heard, and our CLI sends what the loader has checked; a client of
/// another version, or one written by hand, is told in one line what is wrong, before anything is begun: names become paths of ours.
/// </summary>
public static class Requests
{
    /// <summary>The site of a <c>PUT /site</c>; null with the reason.</summary>
    public static SiteSpec? Site(ReadOnlyMemory<byte> body, out string problem)
    {
        if (Read(body, ApiJson.Default.SiteSpec, out problem) is not { } site)
            return null;
        problem = Defect(site) ?? "";
        return problem.Length == 0 ? site : null;
    }

    /// <summary>What a <c>POST /packs</c> asks for; null with the reason.</summary>
    public static PackBuildRequest? Packs(ReadOnlyMemory<byte> body, out string problem)
    {
        if (Read(body, ApiJson.Default.PackBuildRequest, out problem) is not { } request)
            return null;
        problem = BaseDefect("packs", request.Base) ?? request.Packs.Select(PackDefect).FirstOrDefault(d => d is not null) ?? "";
        return problem.Length == 0 ? request : null;
    }

    /// <summary>What a <c>GET /changes</c> asks for.</summary>
    public static ChangeQuery Changes(Func<string, IReadOnlyList<string>> parameter) => new(
        parameter("machine") is [var machine, ..] ? machine : "", parameter("follow") is ["true"], parameter("mounts") is ["true"], parameter("path"));

    /// <summary>What a <c>POST /acceptances</c> asks for; null with the reason.</summary>
    public static AcceptanceRequest? Acceptance(ReadOnlyMemory<byte> body, out string problem)
    {
        if (Read(body, ApiJson.Default.AcceptanceRequest, out problem) is not { } request)
            return null;
        problem = request.Root.Length != 64 || request.Root.Any(c => !char.IsAsciiHexDigitLower(c)) ? "the digest is none: 64 hexadecimal digits"
            : request.By.Length is 0 or > AcceptanceLog.MostText || request.Reason.Length is 0 or > AcceptanceLog.MostText
                ? $"who accepts and why must be told, in at most {AcceptanceLog.MostText} characters each"
            : request.By.Concat(request.Reason).Any(char.IsControl) ? "who accepts and why: one line each, without control characters"
            : "";
        return problem.Length == 0 ? request : null;
    }

    /// <summary>How many of the last lines are wanted; null: all of them.</summary>
    public static int? Tail(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    /// <summary>One line about what is wrong with a site that the loader would not have made; null when nothing is.</summary>
    internal static string? Defect(SiteSpec site) => site.Servers.Select(s => ServerDefect(s.Key, s.Value, site))
        .Concat(site.Environments.Select(e => EnvironmentDefect(e.Key, e.Value, site)))
        .FirstOrDefault(d => d is not null);

    /// <summary>JSON has no word for infinity, but numbers that become it: what is kept could not be written down.</summary>
    internal static string? NumberDefect(string what, MachineSpec machine) =>
        machine.Resources.Cpus is { } cpus && !double.IsFinite(cpus) ? $"{what}: the number of processors is none" : null;

    private static T? Read<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type, out string problem) where T : class
    {
        problem = "the request has no body";
        if (body.IsEmpty)
            return null;
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            // What is absent is left out. In lists and mappings the serializer would not mind.
            if (!JsonMistakes.HoldsNull(document.RootElement))
                return document.Deserialize(type);
            problem = "the request is not understood: it holds null, where a value or nothing at all should be";
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a key with half of a Unicode pair.
            problem = $"the request is not understood: {JsonMistakes.Line(error)}";
        }

        return null;
    }

    private static string? ServerDefect(string name, ServerSpec server, SiteSpec site)
    {
        if (NameDefect("server", name) is { } defect)
            return defect;
        var what = $"server '{name}'";
        if (server.Machine.Run.Count == 0)
            return $"{what} has no 'run'";
        if (server.DependsOn.FirstOrDefault(d => !site.Servers.ContainsKey(d.Server)) is { } dependency)
            return $"{what} depends on {Quoted.Text(dependency.Server)}, which is no server";
        return MachineDefect(what, server.Machine);
    }

    private static string? EnvironmentDefect(string name, EnvironmentSpec environment, SiteSpec site)
    {
        if (NameDefect("environment", name) is { } defect)
            return defect;
        var what = $"environment '{name}'";
        if (site.Servers.ContainsKey(name))
            return $"{what} has the name of a server";
        if (environment.Machine.Run.Count + environment.Packs.Count == 0)
            return $"{what} has neither 'packs' nor 'run'";
        if (environment.Watch.FirstOrDefault(w => !site.Servers.ContainsKey(w)) is { } unknown)
            return $"{what} watches {Quoted.Text(unknown)}, which is no server";
        if (environment.Watch.Distinct().Count() != environment.Watch.Count)
            return $"{what} watches a server twice";
        return MachineDefect(what, environment.Machine) ?? environment.Packs.Select(PackDefect).FirstOrDefault(d => d is not null);
    }

    private static string? MachineDefect(string what, MachineSpec machine) => NumberDefect(what, machine) ?? BaseDefect(what, machine.Base);

    private static string? PackDefect(PackSpec pack) => NameDefect("pack", pack.Name);

    private static string? BaseDefect(string what, BaseSpec lower) =>
        (lower.Host ? 1 : 0) + (lower.Directory is null ? 0 : 1) + (lower.Image is null ? 0 : 1) == 1
            ? null : $"{what}: the base is one of 'host', 'directory' and 'image'";

    private static string? NameDefect(string what, string name) =>
        Names.IsName(name) ? null : $"{what} {Quoted.Text(name)}: a name is at most {ConfigurationLimits.NameLength} letters a-z, digits and dashes, a letter first";
}
