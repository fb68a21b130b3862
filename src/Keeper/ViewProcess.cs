using System.Globalization;
using HyperSpector.Engine.Disks.Serving;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Keeper;

/// <summary>Our other child: it serves the views of the server VMs' disks. Another process than the mediator, as it may read files.</summary>
internal sealed class ViewProcess(Options options, ViewHoldings holdings, BoundedLog log) : KeptProcess("who serves the views", log)
{
    /// <summary>Where it asks for what only we may do; null while there is none.</summary>
    internal FileDescriptor? Requests { get; private set; }

    /// <summary>
    /// After SIGKILL a thread of it may stay in the kernel until somebody else serves: it was withdrawing pages that are being read, or a name in a
    /// directory that is being searched, and the answer to that has died with the other threads. So its successor does not wait for it.
    /// </summary>
    internal static readonly TimeSpan UntilSuccessor = TimeSpan.FromMilliseconds(200);

    private FileDescriptor? _pulse;

    internal override bool IsWanted => holdings.IsComplete;

    internal override FileDescriptor? Ended => _pulse;

    protected override TimeSpan Patience => UntilSuccessor;

    /// <summary>Answers one question; false if there is nobody to ask any more.</summary>
    internal bool Answer()
    {
        var outcome = KeeperRequest.Serve(Requests!);
        if (outcome == KeeperRequest.Outcome.Refused)
        {
            Log.Write("who serves the views sent something that is no request: it is replaced");
            Kill();
        }

        return outcome == KeeperRequest.Outcome.Listening;
    }

    protected override ChildProcess Start()
    {
        var (ours, theirs) = UnixSocket.Pair(UnixSocketKind.SequencedPacket);
        Requests = ours;
        (_pulse, var pulse) = Pipe.Create();
        using (theirs)
        using (pulse)
        {
            return Spawn.Start(new SpawnRequest
            {
                Program = options.Monitor,
                Arguments = ["--uid", options.User.ToString(CultureInfo.InvariantCulture), "--views"],
                Descriptors = holdings.ForChild(theirs, pulse),
                NewSession = true,
                WorkingDirectory = "/",
            });
        }
    }

    protected override void Started() => PartProcess.WritePidFile(options.Run.ViewsPid, Pid);

    protected override void CloseSocket()
    {
        Requests?.Dispose();
        Requests = null;
        _pulse?.Dispose();
        _pulse = null;
    }
}
