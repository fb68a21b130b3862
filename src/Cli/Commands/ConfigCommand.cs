using System.CommandLine;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector config check</c>: is the file right?</summary>
internal static class ConfigCommand
{
    internal static Command Create(CliContext context)
    {
        var file = CommonOptions.File($"The file to check (default: {CommonOptions.DefaultFile})");
        var json = CommonOptions.Json("Print one JSON object");
        var check = new Command("check", "Check a file and the packs it names; each problem with file:line:column") { file, json };
        check.SetAction(parsed => Check(context.Screen, parsed.GetValue(file), parsed.GetValue(json)));
        return new Command("config", "Work with the configuration file") { check };
    }

    private static int Check(Screen screen, string? file, bool json)
    {
        var result = SiteFile.Load(file);
        var valid = result.Site is not null;
        var name = file ?? CommonOptions.DefaultFile;
        if (json)
        {
            screen.Json(
                new CheckResult(name, valid, [.. result.Problems.Select(p =>
                    new Problem(p.File, p.Line == 0 ? null : p.Line, p.Line == 0 ? null : p.Column, p.Message))]),
                CliJson.Default.CheckResult);
        }
        else
        {
            foreach (var problem in result.Problems)
                screen.Remark(problem.ToString());
            if (result.Site is { } site)
                screen.Line($"{name}: right ({Count(site.Servers.Count, "server")}, {Count(site.Environments.Count, "environment")})");
        }

        return valid ? ExitCodes.Done : ExitCodes.Usage;
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
