using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines.Oci;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary>What only the keys of one VM together can show.</summary>
internal static class MachineChecks
{
    private const string SecretsPath = "/run/secrets";

    internal static void Run(MachineDraft machine)
    {
        Capabilities(machine);
        Devices(machine);
        Places(machine);
        if (machine is { Restart: RestartPolicy.No, Health.Restart: true, HealthAt: { } at })
            machine.File.Report(at, "health: restart: true does nothing beside restart: no of the VM; remove one of them");
    }

    private static void Capabilities(MachineDraft machine)
    {
        foreach (var (at, name) in machine.CapAdd)
        {
            if (machine.CapDrop.Any(d => d.Name == name))
                machine.File.Report(at, $"cap_add: {name} is in cap_drop, too; remove one of them");
            if (machine is EnvironmentDraft && name == CapabilityPolicy.NetworkAdministration)
                machine.File.Report(at, $"cap_add: an environment gets {name} by net_admin: true");
        }
    }

    private static void Devices(MachineDraft machine)
    {
        foreach (var (at, device) in machine.Devices)
        {
            if (device.Needs is not { } needed || machine.CapAdd.Any(c => c.Name == needed) || machine is EnvironmentDraft { NetAdmin: true })
                continue;
            var how = machine is EnvironmentDraft ? "net_admin: true" : $"cap_add: [{needed["CAP_".Length..]}]";
            machine.File.Report(at, $"devices: {device.Path} is of no use without {how}");
        }
    }

    // Mounted in this order: tmpfs, volumes, secrets. What is mounted later may lie in an earlier one, but not the other way round.
    private static void Places(MachineDraft machine)
    {
        foreach (var (at, tmpfs) in machine.Tmpfs)
        {
            if (machine is EnvironmentDraft && tmpfs.Target == "/run")
                machine.File.Report(at, "tmpfs '/run' would hide /run/hyperspector, which HyperSpector provides in an IDS VM");
            foreach (var (_, volume) in machine.Volumes)
            {
                if (MachinePath.IsAtOrBelow(tmpfs.Target, volume.Target))
                    machine.File.Report(at, $"tmpfs {Quoted.Text(tmpfs.Target)} would be hidden by the volume at {Quoted.Text(volume.Target)}");
            }
        }

        if (machine.Secrets.Count == 0)
            return;
        var places = machine.Tmpfs.Select(t => (t.At, t.Tmpfs.Target)).Concat(machine.Volumes.Select(v => (v.At, v.Volume.Target)));
        foreach (var (at, target) in places)
        {
            if (MachinePath.IsAtOrBelow(target, SecretsPath))
                machine.File.Report(at, $"{Quoted.Text(target)} would be hidden by {SecretsPath}, where the secrets are");
        }
    }
}
