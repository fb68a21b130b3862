namespace HyperSpector.Engine.Network.Mirror;

/// <summary>
/// What became of every frame that passed a server's port, as far as one mirror is concerned:
/// <see cref="Received"/> + <see cref="Sent"/> = <see cref="Mirrored"/> + <see cref="Dropped"/> + <see cref="Idle"/>
/// + <see cref="LeftOut"/>, exact whenever no frame is under way.
/// </summary>
public sealed record MirrorCounters
{
    /// <summary>Frames towards the server VM.</summary>
    public long Received { get; init; }

    /// <summary>Frames from the server VM.</summary>
    public long Sent { get; init; }

    /// <summary>Frames that reached the IDS VM's mirror port.</summary>
    public long Mirrored { get; init; }

    /// <summary>Frames that should have been copied and got lost.</summary>
    public long Dropped { get; init; }

    /// <summary>Frames that passed while nobody captured.</summary>
    public long Idle { get; init; }

    /// <summary>Frames that passed and were not copied because a filter said so.</summary>
    public long LeftOut { get; init; }

    /// <summary>Of these, those of flows that are not in the sample.</summary>
    public long Unsampled { get; init; }

    /// <summary>Bytes of the frames that were left out.</summary>
    public long LeftOutBytes { get; init; }

    /// <summary>Frames whose copies lost their end.</summary>
    public long Truncated { get; init; }

    /// <summary>Bytes that these copies lost.</summary>
    public long TruncatedBytes { get; init; }

    /// <summary>Bytes of the mirrored frames, whole.</summary>
    public long Bytes { get; init; }

    /// <summary>Frames that the IDS VM sent into the mirror port; every one was dropped.</summary>
    public long Refused { get; init; }

    /// <summary>Frames that did not pass the port, since there was nowhere to copy them to; in none of the other counts.</summary>
    public long Held { get; init; }

    /// <summary>Are frames copied now?</summary>
    public bool Active { get; init; }
}
