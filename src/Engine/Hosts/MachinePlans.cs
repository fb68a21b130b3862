using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Plans;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Integrity.Signing;
using HyperSpector.Engine.Machines;
using HyperSpector.Engine.Packs;

namespace HyperSpector.Engine.Hosts;

/// <summary>From what was asked for to what the machine factory makes. Pure but for the files of packs.</summary>
internal static class MachinePlans
{
    /// <summary>Where the sensor's program appears inside a VM.</summary>
    internal const string SensorProgram = "/run/hyperspector/sensor";

    internal static MachinePlan For(HostPaths paths, MachineRecord record, IReadOnlyList<string> packLayers) =>
        record.Environment is { } environment ? Ids(paths, record, environment, packLayers) : Server(paths, record);

    /// <summary>The outputs of an IDS VM's packs, in a fixed order, with the pack that writes each.</summary>
    internal static IReadOnlyList<(PackSpec Pack, PackOutput Output)> Outputs(EnvironmentSpec environment) =>
        [.. from pack in environment.Packs from output in pack.Outputs select (pack, output)];

    /// <summary>Host directory of an output's directory; outputs in the same directory share it.</summary>
    internal static string OutputDirectory(HostPaths paths, string machine, int output) =>
        $"{paths.MachineState(machine)}/outputs/{output}";

    /// <summary>Distinct directories of outputs: inside, and the index of the first output there.</summary>
    internal static IReadOnlyList<(string Inside, int Index)> OutputDirectories(EnvironmentSpec environment) =>
        [.. Outputs(environment).Select((o, i) => (Inside: Path.GetDirectoryName(o.Output.Path)!, Index: i)).DistinctBy(o => o.Inside)];

    private static MachinePlan Server(HostPaths paths, MachineRecord record) => Common(paths, record) with
    {
        Kind = MachineKind.Server,
        Arguments = record.Machine.Run,
        Environment = record.Machine.Environment,
        User = record.Machine.User,
        WorkingDirectory = record.Machine.WorkingDirectory,
    };

    private static MachinePlan Ids(HostPaths paths, MachineRecord record, EnvironmentSpec environment, IReadOnlyList<string> packLayers)
    {
        var surroundings = new PackSurroundings(
            [.. environment.Watch.Select(server => MirrorWiring.NameInside(environment, server))], environment.Watch);
        var plan = Common(paths, record);
        var files = environment.Packs.SelectMany(pack => PackInstall.Files(pack, surroundings)).ToList();
        var mounts = plan.Mounts.ToList();
        foreach (var (inside, index) in OutputDirectories(environment))
            mounts.Add(new BindMount(OutputDirectory(paths, record.Name, index), inside, ReadOnly: false));

        var byHand = record.Machine.Run.Count > 0 && environment.Packs.Count == 0;
        if (!byHand)
        {
            files.Add(new GeneratedFile(SensorPlan.Path, SensorPlanOf(record, environment, surroundings)));
            mounts.Add(new BindMount($"{AppContext.BaseDirectory}hyperspector-sensor", SensorProgram, ReadOnly: true));
        }

        if (environment.Watch.Count > 0)
        {
            mounts.Add(new BindMount($"{AppContext.BaseDirectory}hyperspector-integrity", IntegrityPaths.Program, ReadOnly: true));
            mounts.Add(new BindMount(AcceptanceDesk.DirectoryOf(paths, record.Name), IntegrityPaths.Acceptances, ReadOnly: true));
        }

        return plan with
        {
            Kind = MachineKind.Ids,
            PackLayers = packLayers,
            Arguments = byHand ? record.Machine.Run : [SensorProgram],
            Environment = record.Machine.Environment,
            User = byHand ? record.Machine.User : null,
            WorkingDirectory = byHand ? record.Machine.WorkingDirectory : "/",
            Files = files,
            Mounts = mounts,
            NetAdmin = environment.NetAdmin || environment.Packs.Any(p => p.NetAdmin),
            SeccompListener = $"{paths.MachineRun(record.Name)}/seccomp.sock",
        };
    }

    private static MachinePlan Common(HostPaths paths, MachineRecord record) => new()
    {
        Name = record.Name,
        Kind = MachineKind.Server,
        FirstId = record.FirstId,
        Base = record.Machine.Base,
        Arguments = record.Machine.Run,
        Mounts = [.. record.Machine.Volumes.Select(v => new BindMount(v.Source, v.Target, v.ReadOnly))],
        Runtime = record.Machine.Runtime,
        Resources = record.Machine.Resources,
        Tmpfs = record.Machine.Tmpfs,
        Ulimits = record.Machine.Ulimits,
        CapAdd = record.Machine.CapAdd,
        CapDrop = record.Machine.CapDrop,
        Devices = record.Machine.Devices,
        Secrets = record.Machine.Secrets,
        LogFifo = LogFifo(paths, record.Name),
    };

    internal static string LogFifo(HostPaths paths, string machine) => $"{paths.MachineRun(machine)}/log.fifo";

    private static List<SensorOutput> Rotated(EnvironmentSpec environment) =>
    [
        .. Outputs(environment).Where(o => o.Output.Reopen is not null).Select(o => new SensorOutput(
            o.Output.Path, o.Output.Limit, SignalOf(o.Output.Reopen!), [.. o.Pack.Run.Select(r => r.Name)])),
    ];

    // signal(7); the same on all architectures that we run on.
    private static int SignalOf(string name) => name switch
    {
        "HUP" => 1,
        "USR1" => 10,
        "USR2" => 12,
        _ => 0,
    };

    private static string SensorPlanOf(MachineRecord record, EnvironmentSpec environment, PackSurroundings surroundings)
    {
        var commands = environment.Packs
            .SelectMany(pack => pack.Run)
            .Select(command => new SensorCommand(command.Name, PackInstall.Arguments(command.Arguments, surroundings)))
            .Concat(environment.Packs.SelectMany(pack => PackInstall.Scheduled(pack, surroundings)))
            .ToList();
        if (record.Machine.Run.Count > 0)
            commands.Add(new SensorCommand("run", record.Machine.Run));
        return JsonSerializer.Serialize(new SensorPlan { Commands = commands, Outputs = Rotated(environment) }, ApiJson.Default.SensorPlan);
    }
}
