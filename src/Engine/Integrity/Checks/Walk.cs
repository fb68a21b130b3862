using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>What recording and checking have in common: the tree, the policy, where the walk is, and what it met.</summary>
internal abstract class Walk(TreeDirectory root, IOverlayMarks marks, IntegrityPolicy policy, Measurer measurer)
{
    /// <summary>Directories in directories. Nobody's files are deeper; who makes such a tree wants to exhaust those who look at it.</summary>
    internal const int MostDepth = 1000;

    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>What was found, in no order.</summary>
    internal List<Finding> Findings { get; } = [];

    protected TreeDirectory Root => root;

    protected IOverlayMarks Marks => marks;

    protected IntegrityPolicy Policy => policy;

    protected Measurer Measurer => measurer;

    protected PathStack Path { get; } = new();

    /// <summary>The names in one of a directory's trees; null, and a finding, if they cannot be told.</summary>
    protected NameList? List(Linux.Handles.FileDescriptor directory)
    {
        var errno = NameList.Read(directory, _buffer, out var names);
        if (errno == Errno.None)
            return names;
        if (!IsGone(errno))
            Unreadable(Path.Copy(), errno);
        return null;
    }

    /// <summary>The names in a directory as the server sees it, all of which will be looked at.</summary>
    protected NameList? ListAll(TreeDirectory directory)
    {
        directory.IsLookedAtWhole = true;
        return List(directory.Merged);
    }

    /// <summary>Lists a directory, most of whose names will be looked at, for what comes with the names.</summary>
    protected void Foresee(TreeDirectory directory)
    {
        directory.IsLookedAtWhole = true;
        _ = NameList.Read(directory.Merged, _buffer, out _);
    }

    /// <summary>Has a file measured, unless its content is too long to be.</summary>
    protected void Measure(TreeDirectory directory, byte[] name, EntryStatus status, Attributes wanted, ulong length, Action<FileState?, Errno> done)
    {
        if ((wanted & Attributes.Growing) == 0 && status.Size > (ulong)policy.ContentLimit)
            wanted &= ~Attributes.Content;
        measurer.Add(new Measurement
        {
            Directory = directory,
            Name = name,
            Status = status,
            Wanted = wanted,
            ContentLength = length,
            Done = done,
        });
    }

    protected void Unreadable(byte[] path, Errno errno) => Findings.Add(new Finding(FindingKind.Unreadable, path, Attributes.None, null, null, errno));

    /// <summary>Whether there is nothing any more: a server's files come and go while they are looked at.</summary>
    protected static bool IsGone(Errno errno) => errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.ESTALE;
}
