using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// Where one host keeps its things. A host is a name, these directories and the network namespace its daemon runs in; several
/// coexist on one machine (design §3). Everything here is root's, mode 0700.
/// </summary>
public sealed class HostPaths
{
    /// <summary>The name of a machine's ordinary, only host.</summary>
    public const string DefaultName = "default";

    /// <summary>Paths of a host; <paramref name="prefix"/> is for tests (<c>/</c> otherwise).</summary>
    public HostPaths(string name = DefaultName, string prefix = "/", string? cache = null)
    {
        Name = name;
        var suffix = name == DefaultName ? "" : $"-{name}";
        Run = Path.Join(prefix, $"run/hyperspector{suffix}");
        State = Path.Join(prefix, $"var/lib/hyperspector{suffix}");
        CgroupRoot = $"/hyperspector{suffix}";
        Cache = cache ?? Path.Join(prefix, "var/cache/hyperspector");
    }

    /// <summary>True for 1 to 32 letters, digits or dashes after a letter: the name becomes part of paths and of nft tables.</summary>
    public static bool IsValidName(string name) =>
        name.Length is > 0 and <= 32 && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    /// <summary>The host's name: letters, digits and dashes.</summary>
    public string Name { get; }

    /// <summary>Gone after a reboot: sockets, FIFOs, bundles, mount points.</summary>
    public string Run { get; }

    /// <summary>Kept over a reboot: what was asked for, upper layers, spools, logs.</summary>
    public string State { get; }

    /// <summary>What can be made again: pack layers and generated base layers, shared by the hosts of a machine.</summary>
    public string Cache { get; }

    /// <summary>The daemon's socket.</summary>
    public string Socket => $"{Run}/hyperspectord.sock";

    /// <summary>runc's own state (its <c>--root</c>).</summary>
    public string RuntimeRoot => RuntimeRootOf("runc");

    /// <summary>A runtime's own state; each has its own directory, so that it is known whose a VM is.</summary>
    public string RuntimeRootOf(string runtime) => $"{Run}/{runtime}";

    /// <summary>Run directory of a VM.</summary>
    public string MachineRun(string machine) => $"{Run}/vms/{machine}";

    /// <summary>State directory of a VM.</summary>
    public string MachineState(string machine) => $"{State}/vms/{machine}";

    /// <summary>Container id, unique on the machine: it also names the cgroup.</summary>
    public string ContainerId(string machine) => $"hyperspector-{Name}-{machine}";

    /// <summary>
    /// The cgroup of all VMs of this host, below each hierarchy's root. No two hosts share one: whoever removes an empty directory would
    /// pull it from under a runtime that has just found it there.
    /// </summary>
    public string CgroupRoot { get; }

    /// <summary>cgroup path of a VM below each hierarchy's root.</summary>
    public string CgroupPath(string machine) => $"{CgroupRoot}/{machine}";

    /// <summary>
    /// An interface name in the base: <c>hs</c>, a letter for its role (p: a server's port, m: a mirror port) and 8 hex digits
    /// of a hash over host and subject, so that names never collide and never pass IFNAMSIZ - 1 = 15 characters.
    /// </summary>
    public string Interface(char role, string subject)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Name}/{subject}"));
        return string.Create(CultureInfo.InvariantCulture, $"hs{role}{Convert.ToHexStringLower(hash.AsSpan(0, 4))}");
    }
}
