using HyperSpector.Api.Messages;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Cryptography;

namespace HyperSpector.Engine.Integrity.Signing;

/// <summary>
/// The base's part of integrity checks (docs/adr/0005): for each environment a key, which never leaves the base, and lists of what was
/// accepted, which its IDS VM sees read-only. Of what is in that VM it knows a digest that the administrator hands in, and reads nothing.
/// </summary>
internal sealed class AcceptanceDesk(HostPaths paths)
{
    private readonly Lock _lock = new();

    /// <summary>The directory that becomes <see cref="Api.Plans.IntegrityPaths.Acceptances"/>.</summary>
    internal static string DirectoryOf(HostPaths paths, string environment) => $"{paths.MachineState(environment)}/acceptances";

    /// <summary>Makes the key and the directory of an environment if they are not there.</summary>
    internal void Prepare(string environment)
    {
        lock (_lock)
        {
            var directory = DirectoryOf(paths, environment);
            PrivateDirectory.Create(paths.MachineState(environment));
            PrivateDirectory.Create(directory);
            // What a daemon that was killed in between has left is half of a pair, which nothing was signed with.
            if (File.Exists(KeyOf(environment)) && File.Exists($"{directory}/key"))
                return;
            File.Delete(KeyOf(environment));
            File.Delete($"{directory}/key");
            BaseSigner.MakeKeys(KeyOf(environment), $"{directory}/key");
        }
    }

    /// <summary>Signs that a baseline is as it should be.</summary>
    /// <exception cref="IntegrityException">It cannot be, in one line.</exception>
    internal void Accept(AcceptanceRequest request, DateTimeOffset at)
    {
        lock (_lock)
        {
            var key = BaseSigner.ReadKey(KeyOf(request.Environment));
            BaseSigner.Accept(Convert.FromHexString(request.Root), LogOf(request.Environment, request.Server), request.Server, key,
                (request.By, request.Reason, at));
        }
    }

    /// <summary>What was accepted of a server, from the first to the last.</summary>
    internal IReadOnlyList<AcceptanceRecord> History(string environment, string server)
    {
        lock (_lock)
        {
            var file = LogOf(environment, server);
            if (!File.Exists(file))
                return [];
            var open = Ed25519.PublicKey(BaseSigner.ReadKey(KeyOf(environment)));
            return [.. AcceptanceLog.Read(server, File.ReadAllBytes(file), open).Entries
                .Select(e => new AcceptanceRecord(e.Server, e.Number, e.Root, e.At, e.By, e.Reason))];
        }
    }

    private string KeyOf(string environment) => $"{paths.MachineState(environment)}/integrity.key";

    private string LogOf(string environment, string server) => $"{DirectoryOf(paths, environment)}/{server}.log";
}
