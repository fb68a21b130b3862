using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration.Keys;

namespace HyperSpector.Engine.Configuration;

/// <summary>The keys that servers and environments have in common.</summary>
internal static class MachineKeys
{
    internal static IReadOnlyList<Key<T>> For<T>() where T : MachineDraft =>
    [
        new("base", "The lower layer of the file system: host (the default), a directory, oci:LAYOUT[:TAG], or {host: {allow: [/opt/app]}}.", BaseReader.Schema,
            BaseReader.Read),
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
        new("runtime", "The OCI runtime that starts the VM; runc unless said otherwise.", """{"enum":["runc","crun","runsc","kata-runtime"]}""",
            (d, n) => (d.RuntimeAt, d.Runtime) = (n, RuntimeReader.Read(d.File, n))),
        new("stop_signal", "Signal that asks the first process to end before it is killed, e.g. SIGTERM.", """{"type":["string","integer"]}""",
            (d, n) => d.StopSignal = RuntimeReader.ReadSignal(d.File, n)),
        new("restart", "What happens when the first process ends; always unless said otherwise.", """{"enum":["always","on-failure","no"]}""",
            (d, n) => d.Restart = Values.Word(d.File, n, "restart",
                ("always", RestartPolicy.Always), ("on-failure", RestartPolicy.OnFailure), ("no", RestartPolicy.No))),
        new("tmpfs", "File systems in memory: PATH or PATH:SIZE, 64M unless said otherwise; /dev/shm sets the size of that one.", TmpfsReader.Schema,
            (d, n) => d.Tmpfs = TmpfsReader.Read(d.File, n)),
        new("ulimits", "Limits of every process, by name: a number, or {soft: 1024, hard: 4096}.", UlimitReader.Schema,
            (d, n) => d.Ulimits = UlimitReader.Read(d.File, n)),
        new("cap_add", "Capabilities beyond the usual ones.", CapabilityReader.Schema,
            (d, n) => d.CapAdd = CapabilityReader.Read(d.File, n, "cap_add", add: true)),
        new("cap_drop", "Usual capabilities that the VM does without, or ALL.", CapabilityReader.Schema,
            (d, n) => d.CapDrop = CapabilityReader.Read(d.File, n, "cap_drop", add: false)),
        new("devices", "Device nodes of the host that the VM may use: /dev/net/tun, /dev/kvm.", DeviceReader.Schema,
            (d, n) => d.Devices = DeviceReader.Read(d.File, n)),
        new("secrets", "Files of the host that only the VM's user may read, as /run/secrets/NAME: FILE or FILE:NAME.", SecretReader.Schema,
            (d, n) => d.Secrets = SecretReader.Read(d.File, n)),
        new("health", "How it is checked whether the VM does its work.", """{"$ref":"#/definitions/health"}""",
            (d, n) => (d.HealthAt, d.Health) = (n, HealthReader.Read(d.File, n))),
        new("resources", "Limits, weights and guarantees.", """{"$ref":"#/definitions/resources"}""",
            (d, n) => d.Resources = ResourceReader.Read(d.File, n)),
    ];
}
