using System.Globalization;
using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Memory and inter-process communication of others.</summary>
internal static class MemoryAttacks
{
    private const string Wall = "MOD-3 MOD-4 IDS-3 SRV-1";
    private const string Program = "processes.py";

    internal static readonly IReadOnlyList<Attack> All =
    [
        Memory("memory.vm-read", "read another's memory (process_vm_readv)", "read-memory", p => p.Address),
        Memory("memory.mem-file", "read another's memory (/proc/PID/mem)", "read-mem-file", p => p.Address),
        Memory("memory.ptrace", "trace a process of another", "trace", p => p.Address),
        Memory("memory.descriptor", "take an open file from another (pidfd_getfd)", "steal-descriptor", p => p.Descriptor),
        new Attack
        {
            Id = "memory.vm-write",
            What = "overwrite another's memory (process_vm_writev)",
            Requirements = Wall,
            Program = Program,
            Native = s => Write(s.OrdinaryClient, [Pair(s.OrdinaryClient)]),
            Inside = (s, p) => Write(s.Base, [.. s.Places.Where(o => o != p).Select(Pair)]),
        },
        Ipc("memory.shared", "attach another's System V shared memory", "shared-memory", p => p.Key.ToString(CultureInfo.InvariantCulture)),
        Ipc("memory.queue", "read another's POSIX message queue", "message-queue", p => p.Marker),
        new Attack
        {
            Id = "memory.dev-shm",
            What = "read another's POSIX shared memory",
            Requirements = Wall,
            Program = "files.py",
            Native = SharedFile,
            Inside = (s, _) => SharedFile(s),
        },
        new Attack
        {
            Id = "memory.abstract-socket",
            What = "connect to another's abstract Unix socket",
            Requirements = Wall,
            Program = "network.py",
            Native = s => new Trial("abstract", s.Base.Marker),
            Inside = (s, p) => new Trial(["abstract", .. s.Places.Where(o => o != p).Select(o => o.Marker)]),
            Expected = "ECONNREFUSED",
        },
    ];

    private static string Pair(Place place) => Pair(place, place.Address);

    private static string Pair(Place place, string where) => string.Create(CultureInfo.InvariantCulture, $"{place.Pid}:{where}");

    private static Attack Memory(string id, string what, string kind, Func<Place, string> where) => new()
    {
        Id = id,
        What = what,
        Requirements = Wall,
        Program = Program,
        Native = s => new Trial(kind, Pair(s.Base, where(s.Base))),
        // The same pid may also be counted from within: every small one is tried as well.
        Inside = (s, p) => new Trial(
        [
            kind, .. s.Places.Where(o => o != p).Select(o => Pair(o, where(o))),
            .. s.Places.Where(o => o != p).SelectMany(o => Enumerable.Range(2, 60).Select(pid => $"{pid}:{where(o)}")).Where(_ => kind != "trace"),
        ]),
    };

    private static Attack Ipc(string id, string what, string kind, Func<Place, string> name) => new()
    {
        Id = id,
        What = what,
        Requirements = Wall,
        Program = Program,
        Native = s => new Trial(kind, name(s.Base)),
        Inside = (s, p) => new Trial([kind, .. s.Places.Where(o => o != p).Select(name)]),
    };

    private static Trial Write(Place victim, IReadOnlyList<string> pairs) => new(["write-memory", .. pairs])
    {
        Effect = _ =>
        {
            using var memory = new FileStream($"/proc/{victim.Pid}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
            memory.Position = long.Parse(victim.Address, CultureInfo.InvariantCulture);
            var text = new byte[9];
            memory.ReadExactly(text);
            return text.AsSpan().SequenceEqual("HSSECRET-"u8) ? null : $"the memory of {victim.Name} reads otherwise";
        },
    };

    private static Trial SharedFile(Scene scene)
    {
        var path = $"/dev/shm/hyperspector-test-{scene.Host.Name}";
        return new Trial("read-paths", path)
        {
            Before = () => File.WriteAllText(path, scene.Base.FileSecret),
            After = () => File.Delete(path),
        };
    }
}
