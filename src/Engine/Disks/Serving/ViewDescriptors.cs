namespace HyperSpector.Engine.Disks.Serving;

/// <summary>The descriptors that a keeper starts the server of an IDS VM's views with, by number.</summary>
public static class ViewDescriptors
{
    /// <summary>Our end of the socket pair over which the keeper is asked for what only it may do.</summary>
    public const int Requests = 3;

    /// <summary>The page of <see cref="ViewState"/>.</summary>
    public const int State = 4;

    /// <summary>The connection of <c>/.serverfs</c>.</summary>
    public const int ServerFiles = 5;

    /// <summary>The connection of <c>/.dserverfs</c>.</summary>
    public const int ServerChanges = 6;

    /// <summary>The plan: JSON, written by the daemon.</summary>
    public const int Plan = 7;

    /// <summary>The files of memory for the nodes of each view, which outlive who serves them.</summary>
    public const int Nodes = 8;

    /// <summary>The first of the plan's mounts and layers.</summary>
    public const int FirstDisk = 10;

    /// <summary>Behind them: what closes when the process is killed. See <see cref="Linux.Calls.Pulse"/>.</summary>
    public static int PulseOf(int disks) => FirstDisk + disks;

    /// <summary>Mounts and layers of one IDS VM's servers.</summary>
    public const int DiskLimit = 4096;
}
