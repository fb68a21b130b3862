namespace HyperSpector.Engine.Mediator.Capture;

/// <summary>The word that a mirror's BPF program reads for every frame: copy or not.</summary>
public interface IMirrorFlag
{
    /// <summary>Its value now, also if an earlier monitor set it. A store is seen by every processor when it returns.</summary>
    bool IsSet { get; set; }
}

/// <summary>
/// Decides which mirrors copy (design §4). A mirror begins to copy before a trapped call proceeds; it stops after two seconds
/// without a trapped call and two empty dumps that are as far apart, and if one more dump, made afterwards, is not empty it goes
/// on. Whatever is unknown counts as a capture. While nobody captures there is no timer at all.
/// </summary>
/// <remarks>
/// A packet socket that is bound to another interface does not hold a mirror, yet it can be bound anew without a trapped call:
/// as long as there is any, the dumps go on, and the mirror follows within <see cref="Interval"/>.
/// </remarks>
public sealed class CaptureWatch(TimeProvider time)
{
    /// <summary>Between dumps, and without a trapped call, at least.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<int, Mirror> _mirrors = [];
    private long _lastTrap;
    private long _dumpStarted;
    private bool _trappedSinceStart;
    private long? _due;

    /// <summary>Trapped calls so far.</summary>
    public ulong Traps { get; private set; }

    /// <summary>Mirrors that are held.</summary>
    public int Count => _mirrors.Count;

    /// <summary>Bit n: the mirror of slot n copies.</summary>
    public ulong Active
    {
        get
        {
            ulong bits = 0;
            foreach (var (slot, mirror) in _mirrors)
            {
                if (mirror.Flag.IsSet)
                    bits |= 1UL << slot;
            }

            return bits;
        }
    }

    /// <summary>How long until the next dump; null: none is needed.</summary>
    public TimeSpan? UntilDump
    {
        get
        {
            if (_due is not { } due)
                return null;
            var left = time.GetElapsedTime(time.GetTimestamp(), due);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>
    /// A mirror, or another one in its slot. What its flag says is left alone until a dump tells whether somebody captures: the
    /// monitor that set it may have been killed.
    /// </summary>
    public void Add(int slot, IMirrorFlag flag, int interfaceIndex, bool always)
    {
        _mirrors[slot] = new Mirror(flag, interfaceIndex, always);
        if (always)
            flag.IsSet = true;
        LookNow();
    }

    /// <summary>A mirror is gone.</summary>
    public void Remove(int slot) => _ = _mirrors.Remove(slot);

    /// <summary>Somebody is about to open a packet socket: copy, before this returns.</summary>
    public void Trapped()
    {
        foreach (var mirror in _mirrors.Values)
        {
            // Also where it is set already: the store's fence costs less than to be wrong.
            mirror.Flag.IsSet = true;
            mirror.EmptyDumps = 0;
        }

        Traps++;
        _lastTrap = time.GetTimestamp();
        _trappedSinceStart = true;
        _due ??= After(_lastTrap);
    }

    /// <summary>Look as soon as possible: something is new.</summary>
    public void LookNow() => _due = time.GetTimestamp();

    /// <summary>A dump begins.</summary>
    public void DumpStarted()
    {
        _dumpStarted = time.GetTimestamp();
        _trappedSinceStart = false;
        _due = null;
    }

    /// <summary>A dump has ended; null if it told nothing.</summary>
    public void DumpEnded(PacketSockets? found)
    {
        var again = false;
        var confirm = false;
        foreach (var mirror in _mirrors.Values)
        {
            if (mirror.Always)
                continue;
            if (found is null || _trappedSinceStart || found.Captures(mirror.InterfaceIndex))
            {
                mirror.EmptyDumps = 0;
                if (found is not null && !mirror.Flag.IsSet)
                    mirror.Flag.IsSet = true;
            }
            else if (mirror.Flag.IsSet && CountEmpty(mirror))
            {
                mirror.Flag.IsSet = false;
                confirm = true;
            }

            again |= mirror.Flag.IsSet || found is null or { Any: true };
        }

        if (confirm)
            _due = time.GetTimestamp();
        else if (again && _due is null)
            _due = After(_dumpStarted);
    }

    /// <summary>There is nothing to look with: whatever copies goes on copying.</summary>
    public void CannotDump() => _due = null;

    private bool CountEmpty(Mirror mirror)
    {
        if (mirror.EmptyDumps++ == 0)
            mirror.FirstEmpty = _dumpStarted;
        return mirror.EmptyDumps >= 2
            && time.GetElapsedTime(mirror.FirstEmpty, _dumpStarted) >= Interval
            && (Traps == 0 || time.GetElapsedTime(_lastTrap) >= Interval);
    }

    private long After(long timestamp) => timestamp + (long)(Interval.TotalSeconds * time.TimestampFrequency);

    private sealed class Mirror(IMirrorFlag flag, int interfaceIndex, bool always)
    {
        internal IMirrorFlag Flag { get; } = flag;
        internal int InterfaceIndex { get; } = interfaceIndex;
        internal bool Always { get; } = always;
        internal int EmptyDumps { get; set; }
        internal long FirstEmpty { get; set; }
    }
}
