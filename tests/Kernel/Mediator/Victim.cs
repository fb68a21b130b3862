using System.Globalization;
using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Kernel.Mediator;

/// <summary>
/// What an IDS VM is to the mediator, without the VM: a process in a network namespace of its own, under a seccomp filter that
/// traps socket(AF_PACKET) and whose listener it has sent to the keeper as the OCI runtime does. It obeys commands, one a line.
/// </summary>
internal sealed class Victim : IDisposable
{
    private const string Program = """
        import ctypes, os, socket, struct, sys, threading, time
        libc = ctypes.CDLL(None, use_errno=True)
        class Instruction(ctypes.Structure):
            _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]
        class Filter(ctypes.Structure):
            _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]
        # load nr; is it socket?; load its first argument; is it AF_PACKET? -> USER_NOTIF, else ALLOW
        rows = [(0x20, 0, 0, 0), (0x15, 0, 3, 41), (0x20, 0, 0, 16), (0x15, 0, 1, 17), (6, 0, 0, 0x7fc00000), (6, 0, 0, 0x7fff0000)]
        program = Filter(len(rows), (Instruction * len(rows))(*rows))
        libc.prctl(38, 1, 0, 0, 0)
        listener = libc.syscall(317, 1, 8, ctypes.byref(program))
        runtime = socket.socket(socket.AF_UNIX)
        runtime.connect(sys.argv[1])
        socket.send_fds(runtime, [b'{"ociVersion":"1.0.2","fds":["seccompFd"]}' * 100], [listener])
        runtime.close()
        os.close(listener)
        opened = []
        print("ready", flush=True)

        def loop(seconds):
            end, count, wrong = time.monotonic() + seconds, 0, 0
            while time.monotonic() < end:
                # No such type: EINVAL, without the long way of a socket that is made and closed.
                if libc.syscall(41, 17, 99, 0) != -1 or ctypes.get_errno() != 22:
                    wrong += 1
                count += 1
            return f"{count} {wrong}"

        def race(cycles, flag, counter, device):
            import mmap
            flag, counter = mmap.mmap(flag, 4096), mmap.mmap(counter, 4096)
            index = struct.pack("i", socket.if_nametoindex(device))
            late, gaps, seen = 0, 0, 0
            closing = []
            for _ in range(cycles):
                flag[0:4] = bytes(4)
                capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                started = struct.unpack_from("I", counter)[0]
                capture.settimeout(60)
                numbers = []
                while len(numbers) < 4:
                    frame = capture.recv(256)
                    if len(frame) >= 46 and frame[12:14] == b"\x08\x00" and frame[42:46] != bytes(4):
                        numbers.append(struct.unpack_from("I", frame, 42)[0])
                # Frame `started` may have passed the flag before it was set; the next one must be here.
                if numbers[0] > started + 1:
                    late += 1
                if any(b != a + 1 for a, b in zip(numbers, numbers[1:])):
                    gaps += 1
                seen += 1
                # close(2) of a packet socket waits for a grace period: not in our way.
                closing = [t for t in closing if t.is_alive()]
                if len(closing) > 96:
                    closing[0].join()
                thread = threading.Thread(target=capture.close)
                thread.start()
                closing.append(thread)
            for thread in closing:
                thread.join()
            return f"{seen} {late} {gaps}"

        for line in sys.stdin:
            word, *rest = line.split()
            try:
                if word == "open":
                    opened.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
                    if rest:
                        opened[-1].bind((rest[0], 3))
                    answer = "opened"
                elif word == "bind":
                    opened[-1].bind((rest[0], 3))
                    answer = "bound"
                elif word == "close":
                    opened.pop().close()
                    answer = "closed"
                elif word == "loop":
                    answer = loop(float(rest[0]))
                elif word == "race":
                    answer = race(int(rest[0]), int(rest[1]), int(rest[2]), rest[3])
                print(answer, flush=True)
            except OSError as error:
                print("errno", error.errno, flush=True)
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly ChildProcess _process;
    private readonly FileDescriptor _commands;
    private readonly FileDescriptor _answers;
    private readonly StringBuilder _text = new();

    /// <summary>Starts it; its listener is with the keeper when this returns.</summary>
    internal Victim(string seccompSocket, params IReadOnlyList<(int, System.Runtime.InteropServices.SafeHandle)> descriptors)
    {
        var (theirCommands, ours) = Pipe.Create();
        var (answers, theirAnswers) = Pipe.Create();
        (_commands, _answers) = (ours, answers);
        using (theirCommands)
        using (theirAnswers)
        {
            _process = Spawn.Start(new SpawnRequest
            {
                Program = Tool.Find("unshare")!,
                Arguments = ["--net", "python3", "-c", Program, seccompSocket],
                Descriptors = [(0, theirCommands), (1, theirAnswers), .. descriptors],
            });
        }

        Assert.Equal("ready", ReadLine());
    }

    /// <summary>The process whose network namespace is the VM's: unshare(1) has become python.</summary>
    internal int Pid => _process.Pid;

    /// <summary>Sends a command and waits for the answer.</summary>
    internal string Do(string command)
    {
        Begin(command);
        return ReadLine();
    }

    /// <summary>Sends a command whose answer is read later.</summary>
    internal void Begin(string command) => Pipe.WriteAll(_commands, Encoding.ASCII.GetBytes(command + "\n"));

    /// <summary>The next answer.</summary>
    internal string ReadLine()
    {
        var buffer = new byte[4096];
        while (true)
        {
            var text = _text.ToString();
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end >= 0)
            {
                _ = _text.Remove(0, end + 1);
                return text[..end];
            }

            Assert.True(Poll.WaitReadable(_answers, Patience), "the victim hangs");
            var count = Pipe.Read(_answers, buffer);
            Assert.True(count > 0, "the victim is gone");
            _ = _text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }

    /// <summary>As numbers.</summary>
    internal static long[] Numbers(string answer) => [.. answer.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture))];

    public void Dispose()
    {
        _ = _process.PidFd.Signal(9);
        _ = _process.Wait(Timeout.InfiniteTimeSpan);
        _process.Dispose();
        _commands.Dispose();
        _answers.Dispose();
    }
}
