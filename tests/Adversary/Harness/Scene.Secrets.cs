using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>What must not be read and must not change.</summary>
public sealed partial class Scene
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode World = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private readonly Dictionary<string, string> _planted = [];
    private readonly List<string> _madeDirectories = [];

    /// <summary>A file that every VM sees, in the shared layer; it is no secret, but must not change.</summary>
    public string SharedFile => $"/usr/local/share/hyperspector-test-{Host.Name}";

    /// <summary>Another, which a VM may make disappear from its own view.</summary>
    public string DoomedFile => SharedFile + "-doomed";

    /// <summary>A file with a secret for the controls.</summary>
    public string NativeSecret => $"{Directory}/secret";

    /// <summary>The base's files that hold a secret.</summary>
    public IReadOnlyList<string> SecretFiles => [.. _planted.Keys.Where(p => p != NativeSecret && p != SharedFile && p != DoomedFile)];

    /// <summary>
    /// Paths that an attacker would try: ours, the base's real secrets, our directories and those that hold the layers of VMs.
    /// </summary>
    public IReadOnlyList<string> Targets =>
    [
        .. SecretFiles, "/etc/shadow", "/etc/gshadow", "/etc/shadow-", "/root", "/root/.ssh", "/etc/ssh", Host.Paths.Run, Host.Paths.State,
        .. LayersOf(Web), .. LayersOf(Edge), .. LayersOf(Db),
        $"{Host.Paths.MachineRun(Web)}/rootfs/root", $"{Host.Paths.MachineRun(Edge)}/rootfs/root",
        $"{Host.Paths.MachineState(Edge)}/spool", $"{Host.Paths.MachineState(Web)}/log",
    ];

    /// <summary>Where a VM's own files lie in the base: its upper layers.</summary>
    public IReadOnlyList<string> LayersOf(string machine)
    {
        var upper = $"{Host.Paths.MachineState(machine)}/upper";
        return System.IO.Directory.Exists(upper)
            ? [.. System.IO.Directory.EnumerateFiles(upper, "secret", SearchOption.AllDirectories).Where(f => f.EndsWith("/root/secret", StringComparison.Ordinal))]
            : [];
    }

    /// <summary>Secrets in a program's output that are not the attacker's own; null if there are none.</summary>
    public string? Leak(string output, Place? attacker)
    {
        foreach (var secret in _planted.Values.Where(v => v.StartsWith("HSSECRET-", StringComparison.Ordinal)))
        {
            if (output.Contains(secret, StringComparison.Ordinal))
                return $"a secret of the base ({_planted.First(p => p.Value == secret).Key})";
        }

        foreach (var place in Places.Where(p => p != attacker))
        {
            if (output.Contains(place.FileSecret, StringComparison.Ordinal) || output.Contains(place.MemorySecret, StringComparison.Ordinal))
                return $"a secret of {place.Name}";
        }

        foreach (var (path, hash) in RealSecrets.Value)
        {
            if (output.Contains(hash, StringComparison.Ordinal))
                return $"the base's {path}";
        }

        return null;
    }

    /// <summary>Is anything of the base or of another VM harmed? Says what.</summary>
    public string? Harm(Place? attacker)
    {
        foreach (var (path, content) in _planted)
        {
            if (!File.Exists(path) || File.ReadAllText(path) != content)
                return $"{path} has changed";
        }

        foreach (var place in Places.Where(p => p != attacker && !p.IsAlive))
            return $"the process of {place.Name} is gone";
        return Machine() is var now && now != _machine ? $"the machine has changed: {_machine} became {now}" : null;
    }

    private string _machine = "";

    private static string Machine()
    {
        // How far the clock is ahead of the time since boot; rounded, as it drifts.
        var boot = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - (Environment.TickCount64 / 1000);
        var sysctl = (string name) => File.Exists($"/proc/sys/kernel/{name}") ? File.ReadAllText($"/proc/sys/kernel/{name}").Trim() : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"host {sysctl("hostname")} domain {sysctl("domainname")} core {sysctl("core_pattern")} clock {(boot + 30) / 60}");
    }

    // Hashes only: the contents appear nowhere. A password file without any password is no secret.
    private static readonly Lazy<IReadOnlyDictionary<string, string>> RealSecrets = new(() =>
    {
        var found = new Dictionary<string, string>();
        var files = new List<string> { "/etc/shadow", "/etc/gshadow", "/etc/shadow-" };
        if (System.IO.Directory.Exists("/etc/ssh"))
            files.AddRange(System.IO.Directory.EnumerateFiles("/etc/ssh", "ssh_host_*_key"));
        foreach (var file in files.Where(File.Exists))
        {
            var content = File.ReadAllBytes(file);
            if (file.StartsWith("/etc/ssh/", StringComparison.Ordinal) || content.AsSpan().IndexOf((byte)'$') >= 0)
                found[file] = Convert.ToHexStringLower(SHA256.HashData(content));
        }

        return found;
    });

    private void PlantSecrets()
    {
        var id = Host.Name;
        Plant(NativeSecret, Private);
        Plant($"/root/hyperspector-test-{id}", Private);
        Plant($"/etc/hyperspector-test-{id}", Private);
        // Readable by everybody on the base, and still none of a VM's business: nobody has allowed it.
        Plant($"/etc/hyperspector-test-{id}.world", World);
        Plant($"/etc/ssh/ssh_host_test{id}_key", Private);
        Plant($"/usr/local/etc/hyperspector-test-{id}", World);
        Plant($"/srv/hyperspector-test-{id}", World);
        Plant($"/opt/hyperspector-test-{id}", World);
        Plant($"/home/hyperspector-test-{id}", World);
        Plant($"/var/lib/hyperspector-test-{id}", World);
        Plant($"/var/log/hyperspector-test-{id}", World);
        Plant($"/var/tmp/hyperspector-test-{id}", World);
        Plant($"{Host.Paths.State}/test-secret", Private);
        Plant($"{Host.Paths.Run}/test-secret", Private);
        File.WriteAllText(SharedFile, $"shared {id}\n");
        File.SetUnixFileMode(SharedFile, World);
        _planted[SharedFile] = $"shared {id}\n";
        File.WriteAllText(DoomedFile, $"shared {id}\n");
        _planted[DoomedFile] = $"shared {id}\n";
        _machine = Machine();
    }

    private void Plant(string path, UnixFileMode mode)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (!System.IO.Directory.Exists(directory))
        {
            _ = System.IO.Directory.CreateDirectory(directory);
            _madeDirectories.Add(directory);
        }

        var secret = "HSSECRET-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        File.WriteAllBytes(path, Encoding.ASCII.GetBytes(secret));
        File.SetUnixFileMode(path, mode);
        _planted[path] = secret;
    }

    private void Unplant()
    {
        foreach (var path in _planted.Keys)
        {
            if (File.Exists(path))
                File.Delete(path);
        }

        foreach (var directory in _madeDirectories.Where(d => System.IO.Directory.Exists(d) && !System.IO.Directory.EnumerateFileSystemEntries(d).Any()))
            System.IO.Directory.Delete(directory);
    }
}
