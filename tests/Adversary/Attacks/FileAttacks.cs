using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Reading and changing the base's files and the other VMs'.</summary>
internal static class FileAttacks
{
    private const string Wall = "MOD-3 MOD-4 IDS-2 SRV-1";
    private const string Program = "files.py";

    internal static readonly IReadOnlyList<Attack> All =
    [
        Read("files.read", "read the base's secrets, our state and the other VMs' layers by their paths", "read-paths"),
        Read("files.read-through-proc", "the same through /proc/PID/root and cwd", "read-through-proc"),
        Read("files.read-through-descriptors", "the same through directories left open (CVE-2024-21626)", "read-through-descriptors") with
        {
            Native = s => new Trial("read-through-descriptors", s.NativeSecret)
            {
                Wrapper = ["bash", "-c", "exec 9</; exec \"$@\"", "bash"],
            },
        },
        new Attack
        {
            Id = "files.walk",
            What = "find a secret anywhere in the tree",
            Requirements = Wall,
            Program = Program,
            Native = s =>
            {
                var directory = s.Scratch();
                File.Copy(s.NativeSecret, $"{directory}/deep");
                return new Trial("walk", directory);
            },
            Inside = (_, _) => new Trial("walk", "/"),
        },
        new Attack
        {
            Id = "files.read-by-handle",
            What = "open the base's files and the other VM's by their kernel handles (open_by_handle_at)",
            Requirements = Wall,
            Program = Program,
            Native = s => new Trial(["read-by-handle", .. Handles([s.NativeSecret])]),
            Inside = (s, p) => new Trial(["read-by-handle", .. Handles([.. s.SecretFiles, .. s.LayersOf(p.Name == Scene.Web ? Scene.Edge : Scene.Web)])]),
        },
        new Attack
        {
            Id = "files.write",
            What = "write the base's files, our state and the other VMs' layers by their paths",
            Requirements = Wall,
            Program = Program,
            Native = s => WriteTrial([$"{s.Scratch()}/made"]),
            Inside = (s, _) => WriteTrial([.. s.Targets.Where(File.Exists), $"/root/hyperspector-made-{s.Host.Name}", $"{s.Host.Paths.Run}/made"]),
        },
        new Attack
        {
            Id = "files.change-shared",
            What = "change or delete a file of the layer that is shared with the base",
            Requirements = Wall,
            Program = Program,
            Native = s =>
            {
                var path = $"{s.Scratch()}/shared";
                File.Copy(s.SharedFile, path);
                return ChangeTrial(path);
            },
            Inside = (s, _) => ChangeTrial(s.DoomedFile),
        },
        new Attack
        {
            Id = "files.immutable",
            What = "make a file of the shared layer immutable",
            Requirements = Wall,
            Program = Program,
            Native = s => new Trial("immutable", s.NativeSecret),
            Inside = (_, _) => new Trial("immutable", "/usr/bin/env"),
        },
        new Attack
        {
            Id = "files.layer-attribute",
            What = "redirect a directory of the overlay to another by its attributes",
            Requirements = Wall,
            Program = Program,
            Native = s => new Trial("layer-attribute", s.Scratch()),
            Inside = (_, _) => new Trial("layer-attribute", "/tmp"),
        },
        new Attack
        {
            Id = "files.set-user-id",
            What = "leave a set-user-id program of root's in a volume",
            Requirements = Wall,
            Program = Program,
            Native = s => SuidTrial(s.Scratch(), null),
            Inside = (s, _) => SuidTrial("/vol", s.Volume),
        },
        new Attack
        {
            Id = "files.lock",
            What = "hold the base up with a lock on a shared file",
            Requirements = Wall,
            Program = Program,
            Native = s => LockTrial(s.NativeSecret),
            Inside = (s, _) => LockTrial(s.SharedFile),
        },
        new Attack
        {
            Id = "files.watch",
            What = "learn by inotify what the base does with shared files",
            Requirements = Wall,
            Program = Program,
            Native = s => WatchTrial(s.NativeSecret),
            Inside = (s, _) => WatchTrial(s.SharedFile),
            Expected = "saw nothing",
        },
        new Attack
        {
            Id = "files.daemon-socket",
            What = "talk to the daemon through its socket",
            Requirements = "MOD-3 MOD-4 MOD-5 IDS-4",
            Program = Program,
            Native = s =>
            {
                _ = s.Machine(Scene.Web);
                return new Trial("connect-socket", s.Host.Paths.Socket);
            },
            Inside = (s, _) => new Trial("connect-socket", s.Host.Paths.Socket, "/run/hyperspector/hyperspectord.sock"),
        },
    ];

    private static Attack Read(string id, string what, string kind) => new()
    {
        Id = id,
        What = what,
        Requirements = Wall,
        Program = Program,
        Native = s => new Trial(kind, s.NativeSecret),
        Inside = (s, _) => new Trial([kind, .. s.Targets]),
    };

    private static string[] Handles(IReadOnlyList<string> files) =>
        Tool.RunChecked("/usr/bin/python3", [Programs.PathOf("handle.py"), .. files]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static Trial WriteTrial(IReadOnlyList<string> paths)
    {
        var token = Scene.NewToken();
        var before = paths.ToDictionary(p => p, File.Exists);
        return new Trial(["write-paths", token, .. paths])
        {
            Effect = _ => paths.Where(p => File.Exists(p) && (!before[p] || File.ReadAllText(p).Contains(token, StringComparison.Ordinal)))
                .Select(p => $"{p} was written").FirstOrDefault(),
            After = () =>
            {
                foreach (var path in paths.Where(p => !before[p]))
                    File.Delete(path);
            },
        };
    }

    private static Trial ChangeTrial(string path)
    {
        var before = Describe(path);
        return new Trial("change-shared", path, Scene.NewToken())
        {
            Effect = _ => Describe(path) is var now && now != before ? $"{before} became {now}" : null,
        };
    }

    private static string Describe(string path)
    {
        var result = Tool.Run("stat", ["-c", "%A %u %g %s %y %z %h", path]);
        return result.Status.Succeeded ? result.Output.Trim() : "nothing";
    }

    private static Trial SuidTrial(string directory, string? outside)
    {
        var path = $"{outside ?? directory}/suid";
        return new Trial("suid", directory)
        {
            Effect = _ => File.Exists(path) && Tool.RunChecked("stat", ["-c", "%u %a", path]).Trim() is "0 4755"
                ? $"{path} runs as the base's root" : null,
            After = () => File.Delete(path),
        };
    }

    private static Trial LockTrial(string path)
    {
        // The program holds the lock for two seconds; meanwhile the base tries.
        bool? free = null;
        Thread? asks = null;
        return new Trial("hold-lock", path, "2")
        {
            Before = () =>
            {
                asks = new Thread(() =>
                {
                    // Several tries, as the program takes a moment to start; one refusal is enough.
                    for (var i = 0; i < 12 && free != false; i++)
                    {
                        Thread.Sleep(150);
                        free = Tool.Run("flock", ["-n", path, "true"]).Status.Succeeded;
                    }
                });
                asks.Start();
            },
            Effect = _ =>
            {
                asks!.Join();
                return free == false ? "the base could not take the lock" : null;
            },
        };
    }

    private static Trial WatchTrial(string path)
    {
        var stop = false;
        Thread? touches = null;
        return new Trial("watch", path, "1.5")
        {
            Before = () =>
            {
                touches = new Thread(() =>
                {
                    while (!Volatile.Read(ref stop))
                    {
                        _ = File.ReadAllText(path);
                        Thread.Sleep(50);
                    }
                });
                touches.Start();
            },
            After = () =>
            {
                Volatile.Write(ref stop, true);
                touches!.Join();
            },
        };
    }
}
