using System.Buffers.Binary;
using HyperSpector.Engine.Fuse;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>
/// What must be known to go on after a process that served the views has died: a page of memory that the keeper holds. It is written by
/// the process that serves, so it is hostile to the keeper, which reads only what it wrote itself, and to itself: a process that was taken
/// over can spoil the views of its own IDS VM, which it could anyway.
/// </summary>
public sealed class ViewState(MappedPage page) : IDisposable
{
    // Two sessions of FuseSession.Size bytes, then the number of this life, then its plan's, then how many descriptors there are.
    private const int LivesAt = 64;
    private const int PlanAt = 72;
    private const int DisksAt = 128;

    /// <summary>Descriptors from <see cref="ViewDescriptors.FirstDisk"/> on; written by the keeper.</summary>
    public int Disks
    {
        get => Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(page.Bytes[DisksAt..]), 0, ViewDescriptors.DiskLimit);
        set => BinaryPrimitives.WriteInt32LittleEndian(page.Bytes[DisksAt..], value);
    }

    /// <summary>What was negotiated on a connection (0 or 1); null: nothing yet.</summary>
    public FuseSession? SessionOf(int connection) =>
        FuseSession.TryRead(page.Bytes.Slice(connection * FuseSession.Size, FuseSession.Size), out var session) ? session : null;

    /// <summary>Keeps what was negotiated.</summary>
    public void Keep(int connection, FuseSession session) =>
        session.Write(page.Bytes.Slice(connection * FuseSession.Size, FuseSession.Size));

    /// <summary>The number of this life, which begins with another plan; processes that serve the same one share it.</summary>
    /// <param name="plan">A number that tells plans apart.</param>
    /// <param name="isNew">Nobody served this plan before.</param>
    public ulong BeginLife(ulong plan, out bool isNew)
    {
        var life = BinaryPrimitives.ReadUInt64LittleEndian(page.Bytes[LivesAt..]);
        isNew = life == 0 || BinaryPrimitives.ReadUInt64LittleEndian(page.Bytes[PlanAt..]) != plan;
        if (!isNew)
            return life;
        BinaryPrimitives.WriteUInt64LittleEndian(page.Bytes[LivesAt..], ++life);
        BinaryPrimitives.WriteUInt64LittleEndian(page.Bytes[PlanAt..], plan);
        return life;
    }

    /// <inheritdoc/>
    public void Dispose() => page.Dispose();
}
