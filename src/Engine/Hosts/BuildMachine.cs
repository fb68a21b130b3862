using HyperSpector.Engine.Events;
using HyperSpector.Engine.Machines;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Engine.Packs;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts;

/// <summary>The throw-away VM that fetches software, with a port like a server's, or unpacks an image, with none; gone afterwards.</summary>
internal sealed class BuildMachine(HostPaths paths, Workshop workshop, IdRanges ids, Action<string> log) : IBuildMachine
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(20);

    public void Build(BuildOrder order, CancellationToken cancellation)
    {
        var name = order.Name;
        var owner = $"{paths.State}:{name}";
        var firstId = ids.Claim(owner);
        try
        {
            var created = workshop.Factory.Create(new MachinePlan
            {
                Name = name,
                Kind = MachineKind.Build,
                FirstId = firstId,
                Base = order.Base,
                PackLayers = order.Layers,
                Arguments = order.Command,
                Mounts = order.Mounts,
                Files = order.Files,
            });
            using var init = PidFd.TryOpen(created.Pid) ?? throw new IOException($"{name}: its first process died while it was made");
            if (order.HasNetwork)
            {
                workshop.Switch.Prepare();
                _ = workshop.Switch.AttachServer(name, created.Pid, AddressPlan.For(paths.Name, AddressPlan.Capacity - 1), []);
            }

            workshop.StartLogReader(name, firstId);
            workshop.Factory.Start(name);
            var status = Await(init, cancellation);
            if (status is not { Succeeded: true })
            {
                throw new FetchException(
                    $"{order.Worker} failed ({status?.ToString() ?? "unknown status"}); its last words follow", LastWords(name));
            }

            var layers = new LayerStore(paths);
            _ = order.Tree is { } tree ? layers.SealTree(name, tree, order.Destination) : layers.Seal(name, order.Destination);
        }
        finally
        {
            try
            {
                workshop.Remove(name, keepState: false, mirrorsOf: []);
                workshop.DeleteHistory(name);
                ids.Release(firstId);
            }
            catch (IOException error)
            {
                // Found again, and removed, when the daemon starts the next time.
                log($"{name}: {error.Message}");
            }
        }
    }

    // As they were stored, unread: the CLI shows them.
    private byte[] LastWords(string name)
    {
        using var words = new MemoryStream();
        LineStream.CopyAsync([LogStore.DirectoryOf(paths, name)], 5, follow: false, words, CancellationToken.None).GetAwaiter().GetResult();
        return words.ToArray();
    }

    private static ExitStatus? Await(PidFd init, CancellationToken cancellation)
    {
        var deadline = TimeSpan.Zero;
        var step = TimeSpan.FromMilliseconds(200);
        while (!init.WaitForEnd(step))
        {
            cancellation.ThrowIfCancellationRequested();
            deadline += step;
            if (deadline > s_longest)
                throw new IOException($"fetching took longer than {s_longest.TotalMinutes} minutes");
        }

        return Reaping.TryReap(init);
    }
}
