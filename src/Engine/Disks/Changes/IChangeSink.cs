namespace HyperSpector.Engine.Disks.Changes;

/// <summary>Who gets what a <see cref="ChangeWalk"/> finds.</summary>
internal interface IChangeSink
{
    /// <summary>A path that differs; a directory before what is in it.</summary>
    void Tell(ReadOnlySpan<byte> path, in Verdict verdict);

    /// <summary>A directory in which the server VM can change something is gone through from now on.</summary>
    void Entering(ReadOnlySpan<byte> path, ChangeDirectory directory);
}
