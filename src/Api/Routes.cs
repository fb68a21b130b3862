namespace HyperSpector.Api;

/// <summary>The daemon's HTTP routes over its Unix socket; streams are JSON lines (<c>application/jsonl</c>).</summary>
public static class Routes
{
    /// <summary>GET: <see cref="Messages.VersionInfo"/>.</summary>
    public const string Version = "/version";

    /// <summary>PUT a <see cref="Site.SiteSpec"/>: make it so; DELETE: down (<c>?keep=true</c> keeps data and events). Streams <see cref="Messages.ProgressLine"/>.</summary>
    public const string Site = "/site";

    /// <summary>GET: the list of <see cref="Messages.MachineStatus"/>.</summary>
    public const string Machines = "/machines";

    /// <summary>GET: <see cref="Messages.HostStatus"/>.</summary>
    public const string Status = "/status";

    /// <summary>GET <c>?machine=NAME&amp;follow=true&amp;tail=N</c>: streams <see cref="Messages.LogLine"/>.</summary>
    public const string Logs = "/logs";

    /// <summary>GET <c>?follow=true&amp;tail=N</c>: streams <see cref="Events.EventRecord"/>.</summary>
    public const string Events = "/events";

    /// <summary>GET <c>?machine=NAME</c>: <see cref="Messages.ExecTarget"/>.</summary>
    public const string Exec = "/exec";

    /// <summary>POST a <see cref="Messages.PackBuildRequest"/>: streams <see cref="Messages.ProgressLine"/>.</summary>
    public const string Packs = "/packs";

    /// <summary>
    /// GET <c>?machine=NAME&amp;follow=true&amp;mounts=true&amp;path=PATH&amp;path=PATH</c>: streams <see cref="Messages.ChangeRecord"/>, the last of
    /// which is one of kind end or failed, unless it is followed.
    /// </summary>
    public const string Changes = "/changes";

    /// <summary>POST a <see cref="Messages.AcceptanceRequest"/>, or GET <c>?environment=NAME&amp;server=NAME</c>: the list of
    /// <see cref="Messages.AcceptanceRecord"/> (after a POST, that which is new).</summary>
    public const string Acceptances = "/acceptances";

    /// <summary>POST: the daemon ends; VMs run on.</summary>
    public const string Shutdown = "/shutdown";
}
