using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Plans;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// Which server VMs' disks an IDS VM sees below <c>/.serverfs</c> (DISK-1): those that it watches, while they run. A server VM whose mounts
/// are still held could not be mounted again, so it is taken out before it is taken down.
/// </summary>
internal sealed class DiskWiring(HostPaths paths, Workshop workshop, Action<string> log)
{
    // What each environment's keeper was told last; absent: nothing, or nobody knows. Operation thread only.
    private readonly Dictionary<string, string> _told = [];

    /// <summary>Shows what is to be seen, and no more.</summary>
    internal void Match(IReadOnlyDictionary<string, LiveMachine> machines, SiteSpec site)
    {
        foreach (var (name, environment) in site.Environments)
        {
            if (machines.GetValueOrDefault(name) is { Runs: true } live)
                Show(live, environment, [.. Running(environment, machines)]);
            else
                _ = _told.Remove(name);
        }
    }

    /// <summary>A keeper was started anew and may know nothing.</summary>
    internal void Forget(string environment) => _told.Remove(environment);

    /// <summary>Before a machine is taken down: nobody may hold its mounts.</summary>
    internal void Release(string machine, IReadOnlyDictionary<string, LiveMachine> machines, SiteSpec? site)
    {
        _ = _told.Remove(machine);
        foreach (var (name, environment) in site?.Environments ?? new Dictionary<string, EnvironmentSpec>())
        {
            if (environment.Watch.Contains(machine) && name != machine && machines.GetValueOrDefault(name) is { Runs: true } live)
            {
                Show(live, environment, [.. Running(environment, machines).Where(m => m.Record.Name != machine)]);
            }
        }
    }

    private static IEnumerable<LiveMachine> Running(EnvironmentSpec environment, IReadOnlyDictionary<string, LiveMachine> machines) =>
        environment.Watch.Select(machines.GetValueOrDefault).OfType<LiveMachine>().Where(m => m.Runs);

    private void Show(LiveMachine environment, EnvironmentSpec spec, IReadOnlyList<LiveMachine> servers)
    {
        var name = environment.Record.Name;
        // By how many there are to be: a path must not lead elsewhere because some do not run.
        var several = spec.Watch.Count > 1;
        if (!ViewMounts.AreThere(paths, name))
            return;
        var what = string.Join(' ', servers.Select(s => $"{s.Record.Name}:{s.Init!.Pid}").Prepend($"{environment.Init!.Pid}:{several}"));
        if (_told.GetValueOrDefault(name) == what)
            return;
        var descriptors = new List<FileDescriptor>();
        try
        {
            var plan = new ViewPlan { Disks = [.. servers.Select(s => Open(s.Record, environment.Record, several, descriptors))] };
            var file = $"{paths.MachineRun(name)}/views.json";
            File.WriteAllBytes($"{file}.new", JsonSerializer.SerializeToUtf8Bytes(plan, ApiJson.Default.ViewPlan));
            File.Move($"{file}.new", file, overwrite: true);
            using var planFile = Files.OpenRead(file);
            Show(environment, planFile, descriptors);
            _told[name] = what;
        }
        catch (IOException failure)
        {
            // The VMs run on; tried again with the next change.
            _ = _told.Remove(name);
            log($"{name}: its view of the servers' disks cannot be made: {failure.Message}");
        }
        finally
        {
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
        }
    }

    private void Show(LiveMachine environment, FileDescriptor plan, List<FileDescriptor> descriptors)
    {
        using var keeper = workshop.KeeperOf(environment.Record.Name);
        try
        {
            keeper.ShowDisks(plan, descriptors);
        }
        catch (KernelException gone) when (gone.Errno == Errno.ENOTCONN)
        {
            workshop.RenewViews(environment);
            keeper.ShowDisks(plan, descriptors);
        }
    }

    private DiskPlan Open(MachineRecord server, MachineRecord environment, bool inDirectory, List<FileDescriptor> into)
    {
        var plan = DiskSource.Open(paths, server.Name, server.FirstId, server.Generation ?? "", environment.FirstId, into);
        plan.Directory = inDirectory ? server.Name : null;
        return plan;
    }
}
