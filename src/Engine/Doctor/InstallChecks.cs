using HyperSpector.Api.Messages;

namespace HyperSpector.Engine.Doctor;

/// <summary>Is our own software whole?</summary>
internal static class InstallChecks
{
    private const string Reinstall = "install again: make install";

    internal static readonly IReadOnlyList<Check> Table =
    [
        new("install.programs", DoctorLevel.Required, "VMs have no keeper, monitor, reader, sensor or checker", Reinstall,
            s => All(s, "hyperspector", "hyperspectord", "hyperspector-keeper", "hyperspector-monitor", "hyperspector-reader", "hyperspector-sensor", "hyperspector-integrity")),
        new("install.bpf", DoctorLevel.Required, "no frame can be copied to a mirror port", Reinstall, s => All(s, "bpf/mirror.bpf.o", "bpf/port.bpf.o", "bpf/uplink.bpf.o")),
        new("install.policy", DoctorLevel.Required, "VMs cannot be confined", Reinstall, s => All(s, "policy")),
        new("install.packs", DoctorLevel.Recommended, "only packs of your own can be used", Reinstall, s => All(s, "packs/suricata", "packs/tcpdump")),
    ];

    private static Finding All(DoctorScene scene, params string[] names)
    {
        var missing = names.Where(n => !Path.Exists(Path.Join(scene.Programs, n))).ToList();
        return missing.Count == 0
            ? Finding.Ok(names.Length == 1 ? Path.Join(scene.Programs, names[0]) : $"{names.Length} in {scene.Programs}")
            : Finding.Missing($"not in {scene.Programs}: {string.Join(", ", missing)}");
    }
}
