using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks;

/// <summary>A regular file that was read lately.</summary>
/// <param name="file">Open for reading, in the layer that has it.</param>
/// <param name="isFixed">Whatever changes its data is told; otherwise they are withdrawn when they are a second old.</param>
internal sealed class OpenFile(FileDescriptor file, bool isFixed) : Opened
{
    internal FileDescriptor File => file;

    internal bool IsFixed => isFixed;

    /// <summary>Its name may lead elsewhere by now: to be opened anew, and only if there is nothing under that name to be used on.</summary>
    internal bool IsDoubtful { get; set; }

    internal override int Descriptors => 1;

    protected override void Close() => file.Dispose();
}
