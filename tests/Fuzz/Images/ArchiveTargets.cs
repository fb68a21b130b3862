using System.Text;
using CsCheck;
using HyperSpector.Engine.Images;
using HyperSpector.Engine.Images.Unpacking;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Images;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Images;

/// <summary>
/// Layers' archives. In the product they are unpacked in a VM whose root is the tree, so that links lead nowhere else; here no target
/// of a link leads out of the tree, whatever is done to it: an archive of these targets must not harm whoever fuzzes.
/// </summary>
public class ArchiveTargets
{
    private static readonly byte[] s_archive = LayoutWriter.Archive("a/", "a/b", "a/.wh.c", "d -> a", "e => a/b", "a/.wh..wh..opq");

    // No slash but in names that are within: see above.
    private static readonly string[] s_links = ["a", "b", "none", "", ".", "\u001b[2J", new('l', 100)];

    private static readonly string[] s_names =
    [
        "a", "a/", "b", "a/b", "a/b/", "a/b/c", "./a", "/a", "//a//b", "..", "a/../b", "../x", "", ".", "a/.wh.b", ".wh.a", ".wh..wh..opq", "a/.wh..wh..opq", ".wh.", ".wh..", ".wh...",
        ".wh..wh.plnk", "\u001b]0;x\u0007", "é😀", "a\nb", new('n', 100), string.Join('/', Enumerable.Repeat("d", 49)),
    ];

    private static readonly string[] s_numbers = ["0000000", "0177777", "0200000", "7777777", "-1", "999", "", "\u0080\u0000\u0000\u0000\u0000\u0000\u0000\u0001"];

    private static readonly string[] s_times = ["14712345671", "00000000000", "77777777777", "-0000000001", "x", "", "\u00ff\u00ff"];

    private static readonly (string Key, string[] Values)[] s_records =
    [
        ("path", ["a", "a/b", "../x", "a\u001bb", new('p', 300), ""]),
        ("linkpath", s_links),
        ("size", ["0", "5", "-1", "9223372036854775807", "99999999999999999999", "x"]),
        ("mtime", ["0", "1.5", "-1", "1e300", "NaN", "253402300800", "x"]),
        ("uid", ["0", "65536", "-1", "4294967296", "x"]),
        ("mode", ["0", "-1"]),
        ("SCHILY.xattr.user.a", ["b"]),
        ("GNU.sparse.major", ["1"]),
        ("a=b", ["c"]),
    ];

    [Fact]
    public void Archive_AnyBytes_StaysInItsTree() => Target.Run(Corpus.Around(2000, s_archive), Unpack, few: 400, threads: 1);

    [Fact]
    public void Archive_AnyHeaders_StayInTheirTree() => Target.Run(Gen.Select(Gen.Int[1, 8], Gen.Int).Select((count, seed) => Build(count, new Random(seed))), Unpack, few: 1_500, threads: 1);

    [Fact]
    public void Layers_AnyFilesAndWhiteouts_GiveTheTreeThatTheySay() => Target.Run(
        Gen.OneOfConst([.. LayerModel.Entries]).List[0, 8].List[1, 3],
        layers => Scratch.Within(scratch =>
        {
            var model = new LayerModel();
            var tree = new LayerTree(scratch.Path);
            foreach (var layer in layers)
            {
                using var archive = new MemoryStream(LayoutWriter.Archive([.. layer]));
                var possible = model.TryApply(layer);
                Assert.Equal(possible, Properties.OrRefused<ImageException, object>(() =>
                {
                    tree.Apply(archive);
                    return tree;
                }) is not null);
                if (!possible)
                    return;
            }

            Assert.Equal(model.Listing, Listing(scratch.Path));
        }), few: 1_000, threads: 1);

    private static void Unpack(byte[] bytes) => Scratch.Within(outside =>
    {
        var tree = Directory.CreateDirectory(outside.At("tree")).FullName;
        using var stream = new MemoryStream(bytes);
        _ = Properties.OrRefused<ImageException, object>(() =>
        {
            var layer = new LayerTree(tree);
            layer.Apply(stream);
            layer.Finish();
            return layer;
        });
        Open(new DirectoryInfo(tree));
        Directory.Delete(tree, recursive: true);
        Assert.Empty(new DirectoryInfo(outside.Path).EnumerateFileSystemInfos());
    });

    // An archive may close its directories to us; links are not followed.
    private static void Open(DirectoryInfo directory)
    {
        directory.UnixFileMode = (UnixFileMode)0x1C0;
        foreach (var below in directory.EnumerateDirectories().Where(d => d.LinkTarget is null))
            Open(below);
    }

    private static byte[] Build(int count, Random random)
    {
        var archive = new RawArchive();
        // Who runs the tests may give files to nobody else: most headers name them.
        var own = Convert.ToString(NodeStatus.TryOf("/proc/self")!.User, 8).PadLeft(7, '0');
        for (var i = 0; i < count; i++)
        {
            var kind = random.Next(10) switch { 0 => 'x', 1 => 'g', 2 => 'L', 3 => 'K', _ => "0000005551123467SDMVA\0Zx"[random.Next(24)] };
            var content = kind switch
            {
                'x' or 'g' => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pax(random)))),
                'L' => Encoding.UTF8.GetBytes(Any(s_names, random) + "\0"),
                'K' => Encoding.UTF8.GetBytes(Any(s_links, random) + "\0"),
                '0' => "some content"u8.ToArray(),
                _ => [],
            };
            var changes = Enumerable.Range(0, random.Next(6) == 0 ? random.Next(1, 4) : 0).Select(_ => new RawArchive.Change(Place(random), (byte)random.Next(256)));
            archive.Add(
                Any(s_names, random), kind, Any(s_links, random), content, random.Next(12) == 0 ? random.Next(100_000) : content.Length,
                random.Next(8) == 0 ? Any(s_numbers, random) : own, random.Next(4) == 0 ? Any(s_times, random) : s_times[0], [.. changes]);
        }

        return archive.Finish(random.Next(6) == 0 ? random.Next(1, 8192) : 0);
    }

    private static string Pax(Random random)
    {
        var (key, values) = s_records[random.Next(s_records.Length)];
        var record = RawArchive.Record(key, Any(values, random));
        return random.Next(8) == 0 ? record[random.Next(record.Length)..] : record;
    }

    // Anywhere but in the name of a link's target.
    private static int Place(Random random) => random.Next(2) == 0 ? random.Next(157) : random.Next(257, 512);

    private static string Any(string[] of, Random random) => of[random.Next(of.Length)];

    private static IEnumerable<string> Listing(string root) => Directory
        .EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories)
        .Select(p => Directory.Exists(p) ? p[(root.Length + 1)..] + "/" : $"{p[(root.Length + 1)..]}: {File.ReadAllText(p)}")
        .Order(StringComparer.Ordinal);
}
