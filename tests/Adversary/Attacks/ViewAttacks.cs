using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Through the views of the server VMs' disks: from the IDS VM, and from the server VM against who looks.</summary>
internal static class ViewAttacks
{
    private const string Program = "views.py";
    private const string Window = "DISK-2 IDS-2 SRV-1";
    private const string Unseen = "DISK-1 SRV-2";
    private static readonly TimeSpan s_watching = TimeSpan.FromSeconds(3);

    internal static readonly IReadOnlyList<Attack> All =
    [
        Change("views.change", "change a server VM's files through the view, by every call that changes something", "change"),
        Change("views.nested-change", "the same in a user namespace of one's own", "nested-change"),
        Change("views.mount", "mount the view once more, or as writable, and write", "change-mounted"),
        Change("views.nested-mount", "the same in a user namespace of one's own", "nested-change-mounted"),
        new Attack
        {
            Id = "views.execute",
            What = "run a program of a server VM in the view",
            Requirements = Window,
            From = Vantage.Ids,
            Program = Program,
            Native = _ => new Trial("execute", "/usr/bin/true"),
            Inside = (_, _) => new Trial("execute", "/.serverfs/usr/bin/true"),
        },
        new Attack
        {
            Id = "views.reach",
            What = "reach a process of the server VM through its FIFOs and sockets in the view",
            Requirements = Window,
            From = Vantage.Ids,
            Program = Program,
            Native = s =>
            {
                var directory = $"{s.Scratch()}/objects";
                return ReachTrial(s, directory, directory, () => s.Host.StartInBase("python3", "-c", Programs.Text(Program), "native", "serve-objects", directory, "20"));
            },
            Inside = (s, _) =>
            {
                var directory = NewDirectory();
                return ReachTrial(
                    s, directory, $"/.serverfs{directory}",
                    () => s.Host.StartExec(Scene.Web, ["python3", "-c", Programs.Text(Program), "vm", "serve-objects", directory, "8"]));
            },
        },
        new Attack
        {
            Id = "views.lock",
            What = "hold a server VM up with a lock on its file in the view",
            Requirements = Window,
            From = Vantage.Ids,
            Program = Program,
            Native = s => LockTrial(s.NativeSecret, () => Tool.Run("flock", ["-n", s.NativeSecret, "true"]).Status.Succeeded),
            Inside = (s, _) =>
            {
                var directory = Victim(s, NewDirectory());
                return LockTrial($"/.serverfs{directory}/file", () => s.Host.Exec(Scene.Web, "flock", "-n", $"{directory}/file", "true").Status.Succeeded);
            },
        },
        new Attack
        {
            Id = "views.notice",
            What = "notice, from the server VM, that its files are being looked at, or stall who looks",
            Requirements = Unseen,
            From = Vantage.Server,
            Program = Program,
            Native = s =>
            {
                var directory = $"{s.Scratch()}/watched";
                return NoticeTrial(directory, () => Tool.Run("cat", [$"{directory}/file"]));
            },
            Inside = (s, _) =>
            {
                var directory = NewDirectory();
                return NoticeTrial(directory, () => s.Host.Exec(
                    Scene.Edge, "sh", "-c", $"ls -l /.serverfs{directory}; cat /.serverfs{directory}/file; sha256sum /.serverfs{directory}/file"));
            },
            Expected = "noticed nothing",
        },
        new Attack
        {
            Id = "views.lead-out",
            What = "lead who looks out of the server VM's tree, by a directory that becomes a link while it is looked at",
            Requirements = "DISK-1 MOD-3 IDS-2",
            From = Vantage.Server,
            Program = Program,
            Native = s => new Trial("swap", $"{s.Scratch()}/swap", s.NativeSecret, "5"),
            Inside = (s, _) => LeadOutTrial(s, NewDirectory()),
        },
    ];

    private static Attack Change(string id, string what, string kind) => new()
    {
        Id = id,
        What = what,
        Requirements = Window,
        From = Vantage.Ids,
        Program = Program,
        Native = s =>
        {
            var directory = $"{s.Scratch()}/victim";
            _ = Tool.RunChecked("sh", ["-c", Make(directory)]);
            return kind.EndsWith("mounted", StringComparison.Ordinal)
                ? new Trial(kind, directory) { Wrapper = ["unshare", "--mount"], Effect = r => r.Output.Contains("write,", StringComparison.Ordinal) ? "it was written" : null }
                : new Trial(kind, directory);
        },
        Inside = (s, _) =>
        {
            var directory = Victim(s, NewDirectory());
            var before = Describe(s, directory);
            return new Trial(kind, $"/.serverfs{directory}")
            {
                Effect = _ => Describe(s, directory) is var after && after != before ? $"the server VM's files have changed:\n{before}\n{after}" : null,
            };
        },
    };

    private static string NewDirectory() => $"/var/tmp/{Scene.NewToken()}";

    private static string Make(string directory) =>
        $"mkdir -p {directory}/d {directory}/e && cd {directory} && echo 'some text' > file && ln -s file link && echo inner > d/inner && : > gone && cat file d/inner > /dev/null";

    private static string Victim(Scene scene, string directory)
    {
        var made = scene.Host.Exec(Scene.Web, "sh", "-c", Make(directory));
        // Looking moves times of access, once.
        _ = Describe(scene, directory);
        return made.Status.Succeeded ? directory : throw new IOException($"no {directory} in {Scene.Web}: {made.Error}");
    }

    // Everything that the server VM sees of its files, times of access among it.
    private static string Describe(Scene scene, string directory) => scene.Host.Exec(
        Scene.Web, "sh", "-c", $"cd {directory} && find . -printf '%p %y %m %u %g %s %n %A@ %T@ %C@ %l\\n' | sort && cat file d/inner && getfattr -Rdm- .").Output;

    private static Trial ReachTrial(Scene scene, string directory, string seenAt, Func<Background> serve)
    {
        Background? server = null;
        _ = scene.Machine(Scene.Web);
        return new Trial("reach", seenAt, Scene.NewToken())
        {
            Before = () =>
            {
                server = serve();
                server.WaitFor("ready");
            },
            Effect = _ => server!.Output.Contains("HSTOKEN", StringComparison.Ordinal) || server.Output.Contains("connected", StringComparison.Ordinal)
                ? $"{directory} was reached: {server.Output}" : null,
            After = () => server?.Dispose(),
        };
    }

    private static Trial LockTrial(string path, Func<bool> isFree)
    {
        bool? free = null;
        Thread? asks = null;
        return new Trial("lock", path, "3")
        {
            Before = () =>
            {
                asks = new Thread(() =>
                {
                    for (var i = 0; i < 8 && free != false; i++)
                    {
                        Thread.Sleep(200);
                        free = isFree();
                    }
                });
                asks.Start();
            },
            Effect = _ =>
            {
                asks!.Join();
                return free == false ? "the lock was felt" : null;
            },
        };
    }

    private static Trial NoticeTrial(string directory, Func<ToolResult> look)
    {
        Thread? looks = null;
        ToolResult? seen = null;
        return new Trial("notice", directory, $"{s_watching.TotalSeconds:0}")
        {
            Before = () =>
            {
                looks = new Thread(() =>
                {
                    // Begins when the program watches, which takes a moment.
                    var end = Environment.TickCount64 + (long)s_watching.TotalMilliseconds;
                    while (Environment.TickCount64 < end)
                    {
                        seen = look();
                        Thread.Sleep(100);
                    }
                });
                looks.Start();
            },
            Effect = _ =>
            {
                looks!.Join();
                return seen is { Status.Succeeded: true } ? null : $"nobody could look: {seen?.Error}";
            },
        };
    }

    private static Trial LeadOutTrial(Scene scene, string directory)
    {
        var secret = scene.SecretFiles[0];
        Thread? looks = null;
        var seen = "";
        return new Trial("swap", directory, secret, "4")
        {
            Before = () =>
            {
                looks = new Thread(() => seen = scene.Host.Exec(
                    Scene.Edge, "sh", "-c",
                    $"cd /.serverfs; for i in $(seq 1500); do cat {directory[1..]}/at/{Path.GetFileName(secret)} 2>/dev/null; echo; done | sort | uniq -c").Output);
                looks.Start();
            },
            Effect = _ =>
            {
                looks!.Join();
                // "harmless" shows that it was looked at while it was swapped.
                return scene.Leak(seen, null) ?? (seen.Contains("harmless", StringComparison.Ordinal) ? null : $"nobody looked: {seen}");
            },
        };
    }
}
