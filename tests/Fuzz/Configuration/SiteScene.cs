using HyperSpector.Tests.Kit.Images;

namespace HyperSpector.Tests.Fuzz.Configuration;

/// <summary>A directory with what a configuration can name: a base, an image, a secret, a pack.</summary>
public sealed class SiteScene : IDisposable
{
    private readonly Scratch _scratch = new();

    public SiteScene()
    {
        _ = Directory.CreateDirectory(At("root/bin"));
        _ = Directory.CreateDirectory(At("data"));
        _ = _scratch.Write("key", "secret");
        var layout = new LayoutWriter(At("image"));
        var archive = LayoutWriter.Archive("bin/", "bin/server");
        _ = layout.Add(layout.Blob(LayoutWriter.ManifestType, layout.Manifest(LayoutWriter.Config(archive), (LayoutWriter.LayerType, archive))), "latest");
        layout.Finish();
        _ = _scratch.Write("packs/good/pack.yaml", """
            run: {watch: [/bin/watch, "${filter}", "${mirrors}"]}
            outputs: [{path: /var/log/good/out, format: lines, reopen: none}]
            options: {filter: tcp}
            """);
        _ = _scratch.Write("packs/tool/pack.yaml", "{apt: {packages: [tcpdump]}, net_admin: true}");
        _ = _scratch.Write("packs/bad/pack.yaml", "run: {");
    }

    internal string Root => _scratch.Path;

    internal static Dictionary<string, string> Variables { get; } = new() { ["A"] = "a", ["EMPTY"] = "" };

    /// <summary>What stands for values of a key, by the key; with a colon, for the keys of its mapping.</summary>
    internal static Dictionary<string, string[]> Words { get; } = new()
    {
        ["servers:"] = ["web", "db", "a", "mail-1"],
        ["environments:"] = ["edge", "lan", "ids", "web"],
        ["base"] = ["host", "root", "./root/", "oci:image", "oci:image:latest", "oci:image:none", "oci:root", "nowhere"],
        ["allow"] = ["/opt/app", "/srv", "/opt/../etc", "/proc"],
        ["run"] = ["/bin/true", "/bin/server --port 80", "/bin/sh -c 'a \"b\" c'", "${A}", "/bin/x \"a\\\"b\"", "/bin/x 'a", "/bin/x \\", "/bin/x | y", "bin/x", "x"],
        ["environment:"] = ["PATH", "HOME", "A_1", "a", "LANG"],
        ["environment"] = ["/bin:/usr/bin", "C", "$$HOME", "${A:-x}", "a\nb"],
        ["user"] = ["root", "1000", "1000:1000", "www-data", "www-data:adm", "65535"],
        ["working_dir"] = ["/", "/srv//", "/var/lib"],
        ["volumes"] = ["data:/data", "./data:/srv/data:ro", "root:/mnt:rw", "/tmp:/run/x", "data:/proc/x", "data:/", "none:/x"],
        ["source"] = ["data", "./root", "/", "/proc"],
        ["target"] = ["/data", "/srv/x", "/dev/shm", "/"],
        ["stop_signal"] = ["SIGTERM", "QUIT", "SIGRTMIN+3", "9", "SIGNONE"],
        ["tmpfs"] = ["/tmp", "/run/secrets", "/run:16M", "/dev/shm:1G", "/data:4096", "/tmp:99T"],
        ["ulimits:"] = ["nofile", "nproc", "core", "memlock", "stack", "rtprio", "fsize"],
        ["ulimits"] = ["1024", "unlimited", "64M", "0"],
        ["soft"] = ["512", "0", "1M"],
        ["hard"] = ["1024", "unlimited", "2M"],
        ["cap_add"] = ["NET_ADMIN", "SYS_PTRACE", "CAP_SYS_NICE", "SYS_ADMIN", "ALL"],
        ["cap_drop"] = ["ALL", "CHOWN", "CAP_NET_RAW", "SYS_PTRACE"],
        ["devices"] = ["/dev/net/tun", "/dev/kvm", "/dev/fuse", "/dev/null"],
        ["secrets"] = ["key", "key:name", "./key:a.b", "none", "root", "a:b:c", "key:.x"],
        ["interval"] = ["30s", "100ms", "1.5m", "24h", "25h"],
        ["timeout"] = ["5s", "1s", "0s"],
        ["start_period"] = ["0s", "30s"],
        ["start_within"] = ["2m", "1s", "1h", "500ms"],
        ["memory"] = ["512M", "1 GiB", "16M", "1.5g", "1K"],
        ["memory_reservation"] = ["256M", "1G"],
        ["disk"] = ["32M", "10G", "16T", "1M"],
        ["publish"] = ["8080:80", "127.0.0.1:5353:53/udp", "[::1]:8080:80", "80:80", "0.0.0.0:1:1", "[::ffff:1.2.3.4]:1:1", "80:80/sctp", "70000:80", "224.0.0.1:1:1", "1.2.3:1:1", "80", "::1:1:1"],
        ["uplink"] = ["host", "lo", "eth9", "hsp01234567"],
        ["nic"] = ["lo", "eth9", "a/b", "averyveryverylongname"],
        ["address"] = ["192.0.2.10/24", "2001:db8::10/64", "127.0.0.1/8", "fe80::1/64", "192.0.2.10"],
        ["gateway"] = ["192.0.2.1", "2001:db8::1", "198.51.100.1", "fe80::1"],
        ["keep"] = ["22", "51820/udp", "22/tcp", "0", "1/sctp"],
        ["depends_on:"] = ["web", "db", "a", "edge"],
        ["depends_on"] = ["web", "db", "a", "edge", "mail-1"],
        ["watch"] = ["web", "db", "a", "mail-1", "none"],
        ["server"] = ["web", "db", "a", "mail-1"],
        ["protocol"] = ["tcp", "udp", "icmp", "icmpv6", "47", "255", "tpc"],
        ["ports"] = ["80", "8000-8099", "0-65535", "443", "9-1"],
        ["peer_ports"] = ["53", "1024-65535", "123"],
        ["networks"] = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7", "10.0.0.0/8", "::/0", "192.0.2.1/24", "0.0.0.0/0"],
        ["sample"] = ["1/10", "1/2", "1/65536", "1/1"],
        ["truncate"] = ["96", "9000", "${NONE:-256}"],
        ["packs"] = ["good", "tool", "bad", "none", "../good"],
        ["name"] = ["good", "tool", "bad"],
        ["options:"] = ["filter", "fliter"],
        ["options"] = ["udp port 53", "x", ""],
    };

    internal string At(string name) => _scratch.At(name);

    public void Dispose() => _scratch.Dispose();
}
