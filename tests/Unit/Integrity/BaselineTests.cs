using System.Globalization;
using System.Text;
using HyperSpector.Engine.Integrity;
using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Unit.Integrity;

public sealed class BaselineTests
{
    private static readonly BaselineFacts s_facts = new("gen1", "check: {/: R}"u8.ToArray(), ["/var/data"u8.ToArray(), "/mnt"u8.ToArray()], 1234);

    [Fact]
    public void Baseline_WrittenAndRead_IsTheSame()
    {
        using var baseline = Open(Made());
        Assert.Equal("gen1", baseline.Facts.Generation);
        Assert.Equal(s_facts.Policy, baseline.Facts.Policy);
        Assert.Equal(s_facts.Mounts, baseline.Facts.Mounts);
        Assert.Equal(1234, baseline.Facts.Made);
        Assert.Equal(["dir", "file", "link"], baseline.Children(baseline.Root).Select(r => Encoding.UTF8.GetString(baseline.Name(r))));

        var file = baseline.State(baseline.Find(baseline.Root, "file"u8)!.Value);
        Assert.Equal(Status(0x81A4, 77), file.Status);
        Assert.Equal(Digest(1), file.Content);
        Assert.Equal(Digest(2), file.Capability);
        Assert.Null(file.Acl);
        Assert.Equal("target"u8.ToArray(), baseline.State(baseline.Find(baseline.Root, "link"u8)!.Value).Target);
        var directory = baseline.Find(baseline.Root, "dir"u8)!.Value;
        Assert.Equal("/elsewhere"u8.ToArray(), baseline.Marks(directory).Redirect);
        Assert.True(baseline.Marks(directory).Opaque);
        Assert.Null(baseline.Find(baseline.Root, "none"u8));
        // More than a page of them, found one by one.
        for (var i = 0; i < 1000; i++)
            Assert.NotNull(baseline.Find(directory, Name(i)));
    }

    [Fact]
    public void SpecialChildren_OfAnyDirectory_AreThoseThatAreMarkedAndTheWayToThem()
    {
        using var baseline = Open(Made());
        Assert.Equal("dir", Encoding.UTF8.GetString(baseline.Name(Assert.Single(baseline.SpecialChildren(baseline.Root)))));
        var directory = baseline.Find(baseline.Root, "dir"u8)!.Value;
        Assert.Equal(Enumerable.Range(0, 1000).Where(i => i % 100 == 0).Select(Name), baseline.SpecialChildren(directory).Select(baseline.Name));
    }

    [Fact]
    public void Baseline_MadeTwice_HasTheSameBytes() => Assert.Equal(Made(), Made());

    [Fact]
    public void Baseline_AnyByteChanged_IsFoundWhenItIsRead()
    {
        var good = Made();
        for (var at = 0; at < good.Length; at += at < 400 ? 1 : 997)
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 0x40;
            Assert.Throws<IntegrityException>(() => ReadAll(bad));
        }

        Assert.Throws<IntegrityException>(() => ReadAll(good[..^1]));
        Assert.Throws<IntegrityException>(() => ReadAll([.. good, 0]));
        Assert.Throws<IntegrityException>(() => ReadAll([]));
    }

    internal static byte[] Made()
    {
        var builder = new BaselineBuilder();
        builder.Place(0, RecordFlags.Selected, Attributes.Mode, Status(0x41ED, 0));
        builder.Set(0, new FileState { Status = Status(0x41ED, 0) }, default);
        Assert.Equal(1, builder.AddChildren(0, ["dir"u8.ToArray(), "file"u8.ToArray(), "link"u8.ToArray()]));
        builder.Place(1, RecordFlags.Lower, Attributes.None, Status(0x41ED, 0));
        builder.Set(1, new FileState { Status = Status(0x41ED, 0), Acl = Digest(3) }, new DirectoryMarks(true, "/elsewhere"u8.ToArray()));
        var first = builder.AddChildren(1, [.. Enumerable.Range(0, 1000).Select(Name)]);
        for (var i = 0; i < 1000; i++)
            builder.Place(first + i, i % 100 == 0 ? RecordFlags.Selected | RecordFlags.Special : RecordFlags.Selected | RecordFlags.Lower, Attributes.Content, Status(0x81A4, (ulong)i));
        builder.Place(2, RecordFlags.Selected | RecordFlags.Lower, Attributes.Content, Status(0x81A4, 5));
        builder.Set(2, new FileState { Status = Status(0x81A4, 77), Content = Digest(1), Capability = Digest(2) }, default);
        builder.Place(3, RecordFlags.Selected | RecordFlags.Lower, Attributes.Target, Status(0xA1FF, 6));
        builder.Set(3, new FileState { Status = Status(0xA1FF, 6), Target = "target"u8.ToArray() }, default);
        using var bytes = new MemoryStream();
        _ = builder.Write(bytes, s_facts);
        return bytes.ToArray();
    }

    private static int ReadAll(byte[] bytes)
    {
        using var baseline = Open(bytes);
        return Count(baseline, baseline.Root);
    }

    // Reads every page: records, specials, heap.
    private static int Count(Baseline baseline, BaselineRecord directory)
    {
        var count = baseline.SpecialChildren(directory).Count();
        foreach (var child in baseline.Children(directory))
        {
            _ = baseline.State(child);
            count += 1 + Count(baseline, child);
        }

        return count;
    }

    private static Baseline Open(byte[] bytes) => Baseline.Read(new MemoryBytes(bytes));

    private static byte[] Name(int number) => Encoding.UTF8.GetBytes(number.ToString("d8", CultureInfo.InvariantCulture) + new string('x', 60));

    private static byte[] Digest(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static EntryStatus Status(uint mode, ulong size) => new()
    {
        Mode = mode,
        User = 1,
        Group = 2,
        Links = 3,
        Inode = 1UL << 40,
        Size = size,
        Modified = -5,
        Changed = long.MaxValue,
        Node = 0x1_0000_0003,
    };
}
