using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>
/// A place with an observer in it (post.py): it holds secrets, listens to everything, and is itself a process that must not be seen
/// or harmed from elsewhere.
/// </summary>
public sealed class Place : IDisposable
{
    public const int Port = 7777;
    private readonly TestHost? _machines;
    private readonly IReadOnlyList<string> _enter;
    private Background? _post;
    private int _found;

    private Place(string name, TestHost? machines, IReadOnlyList<string> enter)
    {
        Name = name;
        _machines = machines;
        _enter = enter;
        Marker = $"hspost-{name}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        Key = RandomNumberGenerator.GetInt32(1 << 20, int.MaxValue);
        // Only ever written inside the place; the test knows it, the attackers do not.
        MemorySecret = "HSSECRET-" + Md5(Marker);
        FileSecret = "HSSECRET-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    }

    public string Name { get; }

    /// <summary>Names its process, its abstract socket and its message queue.</summary>
    public string Marker { get; }

    /// <summary>Of its System V shared memory.</summary>
    public int Key { get; }

    /// <summary>In its process's memory, in a descriptor and in IPC objects.</summary>
    public string MemorySecret { get; }

    /// <summary>In a file of root's.</summary>
    public string FileSecret { get; }

    /// <summary>Address of the secret in the process.</summary>
    public string Address { get; private set; } = "0";

    /// <summary>Descriptor that leads to the secret.</summary>
    public string Descriptor { get; private set; } = "0";

    /// <summary>What has reached it.</summary>
    public string Log => _post?.Output ?? "";

    public bool IsAlive => _post is { HasEnded: false } && Pid != 0;

    /// <summary>Its process, as the base numbers it; 0 when it is gone.</summary>
    public int Pid => _post is null ? 0 : _machines is null ? _post.Pid : FindPid();

    /// <summary>A place of the base's kind: a network namespace of this machine.</summary>
    public static Place Native(string name, string space) => new(name, null, TestNetwork.Enter(space));

    /// <summary>A VM.</summary>
    public static Place Machine(string name, TestHost host) => new(name, host, []);

    /// <summary>Starts the observer if it is not there: an attack on "every process" takes along that of its own VM.</summary>
    public void Ensure()
    {
        if (IsAlive)
            return;
        _post?.Dispose();
        string[] arguments = [Marker, Key.ToString(CultureInfo.InvariantCulture), Port.ToString(CultureInfo.InvariantCulture)];
        if (_machines is null)
        {
            _post = new Background("nsenter", [.. _enter, "/usr/bin/python3", Programs.PathOf("post.py"), .. arguments]);
        }
        else
        {
            _machines.Deliver(Name, "/tmp/post.py", File.ReadAllBytes(Programs.PathOf("post.py")));
            _machines.Deliver(Name, "/root/secret", Encoding.ASCII.GetBytes(FileSecret));
            _post = _machines.StartExec(Name, ["/usr/bin/python3", "/tmp/post.py", .. arguments]);
        }

        _post.WaitFor("READY");
        var words = _post.Output.Split('\n')[0].Split(' ');
        (Address, Descriptor) = (words[1], words[2]);
    }

    public void Dispose()
    {
        _post?.Dispose();
        if (_machines is null)
            _ = Tool.Run("/usr/bin/python3", [Programs.PathOf("post.py"), "--clean", Marker, Key.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>The process inside the VM: it runs the interpreter, unlike the tools that brought it there.</summary>
    private int FindPid()
    {
        // Asked for before and after every attack: only a new observer is looked for among all processes.
        if (_found != 0 && IsObserver(_found))
            return _found;
        _found = Search();
        return _found;
    }

    private int Search()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var pid))
                continue;
            if (IsObserver(pid))
                return pid;
        }

        return 0;
    }

    private bool IsObserver(int pid)
    {
        try
        {
            var words = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return words.Length > 2 && words[0].EndsWith("python3", StringComparison.Ordinal) && words[2] == Marker;
        }
        catch (IOException)
        {
            // It has ended.
            return false;
        }
    }

    private static string Md5(string text)
    {
#pragma warning disable CA5351 // not for security: the same function in two languages
        return Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes(text)));
#pragma warning restore CA5351
    }
}
