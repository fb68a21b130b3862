namespace HyperSpector.Engine.Disks;

/// <summary>What the IDS VM's kernel keeps of a view; told, on a thread that answers nothing, what is no longer true.</summary>
public interface IViewCache
{
    /// <summary>A name in a directory leads elsewhere, or nowhere, by now.</summary>
    void DropEntry(ulong directory, ReadOnlySpan<byte> name);

    /// <summary>Attributes and cached data of a node may have changed.</summary>
    void DropNode(ulong node);
}
