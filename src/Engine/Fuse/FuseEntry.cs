namespace HyperSpector.Engine.Fuse;

/// <summary>What a lookup found.</summary>
/// <param name="Node">The kernel's name for it from now on; 0: nothing.</param>
/// <param name="Generation">Tells two uses of the same node number apart.</param>
/// <param name="EntryValid">How long the name leads there.</param>
/// <param name="AttributesValid">How long the attributes hold.</param>
/// <param name="Attributes">As <see cref="IFuseTree.GetAttributes"/>.</param>
public readonly record struct FuseEntry(
    ulong Node, ulong Generation, TimeSpan EntryValid, TimeSpan AttributesValid, FuseAttributes Attributes);

/// <summary>An open file.</summary>
/// <param name="Handle">Our name for it.</param>
/// <param name="KeepCache">What the kernel has in its page cache of an earlier open is still right.</param>
/// <param name="BackingId">
/// From FUSE_DEV_IOC_BACKING_OPEN: the kernel reads that file itself; 0: it asks us. Counts only if passthrough was negotiated
/// (<see cref="FuseSession.Passthrough"/>); else it asks us all the same.
/// </param>
public readonly record struct FuseOpened(ulong Handle, bool KeepCache, int BackingId);

/// <summary>What statfs(2) says, in its units.</summary>
public readonly record struct FuseFileSystem(
    ulong Blocks, ulong FreeBlocks, ulong AvailableBlocks, ulong Files, ulong FreeFiles, uint BlockSize, uint NameLength, uint FragmentSize);
