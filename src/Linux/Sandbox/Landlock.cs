using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Sandbox;

/// <summary>What may be done beneath a directory, or to one file.</summary>
/// <param name="Place">The directory or file; O_PATH is enough. Only borrowed.</param>
/// <param name="Access">What is allowed there.</param>
public sealed record LandlockRule(FileDescriptor Place, LandlockAccess Access)
{
    /// <summary>
    /// Reading alone. Of a single file the kernel takes no right that only a directory can have (landlock_add_rule(2), EINVAL).
    /// </summary>
    public static LandlockRule ToRead(FileDescriptor place) =>
        new(place, FileStatus.Of(place).IsDirectory ? LandlockAccess.Read : LandlockAccess.ReadFile);
}

/// <summary>
/// Landlock (landlock(7)): file system, TCP, signals and abstract sockets denied but for a list. A domain belongs to the calling
/// thread and to what it later starts or becomes; it can only be narrowed.
/// </summary>
public static class Landlock
{
    private const LandlockAccess FirstAbi = (LandlockAccess)0x1fff;
    private const ulong BindTcp = 1, ConnectTcp = 2;
    private const ulong ScopeAbstractSockets = 1, ScopeSignals = 2;
    private const int CREATE_RULESET_VERSION = 1;
    private const int RULE_PATH_BENEATH = 1;

    // What of the rights makes sense for something that is no directory.
    private const LandlockAccess FileRights =
        LandlockAccess.Execute | LandlockAccess.WriteFile | LandlockAccess.ReadFile | LandlockAccess.Truncate | LandlockAccess.IoctlDevice;

    /// <summary>The kernel's Landlock ABI version; 0 where there is none.</summary>
    public static int AbiVersion
    {
        get
        {
            var version = LibC.syscall(LibC.SYS_landlock_create_ruleset, 0, 0, CREATE_RULESET_VERSION, 0, 0, 0);
            return version < 0 ? 0 : (int)version;
        }
    }

    /// <summary>
    /// Restricts the calling thread to <paramref name="rules"/>; TCP bind and connect, and signals and abstract sockets across
    /// the domain's border are denied where the kernel can. Preconditions: no_new_privs is set. Returns the ABI version that was
    /// used; 0: nothing was restricted.
    /// </summary>
    public static unsafe int Restrict(IReadOnlyList<LandlockRule> rules)
    {
        var abi = AbiVersion;
        if (abi == 0)
            return 0;
        var handled = Handled(abi);
        var attribute = new LibC.LandlockRulesetAttribute
        {
            HandledFileAccess = (ulong)handled,
            HandledNetworkAccess = abi >= 4 ? BindTcp | ConnectTcp : 0,
            Scoped = abi >= 6 ? ScopeAbstractSockets | ScopeSignals : 0,
        };
        // An older kernel must not be shown members that it does not know.
        var size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
        // SAFETY: the kernel reads `size` bytes of a structure of 24.
        var number = LibC.syscall(LibC.SYS_landlock_create_ruleset, (long)&attribute, size, 0, 0, 0, 0);
        if (number < 0)
            throw new KernelException("landlock_create_ruleset", KernelException.LastErrno);
        using var ruleset = new FileDescriptor((int)number);
        foreach (var rule in rules)
            Add(ruleset, rule, handled);
        if (LibC.syscall(LibC.SYS_landlock_restrict_self, ruleset.Number, 0, 0, 0, 0, 0) < 0)
            throw new KernelException("landlock_restrict_self", KernelException.LastErrno);
        return abi;
    }

    private static LandlockAccess Handled(int abi)
    {
        var handled = FirstAbi;
        if (abi >= 2)
            handled |= LandlockAccess.Refer;
        if (abi >= 3)
            handled |= LandlockAccess.Truncate;
        if (abi >= 5)
            handled |= LandlockAccess.IoctlDevice;
        return handled;
    }

    private static unsafe void Add(FileDescriptor ruleset, LandlockRule rule, LandlockAccess handled)
    {
        var isDirectory = FileStatus.Of(rule.Place).IsDirectory;
        var entry = new LibC.LandlockPathBeneath
        {
            AllowedAccess = (ulong)(rule.Access & handled & (isDirectory ? handled : FileRights)),
            ParentDescriptor = rule.Place.Number,
        };
        // SAFETY: the kernel reads the 12 bytes of the packed structure.
        if (LibC.syscall(LibC.SYS_landlock_add_rule, ruleset.Number, RULE_PATH_BENEATH, (long)&entry, 0, 0, 0) < 0)
            throw new KernelException("landlock_add_rule", KernelException.LastErrno, $"descriptor {rule.Place.Number}");
        GC.KeepAlive(rule);
    }
}
