using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>The administrator's terminal, as a VM could get at it.</summary>
[Collection(nameof(Scene))]
public sealed class TerminalTests(Scene scene)
{
    // TIOCSTI puts a character into a terminal's input as if it had been typed.
    private const string Inject = """
        import fcntl, os
        def into(descriptor):
            for letter in b"rm -rf /\n":
                fcntl.ioctl(descriptor, 0x5412, bytes([letter]))
        for place in (0, 1, 2, "/dev/tty", "/dev/console", "/proc/self/fd/0", "/proc/1/fd/0"):
            try:
                into(place if isinstance(place, int) else os.open(place, os.O_RDWR | os.O_NOCTTY))
                print("typed by", place)
            except OSError as error:
                print(place, error)
        """;

    [Theory]
    [InlineData(Scene.Web)]
    [InlineData(Scene.Edge)]
    public void Exec_OnATerminal_CommandCannotTypeIntoIt(string machine)
    {
        _ = scene.Machine(machine);
        var native = OnTerminal("/usr/bin/python3", "-c", Inject);
        var inside = OnTerminal(
            "/usr/bin/env", $"HYPERSPECTOR_HOST={scene.Host.Name}", $"HYPERSPECTOR_PREFIX={scene.Host.Prefix}",
            $"{TestHost.Programs}/hyperspector", "exec", machine, "--", "/usr/bin/python3", "-c", Inject);
        var worked = native.Contains("TYPED b'rm -rf", StringComparison.Ordinal);
        var broken = !inside.Contains("TYPED b''", StringComparison.Ordinal);
        AttackLog.Write(
            SpecialAttacks.TypeIntoTerminal,
            machine, new Outcome(worked ? "succeeded" : "failed", native.Split('\n')[0], null), inside.Split('\n')[0],
            broken ? "broken" : worked ? "held" : "unproven");
        Assert.True(worked, $"the control typed nothing: {native}");
        Assert.Contains("/dev/tty", inside, StringComparison.Ordinal);
        Assert.False(broken, inside);
    }

    private static string OnTerminal(params string[] command) =>
        Tool.RunChecked("/usr/bin/python3", [Programs.PathOf("terminal.py"), .. command]);
}
