using System.Globalization;
using System.Text;
using CsCheck;
using HyperSpector.Engine.Machines;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Procfs;
using Xunit;

namespace HyperSpector.Tests.Fuzz.State;

/// <summary>Text of the kernel and of other programs, in which a VM or a stranger may have chosen words: names of programs, mount points, users.</summary>
public class KernelTextTargets
{
    private const string Stat = "1 (a) b) c) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 3 1 2";

    [Fact]
    public void ProcStat_AnyText_IsRefusedOrRead() => Target.Run(Corpus.Around(Stat), bytes =>
    {
        var text = Encoding.Latin1.GetString(bytes);
        if (ProcStat.TryParse(text, out var stat))
            Assert.Contains(text[(text.LastIndexOf(')') + 1)..].Split(' '), f => ulong.TryParse(f, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number == stat.StartTime);
    }, few: 50_000);

    [Fact]
    public void ProcStat_AnyName_CannotPretend() => Target.Run(Gen.Select(Gen.String, Gen.ULong, Gen.Int[0, int.MaxValue - 1]), sample =>
    {
        var (name, start, parent) = sample;
        var text = string.Create(CultureInfo.InvariantCulture, $"7 ({name}) S {parent} 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 {start} 1 2\n");
        Assert.True(ProcStat.TryParse(text, out var stat));
        Assert.Equal(('S', parent, start), (stat.State, stat.Parent, stat.StartTime));
    }, few: 20_000);

    [Fact]
    public void MountInfo_AnyPlaces_AreReadBack() => Target.Run(
        Gen.Select(Gen.OneOf(Gen.Char[' ', '~'], Gen.Const('\n'), Gen.Const('\t'), Gen.Const('\\'), Gen.Const('é')).Array[0, 20], Gen.Int[0, 5], Gen.Int[1, int.MaxValue - 1]),
        sample =>
        {
            var (place, optional, id) = sample;
            var point = "/" + new string(place);
            var line = string.Create(CultureInfo.InvariantCulture, $"{id} 35 98:0 / {Escaped(point)} rw,noatime {string.Concat(Enumerable.Repeat("master:1 ", optional))}- ext3 {Escaped(point)} rw");
            var mount = Assert.Single(MountInfo.Parse(["", line[..(line.Length / 3)], line]));
            Assert.Equal(new MountInfo(id, "98:0", "/", point, "ext3", point), mount);
            Assert.True(mount.IsWithin("/") && mount.IsWithin(point));
        }, few: 20_000);

    [Fact]
    public void MountInfo_AnyText_IsPassedOverOrRead() => Target.Run(
        Corpus.Around("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", "1 1 0:1 / / rw - tmpfs \\134\\040 rw").Select(Encoding.Latin1.GetString),
        text => Assert.InRange(MountInfo.Parse(text.Split('\n')).Count, 0, text.Count(c => c == '\n') + 1), few: 50_000);

    [Fact]
    public void Routes_AnyText_AreDefaultOnlyWhenTheySaySo() => Target.Run(
        Corpus.Around("eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0", "00000000000000000000000000000000 00 0 00 fe800000000000000000000000000001 0400 1 0 00000003 eth0").Select(Encoding.Latin1.GetString),
        line =>
        {
            if (Nics.IsDefault4(line, "eth0"))
                Assert.StartsWith("eth0", line.Trim(), StringComparison.Ordinal);
            if (Nics.IsDefault6(line, "eth0"))
                Assert.Contains("eth0", line, StringComparison.Ordinal);
        }, few: 50_000);

    [Fact]
    public void Users_AnyFiles_AreWithinTheVm() => Target.Run(
        Gen.Select(
            Corpus.Around("root:x:0:0:r:/root:/bin/sh\nwww:x:33:33:w:/var/www:/bin/false\nbad:x:99999999:-1:b:\u001b:/\n"), Corpus.Around("root:x:0:\nadm:x:4:www,x\nbig:x:70000:\n"),
            Gen.OneOfConst<string?>(null, "root", "www", "bad", "33", "www:adm", "33:4", "12345", "none", "www:none", "www:big")),
        sample => Scratch.Within(root =>
        {
            var (passwd, group, user) = sample;
            _ = root.Write("etc/passwd", passwd);
            _ = root.Write("etc/group", group);
            if (Properties.OrRefused<IOException, MachineUser>(() => new UserLookup([root.At("none"), root.Path]).Find(user)) is not { } found)
                return;
            Assert.All(found.Groups.Append(found.User).Append(found.Group), id => Assert.InRange(id, 0u, 65535u));
            Assert.StartsWith("/", found.Home, StringComparison.Ordinal);
            Assert.DoesNotContain(found.Home, char.IsControl);
        }), few: 700);

    [Fact]
    public void Cgroup_AnyFiles_AreUsageOrNothing() => Target.Run(
        Gen.Select(
            Corpus.Around("123456789\n"), Corpus.Around("usage_usec 5\nuser_usec 3\n"), Corpus.Around("4096\n", "max\n", "9223372036854771712\n"),
            Corpus.Around("inactive_file 100\ntotal_inactive_file 50\n"), Gen.Int[0, 7]),
        sample => Scratch.Within(root =>
        {
            var (plain, usage, limit, cache, second) = sample;
            foreach (var (name, content) in (ReadOnlySpan<(string, byte[])>)[
                ((second & 1) == 0 ? "v1/x/cpuacct.usage" : "v2/x/cpu.stat", (second & 1) == 0 ? plain : usage),
                ((second & 2) == 0 ? "v1/x/memory.usage_in_bytes" : "v2/x/memory.current", limit), ((second & 4) == 0 ? "v1/x/memory.limit_in_bytes" : "v2/x/memory.max", limit),
                ("v2/x/memory.stat", cache), ("v2/x/pids.current", plain)])
                _ = root.Write(name, content);
            if (new CgroupUsage([root.At("v1"), root.At("v2")]).Read("/x") is not { } read)
                return;
            Assert.True(read.CpuMicroseconds >= 0 && read.Memory >= 0 && read.MemoryLimit is null or >= 0 && read.Pids is null or >= 0);
        }), few: 400);

    // proc_pid_mountinfo(5): blank, tab, newline and backslash, in octal.
    private static string Escaped(string path) => path.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal)
        .Replace("\t", "\\011", StringComparison.Ordinal).Replace("\n", "\\012", StringComparison.Ordinal);
}
