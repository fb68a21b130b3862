using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Abi;

/// <summary>A structure that stands beside its import, under names of our own.</summary>
/// <param name="Type">Ours.</param>
/// <param name="Name">What C calls it.</param>
/// <param name="Headers">Where C declares it.</param>
/// <param name="Fields">Ours = theirs. Every field of ours must be here.</param>
/// <param name="IsPrefix">We declare less than there is: the size is not compared.</param>
internal sealed record CallStructure(
    Type Type, string Name, string Headers, IReadOnlyList<(string Ours, string Theirs)> Fields, bool IsPrefix = false);

/// <summary>The rows; a structure in LibC, LibBpf or LibSeccomp without one fails the test.</summary>
internal static class CallStructures
{
    internal static readonly IReadOnlyList<CallStructure> All =
    [
        new(typeof(LibC.EpollEvent), "struct epoll_event", "sys/epoll.h", [("Events", "events"), ("Data", "data")]),
        new(typeof(LibC.MountAttr), "struct mount_attr", "linux/mount.h",
            [("Set", "attr_set"), ("Clear", "attr_clr"), ("Propagation", "propagation"), ("UserNamespace", "userns_fd")]),
        new(typeof(LibC.TimeSpec), "struct timespec", "time.h", [("Seconds", "tv_sec"), ("Nanoseconds", "tv_nsec")]),
        new(typeof(LibC.OpenHow), "struct open_how", "linux/openat2.h",
            [("Flags", "flags"), ("Mode", "mode"), ("Resolve", "resolve")]),
        new(typeof(LibC.Statx), "struct statx", "linux/stat.h",
        [
            ("Mask", "stx_mask"), ("BlockSize", "stx_blksize"), ("Blocks", "stx_blocks"), ("AccessedSeconds", "stx_atime.tv_sec"),
            ("AccessedNanoseconds", "stx_atime.tv_nsec"), ("NodeMajor", "stx_rdev_major"), ("NodeMinor", "stx_rdev_minor"),
            ("Links", "stx_nlink"), ("User", "stx_uid"), ("Group", "stx_gid"), ("Mode", "stx_mode"),
            ("Inode", "stx_ino"), ("Size", "stx_size"), ("BirthSeconds", "stx_btime.tv_sec"),
            ("BirthNanoseconds", "stx_btime.tv_nsec"), ("ChangedSeconds", "stx_ctime.tv_sec"),
            ("ChangedNanoseconds", "stx_ctime.tv_nsec"), ("ModifiedSeconds", "stx_mtime.tv_sec"),
            ("ModifiedNanoseconds", "stx_mtime.tv_nsec"), ("DeviceMajor", "stx_dev_major"),
            ("DeviceMinor", "stx_dev_minor"),
        ]),
        new(typeof(LibC.StatFs), "struct statfs", "sys/vfs.h",
        [
            ("Type", "f_type"), ("BlockSize", "f_bsize"), ("Blocks", "f_blocks"), ("FreeBlocks", "f_bfree"),
            ("AvailableBlocks", "f_bavail"), ("Files", "f_files"), ("FreeFiles", "f_ffree"), ("NameLength", "f_namelen"),
            ("FragmentSize", "f_frsize"),
        ]),
        new(typeof(LibC.CapabilityHeader), "struct __user_cap_header_struct", "linux/capability.h",
            [("Version", "version"), ("Pid", "pid")]),
        new(typeof(LibC.CapabilityData), "struct __user_cap_data_struct", "linux/capability.h",
            [("Effective", "effective"), ("Permitted", "permitted"), ("Inheritable", "inheritable")]),
        new(typeof(LibC.ResourceLimitValue), "struct rlimit64", "sys/resource.h", [("Soft", "rlim_cur"), ("Hard", "rlim_max")]),
        // The network and scope members came with Linux 6.7 and 6.12; the kernel is told how long ours is.
        new(typeof(LibC.LandlockRulesetAttribute), "struct landlock_ruleset_attr", "linux/landlock.h",
            [("HandledFileAccess", "handled_access_fs"), ("HandledNetworkAccess", ""), ("Scoped", "")], IsPrefix: true),
        new(typeof(LibC.LandlockPathBeneath), "struct landlock_path_beneath_attr", "linux/landlock.h",
            [("AllowedAccess", "allowed_access"), ("ParentDescriptor", "parent_fd")]),
        new(typeof(LibC.IoVector), "struct iovec", "sys/uio.h", [("Base", "iov_base"), ("Length", "iov_len")]),
        new(typeof(LibC.MessageHeader), "struct msghdr", "sys/socket.h",
        [
            ("Name", "msg_name"), ("NameLength", "msg_namelen"), ("Vectors", "msg_iov"), ("VectorCount", "msg_iovlen"),
            ("Control", "msg_control"), ("ControlLength", "msg_controllen"), ("Flags", "msg_flags"),
        ]),
        new(typeof(LibC.ControlHeader), "struct cmsghdr", "sys/socket.h",
            [("Length", "cmsg_len"), ("Level", "cmsg_level"), ("Type", "cmsg_type")]),
        new(typeof(LibC.Credentials), "struct ucred", "sys/socket.h", [("Pid", "pid"), ("User", "uid"), ("Group", "gid")]),
        new(typeof(LibC.PollFd), "struct pollfd", "poll.h", [("Descriptor", "fd"), ("Events", "events"), ("Returned", "revents")]),
        new(typeof(LibC.SignalAction), "struct sigaction", "signal.h",
            [("Handler", "sa_handler"), ("Mask", "sa_mask"), ("Flags", "sa_flags"), ("Restorer", "sa_restorer")]),
        new(typeof(LibC.SignalSet), "sigset_t", "signal.h", [("_first", "")]),
        new(typeof(LibC.WindowSize), "struct winsize", "sys/ioctl.h",
            [("Rows", "ws_row"), ("Columns", "ws_col"), ("XPixels", "ws_xpixel"), ("YPixels", "ws_ypixel")]),
        new(typeof(LibBpf.ProgramInfo), "struct bpf_prog_info", "linux/bpf.h",
            [("Id", "id"), ("MapCount", "nr_map_ids"), ("MapIds", "map_ids")], IsPrefix: true),
        new(typeof(LibBpf.MapInfo), "struct bpf_map_info", "linux/bpf.h",
            [("Id", "id"), ("ValueSize", "value_size"), ("Name", "name")], IsPrefix: true),
        new(typeof(LibBpf.TcHook), "struct bpf_tc_hook", "bpf/libbpf.h",
            [("Size", "sz"), ("Interface", "ifindex"), ("AttachPoint", "attach_point"), ("Parent", "parent")]),
        new(typeof(LibBpf.TcOptions), "struct bpf_tc_opts", "bpf/libbpf.h",
        [
            ("Size", "sz"), ("Program", "prog_fd"), ("Flags", "flags"), ("ProgramId", "prog_id"), ("Handle", "handle"),
            ("Priority", "priority"),
        ]),
        new(typeof(LibSeccomp.ArgumentComparison), "struct scmp_arg_cmp", "seccomp.h",
            [("Argument", "arg"), ("Operator", "op"), ("First", "datum_a"), ("Second", "datum_b")]),
    ];
}
