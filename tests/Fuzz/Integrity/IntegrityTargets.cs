using System.Text;
using CsCheck;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Integrity;
using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Signing;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Cryptography;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Integrity;

/// <summary>Policies, baselines and acceptances of integrity checks: read in an IDS VM, where an intruder may have written them.</summary>
public class IntegrityTargets
{
    private static readonly Documents s_policies = new(ConfigurationSchema.Integrity(), new Dictionary<string, string[]>
    {
        ["groups:"] = ["programs", "R", "1x"],
        ["groups"] = ["p+u+g", "R-m-c", "log", "sha256+growing", "p+", "Q", "md5"],
        ["check:"] = ["/", "=/", "/etc", "=/etc", "/usr/**/bin", "/a*b?c", "/a//b", "/..", "etc", "/x/"],
        ["check"] = ["p+u+g", "R", "R-m-c", "log", ">", "programs", "E", "X+a", "growing+s"],
        ["ignore"] = ["/", "/etc", "/etc/**.swp", "/a/**/b", "relative", "/x\\"],
        ["content_limit"] = ["1G", "10M", "1K", "x"],
    });

    private static readonly byte[] s_policy = "groups: {g: p+u+sha256}\ncheck:\n  /: g\n  =/etc: R\n  /var/log/*.log: log\nignore: [/tmp, \"/home/**/x\"]\ncontent_limit: 1G\n"u8.ToArray();

    private static readonly byte[] s_key = Ed25519.Generate();

    [Fact]
    public void Policies_OfTheSchema_SelectOrHaveProblems() => Target.Run(s_policies.Bytes, CheckPolicy, few: 3_000);

    [Fact]
    public void Policies_AnyBytes_SelectOrHaveProblems() => Target.Run(Corpus.Around(400, s_policy), CheckPolicy, few: 3_000);

    // A plain reading of patterns, to compare with: the rest of the pattern against the rest of the path.
    [Fact]
    public void Patterns_AnyPath_MatchAsAPlainReadingSays() => Target.Run(
        Gen.Select(Gen.OneOfConst("a", "b", "/", "*", "**", "?", "/**/", "\\*").Array[1, 8], Gen.Char["ab/*"].Array[0, 8], Gen.Bool),
        sample =>
        {
            var (parts, path, below) = sample;
            var text = "/" + string.Concat(parts);
            if (PathPattern.Parse(text, below, out _) is not { } pattern)
                return;
            var subject = path.Length == 0 ? "" : "/" + new string(path);
            var expected = Plain(text == "/" ? "" : text, subject, below);
            Assert.Equal(expected, pattern.Matches(Encoding.UTF8.GetBytes(subject)));
            for (var slash = subject.LastIndexOf('/'); expected && slash >= 0; slash = slash == 0 ? -1 : subject.LastIndexOf('/', slash - 1))
                Assert.True(pattern.MayMatchBelow(Encoding.UTF8.GetBytes(subject[..slash])));
        }, few: 20_000);

    [Fact]
    public void Baselines_AnyBytes_AreReadOrRefused() => Target.Run(Corpus.Mutated(s_baselines), Read, few: 3_000);

    // Whoever has the key is believed; what he wrote must still not harm. Digests are made to fit, so that records are reached.
    [Fact]
    public void Baselines_WithFittingDigests_AreReadOrRefused() => Target.Run(
        Gen.Select(s_baselines, Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 4]),
        sample =>
        {
            var bytes = (byte[])sample.Item1.Clone();
            foreach (var (at, value) in sample.Item2)
                bytes[BaselineFormat.HeadLengthAt + (at % (bytes.Length - BaselineFormat.HeadLengthAt))] = value;
            Seal(bytes);
            Read(bytes);
        }, few: 10_000);

    [Fact]
    public void Acceptances_AnyBytes_AreReadOrRefused()
    {
        var log = AcceptanceLog.Read("web", [], null).Accept(new byte[32], "a", "b", DateTimeOffset.UnixEpoch, s_key);
        log = [.. log, .. AcceptanceLog.Read("web", log, null).Accept(new byte[32], "a", "b", DateTimeOffset.UnixEpoch, s_key)];
        var open = Ed25519.PublicKey(s_key);
        Target.Run(Corpus.Around(300, log), bytes =>
        {
            var read = Properties.OrRefused<IntegrityException, AcceptanceLog>(() => AcceptanceLog.Read("web", bytes, null));
            // Only what the key's owner has written, from the first line on.
            if (Properties.OrRefused<IntegrityException, AcceptanceLog>(() => AcceptanceLog.Read("web", bytes, open)) is not { } signed)
                return;
            Assert.NotNull(read);
            Assert.True(log.AsSpan().StartsWith(bytes));
            Assert.True(signed.Entries.Count <= 2);
        }, few: 3_000);
    }

    private static readonly Gen<byte[]> s_baselines =
        from names in Gen.Int[0, 20].Array[0, 12]
        from kinds in Gen.Int[0, 5].Array[12]
        select Made(names, kinds);

    private static void CheckPolicy(byte[] bytes)
    {
        var problems = new List<Diagnostic>();
        var policy = PolicyReader.Read("p.yaml", bytes, problems);
        Properties.AreProblemsOf(bytes, problems);
        Assert.True(policy is not null || problems.Count > 0 || bytes.Length > ConfigurationLimits.FileBytes);
        if (policy is null)
            return;
        foreach (var path in (string[])["", "/etc", "/etc/x", "/var/log/a.log", "/home/a/x", "/a//b"])
        {
            var text = Encoding.UTF8.GetBytes(path);
            var selected = policy.Select(text);
            _ = policy.Enters(text);
            Assert.NotEqual(Attributes.AnyContent, selected & Attributes.AnyContent);
        }
    }

    private static byte[] Made(int[] names, int[] kinds)
    {
        var builder = new BaselineBuilder();
        var status = new EntryStatus { Mode = 0x41ED };
        builder.Place(0, RecordFlags.Selected, Attributes.Mode, status);
        var sorted = names.Distinct().Order().Select(n => Encoding.UTF8.GetBytes($"{n:d2}")).ToList();
        var first = builder.AddChildren(0, sorted);
        for (var i = 0; i < sorted.Count; i++)
        {
            var kind = kinds[i];
            builder.Place(first + i, kind % 2 == 0 ? RecordFlags.Special : RecordFlags.Lower, Attributes.Content, status with { Size = (ulong)kind });
            byte[]? digest = kind > 2 ? new byte[32] : null;
            builder.Set(first + i, new FileState { Status = status, Content = digest, Acl = digest, Extended = digest, Target = kind == 1 ? [1, 2] : null },
                new DirectoryMarks(kind == 4, kind == 5 ? "/x"u8.ToArray() : null));
            if (kind == 0)
                _ = builder.AddChildren(first + i, ["a"u8.ToArray(), "b"u8.ToArray()]);
        }

        using var bytes = new MemoryStream();
        _ = builder.Write(bytes, new BaselineFacts("g", s_policy, ["/mnt"u8.ToArray()], 1));
        return bytes.ToArray();
    }

    private static void Seal(byte[] bytes)
    {
        var head = BitConverter.ToUInt32(bytes, BaselineFormat.HeadLengthAt);
        var facts = BitConverter.ToUInt32(bytes, BaselineFormat.FactsLengthAt);
        if (head > bytes.Length || head < BaselineFormat.FactsAt || facts > head - BaselineFormat.FactsAt)
            return;
        var digests = bytes.AsSpan(BaselineFormat.FactsAt + (int)facts, (int)(head - BaselineFormat.FactsAt - facts));
        for (var page = 0; (page + 1) * 32 <= digests.Length; page++)
        {
            var start = Math.Min(bytes.Length, (int)head + (page * BaselineFormat.PageSize));
            Sha256.Of(bytes[start..Math.Min(bytes.Length, start + BaselineFormat.PageSize)]).CopyTo(digests[(page * 32)..]);
        }

        Sha256.Of(bytes[BaselineFormat.HeadLengthAt..(int)head]).CopyTo(bytes.AsSpan(BaselineFormat.RootAt));
    }

    private static void Read(byte[] bytes) => _ = Properties.OrRefused<IntegrityException, object>(() =>
    {
        using var baseline = Baseline.Read(new MemoryBytes(bytes));
        var budget = baseline.Count;
        Everything(baseline, baseline.Root, ref budget);
        return baseline;
    });

    // Every record at most once: no directory shares its children with another, or lies in itself.
    private static void Everything(Baseline baseline, BaselineRecord directory, ref int budget)
    {
        Assert.True(--budget >= 0);
        foreach (var special in baseline.SpecialChildren(directory))
            _ = baseline.Name(special);
        _ = baseline.Marks(directory);
        // All of them first: that they are in order is seen then, and only then are all of them found.
        foreach (var child in baseline.Children(directory).ToList())
        {
            _ = baseline.State(child);
            Assert.NotNull(baseline.Find(directory, baseline.Name(child)));
            Everything(baseline, child, ref budget);
        }
    }

    private static bool Plain(string pattern, string path, bool below)
    {
        if (pattern.Length == 0)
            return path.Length == 0 || (below && path[0] == '/');
        if (pattern.StartsWith("/**/", StringComparison.Ordinal))
        {
            // A slash, and any number of names with theirs.
            if (path.Length == 0 || path[0] != '/')
                return false;
            for (var at = 0; at < path.Length; at++)
            {
                if (path[at] == '/' && !path[..at].Contains("//", StringComparison.Ordinal) && (at == 0 || path[at - 1] != '/')
                    && Plain("/" + pattern[4..], path[at..], below))
                    return true;
            }

            return false;
        }

        if (pattern.StartsWith("**", StringComparison.Ordinal))
            return Enumerable.Range(0, path.Length + 1).Any(i => Plain(pattern[2..], path[i..], below));
        if (pattern[0] == '*')
            return Enumerable.Range(0, path.Length + 1).TakeWhile(i => i == 0 || path[i - 1] != '/').Any(i => Plain(pattern[1..], path[i..], below));
        var literal = pattern[0] == '\\' ? pattern[1] : pattern[0];
        var matches = path.Length > 0 && (pattern[0] == '?' ? path[0] != '/' : path[0] == literal);
        return matches && Plain(pattern[(pattern[0] == '\\' ? 2 : 1)..], path[1..], below);
    }
}
