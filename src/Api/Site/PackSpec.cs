using System.Text.Json.Serialization;

namespace HyperSpector.Api.Site;

/// <summary>A pack: how an IDS gets into an IDS VM, what it runs, what it writes and what it needs (docs/packs.md).</summary>
public sealed record PackSpec
{
    /// <summary>Its name, that of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>The folder it was read from, absolute; its <c>files/</c> are copied into the VM.</summary>
    public required string Directory { get; init; }

    /// <summary>One sentence for people.</summary>
    public string Description { get; set; } = "";

    /// <summary>Distribution packages it installs.</summary>
    public AptSpec? Apt { get; init; }

    /// <summary>Files of the pack's folder (relative to <c>files/</c>) and where they go inside the VM (absolute).</summary>
    public IReadOnlyList<PackFile> Files { get; set; } = [];

    /// <summary>
    /// Command lines, each supervised on its own; may be empty (a pack that only brings tools, such as tcpdump). In an argument,
    /// <c>{mirrors}</c> alone becomes one argument per mirror port, <c>{mirror}</c> the first port's name.
    /// </summary>
    public IReadOnlyList<PackCommand> Run { get; set; } = [];

    /// <summary>Command lines that run at intervals.</summary>
    public IReadOnlyList<PackTask> Schedule { get; set; } = [];

    /// <summary>What it writes and we read.</summary>
    public IReadOnlyList<PackOutput> Outputs { get; set; } = [];

    /// <summary>It needs CAP_NET_ADMIN inside its network namespace.</summary>
    public bool NetAdmin { get; init; }

    /// <summary>Ready-made answers to <c>options:</c> that the user may override; substituted as <c>${name}</c> in files.</summary>
    public IReadOnlyDictionary<string, string> Options { get; set; } = new Dictionary<string, string>();
}

/// <summary>Packages from the distribution.</summary>
/// <param name="Packages">Package names, e.g. <c>suricata</c>.</param>
/// <param name="Suite">A further suite of the same mirror, e.g. <c>bookworm-backports</c>; null for the base's own.</param>
public sealed record AptSpec([property: JsonRequired] IReadOnlyList<string> Packages, string? Suite);

/// <summary>One file: relative source in the pack, absolute target in the VM.</summary>
public sealed record PackFile([property: JsonRequired] string Source, [property: JsonRequired] string Target);

/// <summary>One command line of a pack.</summary>
/// <param name="Name">For logs.</param>
/// <param name="Arguments">Program (absolute) and its arguments.</param>
public sealed record PackCommand([property: JsonRequired] string Name, [property: JsonRequired] IReadOnlyList<string> Arguments);

/// <summary>One command line of a pack that runs at intervals, never twice at a time.</summary>
/// <param name="Name">For logs.</param>
/// <param name="Arguments">Program (absolute) and its arguments.</param>
/// <param name="Every">From one start to the next, e.g. <c>1h</c>; in a pack as it was read, perhaps <c>${option}</c>.</param>
public sealed record PackTask(
    [property: JsonRequired] string Name, [property: JsonRequired] IReadOnlyList<string> Arguments, [property: JsonRequired] string Every);

/// <summary>One file that the IDS writes.</summary>
/// <param name="Path">Absolute path inside the VM; its directory becomes a volume of its own, which the reader sees too.</param>
/// <param name="Format"><c>eve</c> (Suricata EVE JSON: alerts become events) or <c>lines</c> (each line is an event).</param>
public sealed record PackOutput([property: JsonRequired] string Path, [property: JsonRequired] string Format)
{
    /// <summary>Size at which it is rotated unless the pack says otherwise.</summary>
    public const long UsualLimit = 64 * 1024 * 1024;

    /// <summary>Signal at which the pack's commands open it anew (<c>HUP</c>, <c>USR1</c>, <c>USR2</c>, or <c>none</c> where they open it
    /// for every record); null: it is never rotated.</summary>
    public string? Reopen { get; init; }

    /// <summary>Bytes after which it is rotated.</summary>
    public long Limit { get; init; } = UsualLimit;
}
