using HyperSpector.Daemon;

// hyperspectord: one per host, root, no network listener. It owns what was asked for and what is; see docs/design.md §2.
var options = DaemonOptions.Parse(args, out var problem);
if (options is null)
{
    Console.Error.WriteLine($"hyperspectord: {problem}");
    return 2;
}

if (System.Environment.UserName != "root")
{
    Console.Error.WriteLine("hyperspectord: must run as root; start it with 'systemctl start hyperspector' or 'sudo hyperspector up'");
    return 1;
}

try
{
    return await Server.RunAsync(options);
}
catch (IOException error)
{
    // What start-up needs and the host does not give: one line, as any tool.
    Console.Error.WriteLine($"hyperspectord: {error.Message}");
    return 1;
}
