using System.Text.RegularExpressions;
using HyperSpector.Api.Messages;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Cli.Exec;

/// <summary>A user as the runtime takes it: in numbers. They are those of the VM; whatever the VM says, they reach nobody outside it.</summary>
/// <param name="UidAndGid"><c>33:33</c>.</param>
/// <param name="Groups">Further groups.</param>
internal sealed partial record VmUser(string UidAndGid, IReadOnlyList<string> Groups)
{
    // A VM may answer anything, also without end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    internal const string Rule = "must be a user, or user:group, each a name or a number";

    /// <summary>True for <c>name</c>, <c>uid</c>, <c>name:group</c> …</summary>
    internal static bool IsWellFormed(string user) => Form().IsMatch(user);

    /// <summary>Asks the VM's own <c>id</c> and <c>getent</c>: its user database may be anything, and we parse none of it.</summary>
    internal static VmUser Resolve(ExecTarget target, string machine, string user)
    {
        var parts = user.Split(':');
        if (parts.Length == 2 && IsNumber(parts[0]) && IsNumber(parts[1]))
            return new VmUser(user, []);
        var answer = Ask(target, ["id", parts[0]]);
        var identity = answer is null ? null : Identity().Match(answer);
        if (identity is not { Success: true })
        {
            return IsNumber(parts[0]) && parts.Length == 1
                ? new VmUser($"{parts[0]}:0", [])
                : throw new CliException($"there is no user '{parts[0]}' in '{machine}'");
        }

        var uid = identity.Groups[1].Value;
        if (parts.Length == 1)
        {
            var primary = identity.Groups[2].Value;
            return new VmUser($"{uid}:{primary}", [.. identity.Groups[3].Captures.Select(c => c.Value).Where(g => g != primary)]);
        }

        return new VmUser($"{uid}:{GroupId(target, machine, parts[1])}", []);
    }

    private static string GroupId(ExecTarget target, string machine, string group)
    {
        if (IsNumber(group))
            return group;
        return Ask(target, ["getent", "group", group]) is { } entry && GroupEntry().Match(entry) is { Success: true } match
            ? match.Groups[1].Value
            : throw new CliException($"there is no group '{group}' in '{machine}'");
    }

    private static string? Ask(ExecTarget target, IReadOnlyList<string> command)
    {
        var result = Tool.Run(target.Runtime, ["--root", target.Root, "exec", target.ContainerId, .. command], timeout: Patience);
        return result.Status.Succeeded && result.Output.Length < 64 * 1024 ? result.Output : null;
    }

    private static bool IsNumber(string text) => text.Length is > 0 and < 10 && text.All(char.IsAsciiDigit);

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    [GeneratedRegex(@"^uid=(\d{1,9})(?:\([^)]*\))? gid=(\d{1,9})(?:\([^)]*\))?(?: groups=(?:(\d{1,9})(?:\([^)]*\))?,?)*)?", RegexOptions.CultureInvariant)]
    private static partial Regex Identity();

    [GeneratedRegex(@"^[^:]*:[^:]*:(\d{1,9}):", RegexOptions.CultureInvariant)]
    private static partial Regex GroupEntry();
}
