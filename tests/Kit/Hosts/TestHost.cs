using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Hosts;

/// <summary>
/// A whole HyperSpector host of a test's own: a network namespace as its base, a client beside it, and a <c>hyperspectord</c>
/// inside, with its own name and state. Leaves nothing behind, also when a test or the daemon fails.
/// </summary>
public sealed partial class TestHost : IDisposable
{
    private const int SIGTERM = 15;
    private const int SIGKILL = 9;
    private ChildProcess? _daemon;

    /// <summary>Makes the namespaces and directories; <see cref="StartDaemon"/> or <see cref="Up(string)"/> starts the daemon.</summary>
    public TestHost()
    {
        Name = "t" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
        // Short: paths of Unix sockets end at 107 characters.
        Prefix = $"/tmp/hyperspector-{Name}";
        Paths = new HostPaths(Name, Prefix, Cache);
        _ = Directory.CreateDirectory(Prefix);
        // As "/" is: the runtime's first process, already a VM's shifted root, finds its file system by a path through here.
        File.SetUnixFileMode(Prefix, PrivateDirectory.Mode | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        try
        {
            Network = new TestNetwork(Name);
            // A test run that is told to end (SIGTERM, Ctrl-C) disposes of nothing by itself.
            AppDomain.CurrentDomain.ProcessExit += OnExit;
        }
        catch
        {
            Directory.Delete(Prefix);
            throw;
        }
    }

    /// <summary>Where the programs under test are.</summary>
    public static string Programs { get; } = Variable("HYPERSPECTOR_BIN") ?? "/usr/lib/hyperspector";

    /// <summary>Where this host's programs are: another directory is what an upgrade gives it at the daemon's next start.</summary>
    public string InUse { get; set; } = Programs;

    /// <summary>Pack layers, shared by the test hosts: they have no network to fetch them from.</summary>
    public static string? Cache { get; } = Variable("HYPERSPECTOR_CACHE");

    /// <summary>The host's name, unique.</summary>
    public string Name { get; }

    /// <summary>What stands before /run and /var/lib.</summary>
    public string Prefix { get; }

    /// <summary>The host's paths.</summary>
    public HostPaths Paths { get; }

    /// <summary>Its network.</summary>
    public TestNetwork Network { get; private set; }

    /// <summary>What the daemon has said.</summary>
    public string DaemonLog => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    /// <summary>Pid of the daemon that we started; null when it does not run.</summary>
    public int? DaemonPid => _daemon is { PidFd.HasEnded: false } running ? running.Pid : null;

    private string LogPath => $"{Prefix}/daemon.log";

    /// <summary>Starts the daemon and waits until it answers.</summary>
    /// <param name="environment">Variables that it gets besides, <c>NAME=value</c>.</param>
    public void StartDaemon(params IReadOnlyList<string> environment)
    {
        if (DaemonPid is not null)
            return;
        _daemon?.Dispose();
        using var log = File.OpenHandle(LogPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        using var none = File.OpenHandle("/dev/null");
        _daemon = Spawn.Start(new SpawnRequest
        {
            Program = Tool.Find("nsenter") ?? throw new IOException("nsenter is missing (package util-linux)"),
            Arguments = TestNetwork.Enter(Network.Base, $"{InUse}/hyperspectord"),
            Environment = [.. Environment, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", .. environment],
            Descriptors = [(0, none), (1, log), (2, log)],
            NewSession = true,
        });
        // It listens when it has taken over what was there, or has made it anew.
        for (var i = 0; i < 2400; i++)
        {
            if (_daemon.PidFd.WaitForEnd(TimeSpan.FromMilliseconds(50)))
                throw new IOException($"hyperspectord ended at its start: {DaemonLog}");
            if (Listens() && Hyperspector("ps").Status.Succeeded)
                return;
        }

        throw new IOException($"hyperspectord does not answer after two minutes: {DaemonLog}");
    }

    /// <summary>Ends the daemon as systemd would; VMs run on.</summary>
    public void StopDaemon() => End(SIGTERM);

    /// <summary>kill -9 of the daemon.</summary>
    public void KillDaemon() => End(SIGKILL);

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        try
        {
            if (DaemonPid is not null)
                _ = Hyperspector("down");
        }
        catch (Linux.KernelException)
        {
            // It took too long; the sweep below does without the daemon.
        }

        try
        {
            End(SIGTERM);
        }
        finally
        {
            _ = Sweep();
            Network.Dispose();
        }
    }

    // A daemon that was killed leaves its socket behind; to ask by a program each time would cost more than the daemon's start.
    private bool Listens()
    {
        if (!File.Exists(Paths.Socket))
            return false;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Paths.Socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void OnExit(object? sender, EventArgs arguments) => Dispose();

    private void End(int signal)
    {
        if (_daemon is null)
            return;
        _ = _daemon.PidFd.Signal(signal);
        if (_daemon.Wait(TimeSpan.FromSeconds(10)) is null)
        {
            _ = _daemon.PidFd.Signal(SIGKILL);
            _ = _daemon.Wait(Timeout.InfiniteTimeSpan);
        }

        _daemon.Dispose();
        _daemon = null;
    }

    private List<string> Environment
    {
        get
        {
            var list = new List<string> { $"HYPERSPECTOR_HOST={Name}", $"HYPERSPECTOR_PREFIX={Prefix}" };
            if (Cache is not null)
                list.Add(string.Create(CultureInfo.InvariantCulture, $"HYPERSPECTOR_CACHE={Cache}"));
            return list;
        }
    }

    private static string? Variable(string name) =>
        System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
