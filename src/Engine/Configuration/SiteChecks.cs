using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration.Keys;

namespace HyperSpector.Engine.Configuration;

/// <summary>What only the file as a whole can show.</summary>
internal static class SiteChecks
{
    internal static void Run(SiteDraft site)
    {
        foreach (var server in site.Servers.Where(HasNoCommand))
            site.File.Report(server.Name, $"server {Quoted.Text(server.Name.Value)} needs 'run', its command line{(server.IsImage ? ": its image names none" : "")}");
        foreach (var machine in site.Servers.Concat<MachineDraft>(site.Environments))
            MachineChecks.Run(machine);
        Clashes(site);
        Ports(site);
        UplinkChecks.Run(site);
        StartChecks.Run(site);
        foreach (var environment in site.Environments)
        {
            Watches(site, environment);
            Commands(environment);
            Runtimes(environment);
            Outputs(environment);
        }
    }

    private static void Clashes(SiteDraft site)
    {
        foreach (var environment in site.Environments)
        {
            if (site.Servers.FirstOrDefault(s => s.Name.Value == environment.Name.Value) is { } server)
            {
                var later = environment.Name.At.Line >= server.Name.At.Line ? environment.Name : server.Name;
                site.File.Report(later, $"{Quoted.Text(later.Value)} names both a server and an environment; rename one, so that 'hyperspector exec {later.Value}' is clear");
            }
        }
    }

    private static void Ports(SiteDraft site)
    {
        var taken = new List<(PublishedPort Port, string Server)>();
        foreach (var server in site.Servers)
        {
            foreach (var (at, port) in server.Publish)
            {
                var other = taken.FirstOrDefault(t => t.Port.HostPort == port.HostPort && t.Port.Protocol == port.Protocol
                    && (t.Port.Address == port.Address || t.Port.Address is null || port.Address is null));
                if (other.Server is not null)
                    site.File.Report(at, $"publish: port {port.HostPort}/{port.Protocol} of the base is already published for {Quoted.Text(other.Server)}");
                else
                    taken.Add((port, server.Name.Value));
            }
        }
    }

    private static void Watches(SiteDraft site, EnvironmentDraft environment)
    {
        foreach (var (at, server, filter, truncateAt) in environment.Watch)
        {
            if (filter?.Truncate is not null && environment.Frames == FrameForm.Wire)
                site.File.Report(truncateAt!, "truncate: with 'frames: wire' what the kernel would cut into frames would lose its end first; remove one of them");
            if (!site.Servers.Any(s => s.Name.Value == server))
            {
                var suggestion = Nearest.Suggest(server, site.Servers.Select(s => s.Name.Value));
                site.File.Report(at, $"watch: there is no server {Quoted.Text(server)}{suggestion}");
            }
        }
    }

    private static void Commands(EnvironmentDraft environment)
    {
        var name = Quoted.Text(environment.Name.Value);
        if (!environment.HasPacks && HasNoCommand(environment))
            environment.File.Report(environment.Name, $"environment {name} needs 'packs', or 'run' for an IDS by hand");
        // The sensor is the first process then; it starts 'run' beside the packs' commands, as root of the VM.
        if (environment is { HasPacks: true, UserAt: { } user })
            environment.File.Report(user, "user: with 'packs' everything runs as root of the VM; remove it");
        if (environment is { HasPacks: true, WorkingDirectoryAt: { } directory })
            environment.File.Report(directory, "working_dir: with 'packs' everything starts in /; remove it");
    }

    // An image that could not be read has been complained about; what it would run is not known.
    private static bool HasNoCommand(MachineDraft machine) =>
        machine.RunAt is null && (machine.Image is { } ? machine.ImageRun.Count == 0 : !machine.IsImage);

    // The opening of a capture is noticed by a seccomp listener, and mon0 has no address: gVisor knows neither (docs/configuration.md).
    private static void Runtimes(EnvironmentDraft environment)
    {
        if (environment is { Runtime: "runsc" or "kata-runtime", RuntimeAt: { } at })
            environment.File.Report(at, $"runtime: '{environment.Runtime}' shows an IDS VM no mirror port; use runc or crun for environments, and '{environment.Runtime}' for servers");
    }

    // An output's directory becomes a volume of its own: two things cannot be put at one place.
    private static void Outputs(EnvironmentDraft environment)
    {
        var directories = new Dictionary<string, string>();
        foreach (var (at, _, spec) in environment.Packs.Where(p => p.Spec is not null))
        {
            foreach (var directory in spec!.Outputs.Select(o => Path.GetDirectoryName(o.Path)!))
            {
                if (!directories.TryAdd(directory, spec.Name) && directories[directory] != spec.Name)
                    environment.File.Report(at, $"packs: '{directories[directory]}' and '{spec.Name}' both write to {Quoted.Text(directory)}");
                foreach (var (volumeAt, volume) in environment.Volumes)
                {
                    if (MachinePath.IsAtOrBelow(directory, volume.Target) || MachinePath.IsAtOrBelow(volume.Target, directory))
                        environment.File.Report(volumeAt, $"volume target {Quoted.Text(volume.Target)} would hide the output of pack '{spec.Name}'");
                }
            }
        }
    }
}
