using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration;

/// <summary>The keys that servers and environments have in common.</summary>
internal static class MachineKeys
{
    internal static IReadOnlyList<Key<T>> For<T>() where T : MachineDraft =>
    [
        new("base", "The lower layer of the file system: host (the default), a directory, or {host: {allow: [/opt/app]}}.", BaseReader.Schema,
            (d, n) => d.Base = BaseReader.Read(d.File, n)),
        new("run", "The command line of the first process: a list, or text that is split as a shell would, without expansion.", CommandLine.Schema,
            (d, n) => (d.RunAt, d.Run) = (n, CommandLine.Read(d.File, n, "run"))),
        new("environment", "Environment variables of the command.", VariableReader.Schema,
            (d, n) => d.Environment = VariableReader.Read(d.File, n)),
        new("user", "User of the command, name or number, with :group if wanted; root unless said otherwise.", UserReader.Schema,
            (d, n) => (d.UserAt, d.User) = (n, UserReader.Read(d.File, n))),
        new("working_dir", "Working directory inside the VM.", """{"type":"string","pattern":"^/"}""",
            (d, n) => (d.WorkingDirectoryAt, d.WorkingDirectory) = (n, MachinePath.Read(d.File, n, "working_dir"))),
        new("volumes", "Directories or files of the host that appear inside: SOURCE:TARGET[:ro], or a mapping.",
            """{"type":"array","items":{"oneOf":[{"type":"string","pattern":"^(.*\\$\\{.*|[^:]+:[^:]+(:r[ow])?)$"},{"$ref":"#/definitions/volume"}]}}""",
            (d, n) => d.Volumes = VolumeReader.Read(d.File, n)),
        new("restart", "What happens when the first process ends; always unless said otherwise.", """{"enum":["always","on-failure","no"]}""",
            (d, n) => d.Restart = Values.Word(d.File, n, "restart",
                ("always", RestartPolicy.Always), ("on-failure", RestartPolicy.OnFailure), ("no", RestartPolicy.No))),
        new("resources", "Limits.", """{"$ref":"#/definitions/resources"}""",
            (d, n) => d.Resources = ResourceReader.Read(d.File, n)),
    ];
}
