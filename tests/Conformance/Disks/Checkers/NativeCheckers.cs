using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Conformance.Disks.Checkers;

/// <summary>
/// The programs, rules and scripts of an IDS VM's packs, run on the base over the merged tree of a server VM: in its user namespace, for the
/// ids that its root sees, and with no view and no FUSE in between.
/// </summary>
internal sealed class NativeCheckers
{
    // A link to the server's root. As long as /.serverfs: Tripwire's reports are tables.
    private const string Root = "/mnt/whole";

    private const string Enter = """
        mount -t tmpfs tmpfs /mnt
        ln -s "/proc/$1/root" "$2"
        # As in the IDS VM (packs/tripwire), which has the base's programs.
        mount --bind "$3/nsswitch.conf" /etc/nsswitch.conf
        PATH=$3/bin:$PATH
        # Where Tripwire keeps what it is working on.
        cd "$3/state"
        exec nsenter --user --target "$1" sh -euc "$4"
        """;

    private readonly string _directory;
    private readonly string _server;

    internal NativeCheckers(TestHost host, string idsVm, string server)
    {
        _directory = $"{host.Prefix}/native";
        foreach (var inner in (string[])["bin", "lib", "state/log/aide", "state/log/tripwire", "state/aide", "state/tripwire"])
            _ = Directory.CreateDirectory($"{_directory}/{inner}");
        var vm = RootOf(host, idsVm);
        _server = RootOf(host, server);
        foreach (var program in (string[])["usr/bin/aide", "usr/sbin/tripwire", "usr/sbin/twadmin", "usr/sbin/twprint"])
            File.Copy($"{vm}/{program}", $"{_directory}/bin/{Path.GetFileName(program)}");
        Wrap(host, idsVm, vm);
        File.Copy($"{vm}/etc/nsswitch.conf", $"{_directory}/nsswitch.conf");
        Script(vm, "aide", "conf");
        Script(vm, "tripwire", "txt");
        // The server's root is nobody out here.
        _ = Tool.RunChecked("chmod", ["-R", "a+rwX", _directory]);
    }

    /// <summary>Where a checker of that name keeps what it keeps of a server.</summary>
    internal string State(string checker, string server) => $"{_directory}/state/{checker}/{server}";

    /// <summary>Checks, as <c>/opt/hyperspector/aide check SERVER</c> does in the IDS VM; the first time that makes a database.</summary>
    internal ToolResult Check(string checker, string server) => Run($"exec sh '{_directory}/{checker}' check {server}");

    /// <summary>Random changes (<c>tree_worker.py</c>) below a directory of the server.</summary>
    internal void Change(string directory, int seed, int count)
    {
        File.Copy(Path.Join(AppContext.BaseDirectory, "Disks/tree_worker.py"), $"{_directory}/worker.py", true);
        var result = Run($"printf 'seed {seed}\\nchange {count}\\n' | python3 '{_directory}/worker.py' {Root}{directory}");
        if (!result.Status.Succeeded)
            throw new IOException($"changes of {directory}: {result.Status} {result.Error}");
    }

    internal ToolResult Run(string script) => Tool.Run(
        "unshare", ["--mount", "--propagation", "private", "sh", "-euc", Enter, "native", _server.Split('/')[2], Root, _directory, script],
        "", TimeSpan.FromMinutes(5));

    /// <summary>The root directory of a VM, as the base gets there.</summary>
    internal static string RootOf(TestHost host, string machine) => $"/proc/{host.Ps().Single(m => m.Name == machine).Pid}/root";

    /// <summary>What was found says where it lies, and in which files the checker keeps things; nothing else differs.</summary>
    internal string Plain(string text) => text.Replace($"{Root}/", "/.serverfs/", StringComparison.Ordinal)
        .Replace($"{_directory}/state/", "/var/lib/", StringComparison.Ordinal);

    // The IDS VM's libraries, some of which are the pack's. Tripwire, linked statically, needs none.
    private void Wrap(TestHost host, string idsVm, string vm)
    {
        foreach (var word in host.Exec(idsVm, "ldd", "/usr/bin/aide").Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith('/'))
                File.Copy(vm + word, $"{_directory}/lib/{Path.GetFileName(word)}");
        }

        File.Move($"{_directory}/bin/aide", $"{_directory}/lib/aide");
        File.WriteAllText(
            $"{_directory}/bin/aide",
            $"#!/bin/sh\nexec {_directory}/lib/ld-linux-*.so.* --library-path {_directory}/lib {_directory}/lib/aide \"$@\"\n");
        File.SetUnixFileMode($"{_directory}/bin/aide", (UnixFileMode)0b111_101_101);
    }

    // The pack's script and rules, with other directories.
    private void Script(string vm, string checker, string rules)
    {
        File.Copy($"{vm}/etc/{checker}/hyperspector.{rules}", $"{_directory}/{checker}.{rules}");
        File.WriteAllText($"{_directory}/{checker}", File.ReadAllText($"{vm}/opt/hyperspector/{checker}")
            .Replace("/.serverfs", Root, StringComparison.Ordinal)
            .Replace($"/var/lib/{checker}", $"{_directory}/state/{checker}", StringComparison.Ordinal)
            .Replace($"/var/log/{checker}", $"{_directory}/state/log/{checker}", StringComparison.Ordinal)
            .Replace($"/etc/{checker}/hyperspector.", $"{_directory}/{checker}.", StringComparison.Ordinal));
    }
}
