using System.Globalization;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Disks.Serving;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts.Changes;

/// <summary>
/// A process of ours that lists one server VM's changes for one client (<c>hyperspector-monitor --changes</c>). What it writes is handed on
/// unread; what it asks is what only CAP_SYS_ADMIN may read, of files that it has open.
/// </summary>
public sealed class ChangeSession : IDisposable
{
    private const int SIGKILL = 9;
    private const int CopySize = 32 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Action<ChangeSession> _ended;
    private readonly FileDescriptor _output;
    private readonly FileDescriptor _requests;
    private readonly ChildProcess _process;
    private readonly Thread _answers;
    private volatile string? _reason;
    private ExitStatus? _status;

    internal ChangeSession(string machine, uint user, ChangePlan plan, IReadOnlyList<FileDescriptor> disk, Action<ChangeSession> ended)
    {
        Machine = machine;
        _ended = ended;
        var (read, write) = Pipe.Create();
        var (ours, theirs) = UnixSocket.Pair(UnixSocketKind.SequencedPacket);
        _output = read;
        _requests = ours;
        using (write)
        using (theirs)
        using (var planFile = MemoryFile.Create("plan", JsonSerializer.SerializeToUtf8Bytes(plan, ApiJson.Default.ChangePlan)))
        {
            _process = Spawn.Start(new SpawnRequest
            {
                Program = Path.Join(AppContext.BaseDirectory, "hyperspector-monitor"),
                Arguments = ["--uid", user.ToString(CultureInfo.InvariantCulture), "--changes"],
                Descriptors =
                [
                    (ChangeDescriptors.Output, write), (ChangeDescriptors.Requests, theirs), (ChangeDescriptors.Plan, planFile),
                    .. disk.Select((d, i) => (ChangeDescriptors.FirstDisk + i, (System.Runtime.InteropServices.SafeHandle)d)),
                ],
                NewSession = true,
                WorkingDirectory = "/",
            });
        }

        _answers = new Thread(Answer) { IsBackground = true, Name = "changes" };
        _answers.Start();
    }

    /// <summary>The server VM.</summary>
    internal string Machine { get; }

    /// <summary>The process.</summary>
    internal int Pid => _process.Pid;

    /// <summary>Hands its lines on until it ends; ends it when the client has gone.</summary>
    public async Task CopyAsync(Stream client, CancellationToken gone)
    {
        await using var registered = gone.Register(Kill);
        // A thread of its own: it sleeps in read(2), perhaps for days.
        await Task.Factory.StartNew(() => Copy(client, gone), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Ends it, and says why; nothing of the server VM's disk is held afterwards.</summary>
    internal void End(string reason)
    {
        _reason = reason;
        Kill();
        _ = _process.PidFd.WaitForEnd(s_patience);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _status ??= _process.Wait(s_patience);
        _ended(this);
        _answers.Join();
        _process.Dispose();
        _output.Dispose();
        _requests.Dispose();
    }

    private void Copy(Stream client, CancellationToken gone)
    {
        var buffer = new byte[CopySize];
        int count;
        while ((count = Pipe.Read(_output, buffer)) > 0)
            Send(client, buffer.AsMemory(0, count), gone);
        // It ends by itself with a last line; killed, it has told nobody.
        _status = _process.Wait(s_patience);
        if (_status is { Succeeded: true })
            return;
        var failure = new ChangeRecord { Kind = ChangeKind.Failed, Text = _reason ?? $"{Machine}: who lists the changes has died; try again" };
        Send(client, JsonSerializer.SerializeToUtf8Bytes(failure, ApiJson.Default.ChangeRecord), gone);
        Send(client, "\n"u8.ToArray(), gone);
    }

    private static void Send(Stream client, ReadOnlyMemory<byte> bytes, CancellationToken gone)
    {
        client.WriteAsync(bytes, gone).AsTask().GetAwaiter().GetResult();
        client.FlushAsync(gone).GetAwaiter().GetResult();
    }

    private void Kill() => _ = _process.PidFd.Signal(SIGKILL);

    // Until it has ended: then its end of the pair is closed.
    private void Answer()
    {
        while (true)
        {
            if (!Poll.WaitReadable(_requests, Timeout.InfiniteTimeSpan))
                continue;
            var outcome = KeeperRequest.Serve(_requests);
            if (outcome == KeeperRequest.Outcome.Listening)
                continue;
            // One that is ending must not be disturbed: how it ends tells whether the list is whole. One that was taken over is ended.
            if (outcome == KeeperRequest.Outcome.Refused)
                Kill();
            return;
        }
    }
}
