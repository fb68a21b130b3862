namespace HyperSpector.Engine.Disks.Serving;

/// <summary>How much one IDS VM can make us hold.</summary>
public static class ViewLimits
{
    /// <summary>Descriptors that one view holds for directories; those used last.</summary>
    public const int DirectoryDescriptors = 6000;

    /// <summary>Files that one view may have open at a time.</summary>
    public const int OpenFiles = 2048;

    /// <summary>Descriptors of the process that serves both views. Hard limits below 20,000 are rare; there some files cannot be opened.</summary>
    public const int Descriptors = 18000;
}
