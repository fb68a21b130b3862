using HyperSpector.Api.Plans;
using HyperSpector.Engine.Events;

namespace HyperSpector.Engine.Hosts;

/// <summary>What a VM's reader is told.</summary>
internal static class ReaderPlans
{
    internal static ReaderPlan For(HostPaths paths, MachineRecord record)
    {
        var plan = LogOnly(paths, record.Name, record.FirstId);
        if (record.Environment is not { } environment)
            return plan;
        var directories = MachinePlans.OutputDirectories(environment).ToDictionary(d => d.Inside, d => d.Index);
        return plan with
        {
            Environment = record.Name,
            SpoolDirectory = Spool.DirectoryOf(paths, record.Name),
            Servers = environment.Watch.ToDictionary(server => MirrorWiring.NameInside(environment, server), server => server),
            Outputs =
            [
                .. MachinePlans.Outputs(environment).Select((o, i) => new ReaderOutput(
                    i,
                    MachinePlans.OutputDirectory(paths, record.Name, directories[Path.GetDirectoryName(o.Output.Path)!]),
                    Path.GetFileName(o.Output.Path),
                    o.Output.Format,
                    o.Pack.Name)),
            ],
        };
    }

    /// <summary>For a VM of which only the log is kept.</summary>
    internal static ReaderPlan LogOnly(HostPaths paths, string machine, uint firstId) => new()
    {
        Host = paths.Name,
        Machine = machine,
        LogFifo = MachinePlans.LogFifo(paths, machine),
        LogDirectory = LogStore.DirectoryOf(paths, machine),
        Uid = firstId,
        Gid = firstId,
    };
}
