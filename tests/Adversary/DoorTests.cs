using System.Globalization;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>The daemon's socket is root's, by file mode and by the kernel's word on who connects.</summary>
[Collection(nameof(Scene))]
public sealed class DoorTests(Scene scene)
{
    private const uint Nobody = 65534;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Socket_OtherUser_IsTurnedAway(bool modesLoosened)
    {
        _ = scene.Machine(Scene.Web);
        var socket = scene.Host.Paths.Socket;
        var saved = new Dictionary<string, UnixFileMode>();
        try
        {
            if (modesLoosened)
            {
                const UnixFileMode all = (UnixFileMode)0x1FF;
                for (var path = socket; path.StartsWith(scene.Host.Prefix, StringComparison.Ordinal); path = Path.GetDirectoryName(path)!)
                {
                    saved[path] = File.GetUnixFileMode(path);
                    File.SetUnixFileMode(path, all);
                }
            }

            Assert.StartsWith("HTTP/1.1 200", Knock(socket, 0), StringComparison.Ordinal);
            var machine = scene.Host.Ps().Single(m => m.Name == Scene.Web).FirstId;
            foreach (var user in new[] { Nobody, machine, machine + 33 })
            {
                var answer = Knock(socket, user);
                Write(modesLoosened, user == Nobody ? "nobody" : "a VM's user", answer);
                Assert.DoesNotContain("HTTP", answer, StringComparison.Ordinal);
            }
        }
        finally
        {
            foreach (var (path, mode) in saved)
                File.SetUnixFileMode(path, mode);
        }
    }

    [Fact]
    public void Socket_OnEveryInterface_NothingOfOursListens()
    {
        _ = scene.Machine(Scene.Web);
        // The daemon, the keepers, monitors and readers are in the base's network namespace; only the observer listens there.
        var sockets = Tool.RunChecked("nsenter", TestNetwork.Enter(scene.Host.Network.Base, "ss", "-Hlntup"));
        Assert.DoesNotContain("hyperspector", sockets, StringComparison.Ordinal);
        Assert.All(sockets.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains("python3", line, StringComparison.Ordinal));
    }

    private static void Write(bool loosened, string who, string answer) => AttackLog.Write(
        loosened ? SpecialAttacks.PeerCredentials : SpecialAttacks.FileMode,
        AttackLog.Elsewhere,
        new Outcome("succeeded", "root is answered", null),
        $"refused: {who}: {answer}",
        answer.Contains("HTTP", StringComparison.Ordinal) ? "broken" : "held");

    private static string Knock(string socket, uint user)
    {
        const string program = """
            import os, socket, sys
            os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
            door = socket.socket(socket.AF_UNIX)
            door.settimeout(5)
            try:
                door.connect(sys.argv[1])
                door.sendall(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
                print(door.recv(100).decode("latin-1") or "closed")
            except OSError as error:
                print(error)
            """;
        return Tool.RunChecked("/usr/bin/python3", ["-", socket, user.ToString(CultureInfo.InvariantCulture)], program).Trim();
    }
}
