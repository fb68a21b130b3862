using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary>A pack while it is read.</summary>
internal sealed class PackDraft(SourceFile file)
{
    internal SourceFile File => file;

    internal string Description { get; set; } = "";

    internal AptSpec? Apt { get; set; }

    internal IReadOnlyList<PackFile> Files { get; set; } = [];

    internal IReadOnlyList<PackCommand> Run { get; set; } = [];

    /// <summary>Where each of <see cref="Run"/> stands.</summary>
    internal List<Node> CommandPlaces { get; } = [];

    internal IReadOnlyList<PackTask> Schedule { get; set; } = [];

    /// <summary>Where each of <see cref="Schedule"/> stands, and its <c>every</c>.</summary>
    internal List<(Node Run, Node Every)> TaskPlaces { get; } = [];

    internal IReadOnlyList<PackOutput> Outputs { get; set; } = [];

    internal bool NetAdmin { get; set; }

    internal IReadOnlyList<(TextNode At, string Default)> Options { get; set; } = [];
}

/// <summary><c>apt:</c> while it is read.</summary>
internal sealed class AptDraft(SourceFile file)
{
    internal SourceFile File => file;

    internal IReadOnlyList<string>? Packages { get; set; }

    internal string? Suite { get; set; }
}

/// <summary>One of <c>schedule:</c> while it is read.</summary>
internal sealed class TaskDraft(SourceFile file, string name)
{
    internal SourceFile File => file;

    internal string Name => name;

    internal IReadOnlyList<string>? Run { get; set; }

    internal Node? RunAt { get; set; }

    internal string? Every { get; set; }

    internal Node? EveryAt { get; set; }
}

/// <summary>One of <c>outputs:</c> while it is read.</summary>
internal sealed class OutputDraft(SourceFile file)
{
    internal SourceFile File => file;

    internal string? Path { get; set; }

    internal string? Format { get; set; }

    internal string? Reopen { get; set; }

    internal long? Limit { get; set; }
}
