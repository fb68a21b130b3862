namespace HyperSpector.Engine.Disks.Serving;

/// <summary>The descriptors that the daemon starts who lists a server VM's changes with, by number.</summary>
public static class ChangeDescriptors
{
    /// <summary>Where the lines go.</summary>
    public const int Output = 1;

    /// <summary>Our end of the socket pair over which the daemon is asked for what only it may read; hung up: nobody wants to know any more.</summary>
    public const int Requests = 3;

    /// <summary>The plan: JSON, written by the daemon.</summary>
    public const int Plan = 4;

    /// <summary>The first of the plan's mounts and layers.</summary>
    public const int FirstDisk = 10;

    /// <summary>Descriptors of the process: each directory that is gone through takes some, and they may lie thousands deep in each other.</summary>
    public const int Limit = 65536;
}
