using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HyperSpector.Daemon;

/// <summary>The daemon's life: one per host, listening on a Unix socket only (MOD-5).</summary>
internal static class Server
{
    // A site with hundreds of machines is some hundred KiB.
    private const long RequestLimit = 8 * 1024 * 1024;

    internal static async Task<int> RunAsync(DaemonOptions options)
    {
        var paths = options.Paths;
        var manager = ServiceManager.Take();
        PrivateDirectory.CreatePassage(paths.Run);
        // .NET opens with FileShare.None by flock(2), which the kernel undoes when we die, however we die.
        FileStream only;
        try
        {
            only = new FileStream($"{paths.Run}/hyperspectord.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new IOException($"a daemon for host '{paths.Name}' is running already (lock {paths.Run}/hyperspectord.lock)");
        }

        await using var _ = only;
        using var controller = new SiteController(paths, Console.Error.WriteLine);
        await controller.ResumeAsync();

        File.Delete(paths.Socket);
        await using var application = Build(paths, controller);
        await application.StartAsync();
        File.SetUnixFileMode(paths.Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var lifetime = application.Lifetime;
        if (options.OnDemand)
            controller.BecameEmpty += lifetime.StopApplication;
        manager.Say($"READY=1\nSTATUS={controller.Machines().Count} VMs of host {paths.Name}");
        await application.WaitForShutdownAsync();
        manager.Say("STOPPING=1");
        File.Delete(paths.Socket);
        if (controller.IsEmpty)
            RemoveTraces(paths, controller);
        return 0;
    }

    private static void RemoveTraces(HostPaths paths, SiteController controller)
    {
        controller.RemoveTraces();
        var run = paths.Run;
        File.Delete($"{run}/hyperspectord.lock");
        // The log of one that was started on demand: us, or one that came too late because we ran already. A service manager keeps ours.
        File.Delete($"{run}/hyperspectord.log");
        PrivateDirectory.RemoveIfEmpty(run);
    }

    private static WebApplication Build(HostPaths paths, SiteController controller)
    {
        // The empty builder reads no configuration from files or environment: nothing can add a listener.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestLimit;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenUnixSocket(paths.Socket, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                PeerCredentials.RequireRoot(listen);
            });
        });
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var application = builder.Build();
        application.UseRouting();
        new Endpoints(paths, controller).Map(application);
        return application;
    }
}
