"""Tries, on a directory, every call that would change something, lock, or use what only some file systems have; prints one line each:
what, and the errno's name or "ok". The directory holds: file (with text), link -> file, d/inner. Run on a read-only mount of the kernel's
own and on a view, the lines must be the same."""
import ctypes, errno, fcntl, mmap, os, socket, stat, struct, sys

here = sys.argv[1]
os.chdir(here)
libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100


def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_char_p(a.encode()) if isinstance(a, str) else ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def attempt(what, work):
    try:
        work()
        print(what, "ok")
    except OSError as failure:
        print(what, errno.errorcode.get(failure.errno, failure.errno))


def opened(flags, work=lambda d: None, path="file"):
    def run():
        descriptor = os.open(path, flags)
        try:
            work(descriptor)
        finally:
            os.close(descriptor)
    return run


def lock(kind, command):
    return lambda d: fcntl.fcntl(d, command, struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0))


R = os.O_RDONLY
F_OFD_SETLK = 37
FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FICLONE = 0x40086602, 0x401C5820, 0x40049409

# Names.
attempt("mkdir", lambda: os.mkdir("new"))
attempt("mkdir existing", lambda: os.mkdir("d"))
attempt("mknod file", lambda: os.mknod("new", stat.S_IFREG | 0o644))
attempt("mknod device", lambda: os.mknod("new", stat.S_IFCHR | 0o644, os.makedev(1, 3)))
attempt("mkfifo", lambda: os.mkfifo("new"))
attempt("symlink", lambda: os.symlink("file", "new"))
attempt("link", lambda: os.link("file", "new"))
attempt("link existing", lambda: os.link("file", "link"))
attempt("unlink", lambda: os.unlink("file"))
attempt("unlink nothing", lambda: os.unlink("nothing"))
attempt("unlink directory", lambda: os.unlink("d"))
attempt("rmdir", lambda: os.rmdir("d"))
attempt("rmdir file", lambda: os.rmdir("file"))
attempt("rename", lambda: os.rename("file", "new"))
attempt("rename over", lambda: os.rename("file", "link"))
attempt("rename into", lambda: os.rename("file", "d/new"))
for name, flag in (("noreplace", 1), ("exchange", 2), ("whiteout", 4)):
    attempt("rename " + name, lambda: call(316, AT_FDCWD, "file", AT_FDCWD, "link" if flag == 2 else "new", flag))
attempt("bind socket", lambda: socket.socket(socket.AF_UNIX).bind("new"))

# Opening.
for name, flags in (("write", os.O_WRONLY), ("both", os.O_RDWR), ("truncate", R | os.O_TRUNC), ("append", os.O_WRONLY | os.O_APPEND),
                    ("create", R | os.O_CREAT), ("create exclusively", R | os.O_CREAT | os.O_EXCL), ("noatime", R | os.O_NOATIME),
                    ("path", os.O_PATH), ("directory", R | os.O_DIRECTORY), ("direct", R | os.O_DIRECT)):
    attempt("open " + name, opened(flags))
attempt("open nothing to create", opened(os.O_WRONLY | os.O_CREAT, path="new"))
attempt("open temporary", opened(os.O_RDWR | os.O_TMPFILE, path="."))
attempt("open directory to write", opened(os.O_WRONLY, path="d"))
attempt("open link itself", opened(R | os.O_NOFOLLOW, path="link"))
attempt("open beyond a file", opened(R, path="file/x"))
attempt("open by proc", opened(R, lambda d: os.close(os.open(f"/proc/self/fd/{d}", os.O_WRONLY))))
attempt("open path by proc", opened(os.O_PATH, lambda d: os.close(os.open(f"/proc/self/fd/{d}", os.O_RDWR))))

# Attributes.
attempt("chmod", lambda: os.chmod("file", 0o777))
attempt("fchmod", opened(R, lambda d: os.fchmod(d, 0o777)))
attempt("fchmodat2", lambda: call(452, AT_FDCWD, "file", 0o777, 0x100))
attempt("chown", lambda: os.chown("file", 1, 1))
attempt("fchown", opened(R, lambda d: os.fchown(d, 1, 1)))
attempt("lchown", lambda: os.lchown("link", 1, 1))
attempt("utime", lambda: os.utime("file", (1, 1)))
attempt("utime now", lambda: os.utime("file"))
attempt("futimens", opened(R, lambda d: os.utime(d, (1, 1))))
attempt("truncate", lambda: os.truncate("file", 0))
attempt("truncate directory", lambda: os.truncate("d", 0))
attempt("ftruncate", opened(R, lambda d: os.ftruncate(d, 0)))
for name in ("user.a", "trusted.a", "security.a"):
    attempt("setxattr " + name, lambda: os.setxattr("file", name, b"x"))
attempt("removexattr", lambda: os.removexattr("file", "user.none"))
attempt("fsetxattr", opened(R, lambda d: os.setxattr(d, "user.a", b"x")))
attempt("set acl", lambda: os.setxattr("file", "system.posix_acl_access", bytes.fromhex("0200000001000700ffffffff04000500ffffffff20000000ffffffff")))
attempt("access write", lambda: os.access("file", os.W_OK) or call(269, AT_FDCWD, "file", os.W_OK))
attempt("access read", lambda: call(269, AT_FDCWD, "file", os.R_OK))

# Content.
attempt("write", opened(R, lambda d: os.write(d, b"x")))
attempt("pwrite", opened(R, lambda d: os.pwrite(d, b"x", 0)))
attempt("fallocate", opened(R, lambda d: call(285, d, 0, 0, 4096)))
attempt("punch hole", opened(R, lambda d: call(285, d, 3, 0, 4096)))
attempt("copy_file_range", opened(R, lambda d: call(326, d, 0, d, 0, 1, 0)))
attempt("sendfile into", opened(R, lambda d: os.sendfile(d, d, 0, 1)))


def splice_into(d):
    r, w = os.pipe()
    os.write(w, b"x")
    try:
        call(275, r, 0, d, 0, 1, 0)
    finally:
        os.close(r), os.close(w)


attempt("splice into", opened(R, splice_into))
attempt("mmap shared write", opened(R, lambda d: mmap.mmap(d, 4, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)))
attempt("mmap shared read", opened(R, lambda d: mmap.mmap(d, 4, mmap.MAP_SHARED, mmap.PROT_READ)))
attempt("mmap private write", opened(R, lambda d: mmap.mmap(d, 4, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)))
attempt("mmap execute", opened(R, lambda d: mmap.mmap(d, 4, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)))
attempt("execute", lambda: os.execv("file", ["file"]))
attempt("execveat", opened(os.O_PATH, lambda d: call(322, d, "", ctypes.c_void_p(None), ctypes.c_void_p(None), 0x1000)))
for name, work in (("fsync", os.fsync), ("fdatasync", os.fdatasync), ("syncfs", lambda d: call(306, d)),
                   ("sync_file_range", lambda d: call(277, d, 0, 4, 2)), ("fadvise", lambda d: os.posix_fadvise(d, 0, 0, os.POSIX_FADV_DONTNEED)),
                   ("readahead", lambda d: call(187, d, 0, 4096))):
    attempt(name, opened(R, work))
attempt("fsync directory", opened(R, os.fsync, "d"))

# Locks, leases, notification: of this mount, whatever they say.
attempt("flock shared", opened(R, lambda d: fcntl.flock(d, fcntl.LOCK_SH | fcntl.LOCK_NB)))
attempt("flock exclusive", opened(R, lambda d: fcntl.flock(d, fcntl.LOCK_EX | fcntl.LOCK_NB)))
attempt("lock read", opened(R, lock(fcntl.F_RDLCK, fcntl.F_SETLK)))
attempt("lock write", opened(R, lock(fcntl.F_WRLCK, fcntl.F_SETLK)))
attempt("lock ofd", opened(R, lock(fcntl.F_RDLCK, F_OFD_SETLK)))
attempt("lock ask", opened(R, lock(fcntl.F_WRLCK, fcntl.F_GETLK)))
attempt("lease write", opened(R, lambda d: fcntl.fcntl(d, fcntl.F_SETLEASE, fcntl.F_WRLCK)))
attempt("dnotify", opened(R, lambda d: fcntl.fcntl(d, fcntl.F_NOTIFY, fcntl.DN_MODIFY), "d"))
attempt("inotify", lambda: call(254, call(294, 0), "file", 2))
attempt("append only", opened(R, lambda d: fcntl.fcntl(d, fcntl.F_SETFL, os.O_APPEND)))

# ioctl(2).
attempt("ioctl unknown", opened(R, lambda d: fcntl.ioctl(d, 0x12345678, b"\0" * 16)))
attempt("ioctl terminal", opened(R, lambda d: fcntl.ioctl(d, 0x5401, b"\0" * 64)))
attempt("ioctl set flags", opened(R, lambda d: fcntl.ioctl(d, FS_IOC_SETFLAGS, struct.pack("l", 0x10))))
attempt("ioctl set project", opened(R, lambda d: fcntl.ioctl(d, FS_IOC_FSSETXATTR, b"\0" * 28)))
attempt("ioctl clone", opened(R, lambda d: fcntl.ioctl(d, FICLONE, d)))
attempt("ioctl bytes", opened(R, lambda d: fcntl.ioctl(d, 0x541B, b"\0" * 4)))

# What makes use of a file for something else.
attempt("swapon", lambda: call(167, "file", 0))
attempt("quotactl", lambda: call(443, os.open(".", R), 0x80000200, 0, ctypes.c_void_p(None)))
