using System.Diagnostics;

namespace HyperSpector.Engine.Disks;

/// <summary>Nodes of which the kernel keeps data whose end nobody tells, and when those are to be withdrawn.</summary>
internal sealed class Expiry
{
    // Many at a time, so that a scan does not wake for each file that it reads.
    private static readonly TimeSpan s_batch = TimeSpan.FromMilliseconds(250);
    private readonly Queue<(long Since, Node Node)> _nodes = new();

    /// <summary>How long until somebody has to look; null: there is nothing.</summary>
    internal TimeSpan? Next
    {
        get
        {
            lock (_nodes)
            {
                if (!_nodes.TryPeek(out var first))
                    return null;
                var left = ViewTree.Glanced - Stopwatch.GetElapsedTime(first.Since);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Data of a node are being read; true: nobody waits for it yet.</summary>
    internal bool Add(Node node)
    {
        lock (_nodes)
        {
            if (node.IsExpiring)
                return false;
            node.IsExpiring = true;
            _nodes.Enqueue((Stopwatch.GetTimestamp(), node));
            return _nodes.Count == 1;
        }
    }

    /// <summary>The next one whose time is over, or nearly. What is read of it from now on counts anew.</summary>
    internal Node? Take()
    {
        lock (_nodes)
        {
            if (!_nodes.TryPeek(out var first) || Stopwatch.GetElapsedTime(first.Since) < ViewTree.Glanced - s_batch)
                return null;
            _ = _nodes.Dequeue();
            first.Node.IsExpiring = false;
            return first.Node;
        }
    }
}
