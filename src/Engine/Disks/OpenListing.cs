namespace HyperSpector.Engine.Disks;

/// <summary>A directory that is being listed: its names, as they were when the listing began.</summary>
internal sealed class OpenListing
{
    /// <summary>One after the other.</summary>
    internal List<byte> Bytes { get; } = [];

    /// <summary>Where each name ends.</summary>
    internal List<int> Ends { get; } = [];

    /// <summary>They have been read.</summary>
    internal bool IsRead { get; set; }

    internal int Count => Ends.Count;

    internal ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var start = index == 0 ? 0 : Ends[index - 1];
            return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Bytes)[start..Ends[index]];
        }
    }

    internal void Clear()
    {
        Bytes.Clear();
        Ends.Clear();
        IsRead = false;
    }

    internal void Add(ReadOnlySpan<byte> name)
    {
        Bytes.AddRange(name);
        Ends.Add(Bytes.Count);
    }
}
