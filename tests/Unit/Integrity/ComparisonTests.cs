using HyperSpector.Engine.Integrity.Checks;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Unit.Integrity;

public sealed class ComparisonTests
{
    private const Attributes All = (Attributes)0xffff;
    private static readonly EntryStatus s_file = new() { Mode = 0x81A4, User = 1, Group = 1, Links = 1, Size = 10, Inode = 5, Modified = 1, Changed = 1 };

    public static TheoryData<string, uint> Changes => new()
    {
        { "mode", (uint)Attributes.Mode },
        { "user", (uint)Attributes.User },
        { "group", (uint)Attributes.Group },
        { "links", (uint)Attributes.Links },
        { "inode", (uint)Attributes.Inode },
        { "size", (uint)Attributes.Size },
        { "mtime", (uint)Attributes.Modified },
        { "ctime", (uint)Attributes.Changed },
        { "device", (uint)Attributes.Device },
        { "content", (uint)(Attributes.Content | Attributes.Growing) },
        { "acl", (uint)Attributes.Acl },
        { "caps", (uint)Attributes.Capability },
        { "xattrs", (uint)Attributes.Extended },
        { "target", (uint)Attributes.Target },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Differences_OfOneChange_AreThatAttributeIfSelected(string what, uint differs)
    {
        var before = new FileState { Status = s_file, Content = [1] };
        var now = what switch
        {
            "mode" => With(s_file with { Mode = 0x89A4 }),
            "user" => With(s_file with { User = 0 }),
            "group" => With(s_file with { Group = 0 }),
            "links" => With(s_file with { Links = 2 }),
            "inode" => With(s_file with { Inode = 6 }),
            "size" => With(s_file with { Size = 11 }),
            "mtime" => With(s_file with { Modified = 2 }),
            "ctime" => With(s_file with { Changed = 2 }),
            "device" => With(s_file with { Node = 2 }),
            "content" => new FileState { Status = s_file, Content = [2] },
            "acl" => new FileState { Status = s_file, Content = [1], Acl = [1] },
            "caps" => new FileState { Status = s_file, Content = [1], Capability = [1] },
            "xattrs" => new FileState { Status = s_file, Content = [1], Extended = [1] },
            _ => new FileState { Status = s_file, Content = [1], Target = [1] },
        };
        Assert.Equal((Attributes)differs, Comparison.Differences(All, before, now));
        Assert.Equal(Attributes.None, Comparison.Differences(All & ~(Attributes)differs, before, now));
        Assert.Equal(Attributes.None, Comparison.Differences(All, before, before));

        static FileState With(EntryStatus status) => new() { Status = status, Content = [1] };
    }

    [Theory]
    [InlineData(10, true, false)]
    [InlineData(500, true, false)]
    [InlineData(9, true, true)]
    [InlineData(500, false, true)]
    public void Growing_ALog_DiffersWhenItIsShorterOrBeginsOtherwise(ulong size, bool samePrefix, bool differs)
    {
        var now = new FileState { Status = s_file with { Size = size, Modified = 9, Changed = 9 }, Content = [(byte)(samePrefix ? 1 : 2)] };
        var found = Comparison.Differences(Attributes.Growing | Attributes.Mode, new FileState { Status = s_file, Content = [1] }, now);
        Assert.Equal(differs ? Attributes.Growing : Attributes.None, found);
    }

    [Fact]
    public void Directories_OfOtherLayers_DifferNeitherInSizeNorInLinks()
    {
        var directory = s_file with { Mode = 0x41ED };
        var other = new FileState { Status = directory with { Size = 4096, Links = 9 } };
        Assert.Equal(Attributes.None, Comparison.Differences(All, new FileState { Status = directory }, other));
        // A file in its place differs in both.
        Assert.Equal(
            Attributes.Type | Attributes.Mode,
            Comparison.Differences(Attributes.Type | Attributes.Mode, new FileState { Status = directory }, new FileState { Status = s_file }));
    }

    [Fact]
    public void Origin_OfADirectory_FollowsMarksFromTheRoot()
    {
        var plain = Origin.Root.Below("a"u8, default).Below("b"u8, default);
        Assert.Equal(plain, Origin.Root.Below("x"u8, new DirectoryMarks(false, "a"u8.ToArray())).Below("b"u8, default));
        Assert.NotEqual(plain, Origin.Root.Below("a"u8, default).Below("b"u8, new DirectoryMarks(true, null)));
        Assert.NotEqual(plain, Origin.Root.Below("a"u8, new DirectoryMarks(true, null)).Below("b"u8, default));
        // A path counts from its overlay's root, which need not be the tree's.
        Assert.NotEqual(plain, Origin.Root.Below("c"u8, new DirectoryMarks(false, "/a/b"u8.ToArray())));
        Assert.Equal(default, Origin.Root.Below("a"u8, new DirectoryMarks(true, null)).Below("b"u8, new DirectoryMarks(false, "c"u8.ToArray())));
    }
}
