using HyperSpector.Engine.Integrity;
using HyperSpector.Engine.Integrity.Signing;
using HyperSpector.Integrity;

// hyperspector-integrity: records and checks the files of a server VM, from the IDS VM; docs/integrity.md is its manual.
const int Usage = 64, Failed = 65;
const string Synopsis = """
    usage: hyperspector-integrity init | accept   --reason TEXT [--by NAME] [where]
           hyperspector-integrity candidate       --key PUBLIC --log FILE [where]
           hyperspector-integrity check           [--changed | --full] [--json] [where]
           hyperspector-integrity report          [--json] [where]
           hyperspector-integrity keygen          PRIVATE PUBLIC
           hyperspector-integrity sign            --key PRIVATE --log FILE --server NAME --reason TEXT [--by NAME] CANDIDATE
    where: --server NAME  one of several servers      --state DIR   default /var/lib/hyperspector/integrity/NAME
           --policy FILE  default /etc/hyperspector/integrity.yaml
           --key PUBLIC --log FILE  acceptances must be signed on the base
           --merged DIR   a directory of this machine, not the views: full checks only
           --merged DIR --upper DIR --generation TEXT  an overlay of this machine
    check ends with 0 if nothing differs, else with a sum of 1 (added), 2 (removed), 4 (changed), 8 (could not be read);
    64: wrong usage; 65: no check was made
    """;
try
{
    if (args is ["--help" or "help"])
    {
        Console.Out.WriteLine(Synopsis);
        return 0;
    }

    if (args.Length == 0 || args[0] is ['-', ..])
        throw new UsageException(args.Length == 0 ? "which command? --help lists them" : $"unknown option {args[0]}; --help lists them");
    var options = Options.Parse(args.AsSpan(1));
    var station = new Lazy<IntegrityStation>(() => new IntegrityStation(Settings(options), TimeProvider.System));
    using var output = Console.OpenStandardOutput();
    switch (args[0], options.Arguments)
    {
        case ("init" or "accept", []):
            return station.Value.Record(By(options), Needed(options, "--reason"), args[0] == "init", Console.Out);
        // For 'hyperspector integrity accept', which tells the base who and why.
        case ("candidate", []) when options.Has("--key"):
            return station.Value.Record(By(options), "", first: null, Console.Out);
        case ("check", []) when !(options.Has("--full") && options.Has("--changed")):
            return station.Value.Check(changedOnly: !options.Has("--full"), options.Has("--json"), output);
        case ("report", []):
            station.Value.Report(options.Has("--json"), output);
            return 0;
        case ("keygen", [var secret, var open]):
            BaseSigner.MakeKeys(secret, open);
            return 0;
        case ("sign", [var candidate]):
            var digest = BaseSigner.Accept(
                candidate, Needed(options, "--log"), Needed(options, "--server"), BaseSigner.ReadKey(Needed(options, "--key")),
                (By(options), Needed(options, "--reason"), TimeProvider.System.GetUtcNow()));
            Console.Out.WriteLine($"accepted: {digest}");
            return 0;
        default:
            throw new UsageException($"{args[0]}: unknown command, or other arguments than it takes; --help lists them");
    }
}
catch (UsageException wrong)
{
    Console.Error.WriteLine($"hyperspector-integrity: {wrong.Message}");
    return Usage;
}
catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
{
    foreach (var line in failed.Message.Split('\n'))
        Console.Error.WriteLine($"hyperspector-integrity: {line}");
    return Failed;
}

static StationSettings Settings(Options options)
{
    var server = options.Value("--server");
    if (server is not null && (server.Length is 0 or > 64 || server.Contains('/', StringComparison.Ordinal)))
        throw new UsageException($"--server: {server} is no server's name");
    var below = server is not null && Directory.Exists($"/.serverfs/{server}") && Directory.Exists($"/.dserverfs/{server}") ? $"/{server}" : "";
    var own = options.Value("--generation");
    return new StationSettings
    {
        Server = server ?? "server",
        Merged = options.Value("--merged") ?? $"/.serverfs{below}",
        Upper = options.Value("--upper") ?? (options.Has("--merged") ? null : $"/.dserverfs{below}"),
        Generation = own,
        State = options.Value("--state") ?? $"/var/lib/hyperspector/integrity/{server ?? "server"}",
        Policy = options.Value("--policy") ?? "/etc/hyperspector/integrity.yaml",
        Log = options.Value("--log"),
        PublicKey = options.Value("--key") is { } key ? BaseSigner.ReadKey(key) : null,
    };
}

static string Needed(Options options, string option) => options.Value(option) ?? throw new UsageException($"{option} is missing");

static string By(Options options) => options.Value("--by") ?? Environment.GetEnvironmentVariable("SUDO_USER") ?? Environment.UserName;
