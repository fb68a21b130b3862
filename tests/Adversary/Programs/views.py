import fcntl
import mmap
import select
import stat
import threading

FS_IOC_SETFLAGS = 0x40086602
FICLONE = 0x40049409
HERE = -100
O_TMPFILE = os.O_TMPFILE


def with_file(path, flags, work):
    descriptor = os.open(path, flags)
    try:
        return work(descriptor)
    finally:
        os.close(descriptor)


def write_back(descriptor):
    """By a descriptor for reading, opened anew for writing through /proc (proc_pid_fd(5))."""
    return with_file("/proc/self/fd/%d" % descriptor, os.O_WRONLY, lambda d: os.write(d, b"!"))


def map_shared(descriptor):
    with mmap.mmap(descriptor, 4, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
        memory[0:1] = b"!"


def splice(descriptor):
    r, w = os.pipe()
    os.write(w, b"!")
    position = ctypes.c_long(0)
    return call(275, r, None, descriptor, position, 1, 0)


def by_handle(path):
    """name_to_handle_at(2) and back, for writing."""
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount = ctypes.c_int(0)
    call(303, HERE, path.encode(), handle, mount, 0)
    place = os.open(".", os.O_RDONLY)
    descriptor = call(304, place, bytes(handle.raw), os.O_WRONLY)
    return os.write(descriptor, b"!")


def attempts():
    """Everything that changes something in the directory that is current: it holds file, link -> file, d/inner, e/ and gone."""
    text = b"!"
    return [
        ("mkdir", lambda: os.mkdir("new-directory")),
        ("mknod", lambda: os.mknod("new-node", stat.S_IFREG | 0o644)),
        ("mkfifo", lambda: os.mkfifo("new-fifo")),
        ("symlink", lambda: os.symlink("file", "new-link")),
        ("link", lambda: os.link("file", "new-name")),
        ("bind", lambda: socket.socket(socket.AF_UNIX).bind("new-socket")),
        ("create", lambda: with_file("new-file", os.O_WRONLY | os.O_CREAT, lambda d: os.write(d, text))),
        ("temporary", lambda: with_file(".", os.O_RDWR | O_TMPFILE, lambda d: os.write(d, text))),
        ("write", lambda: with_file("file", os.O_WRONLY, lambda d: os.write(d, text))),
        ("write by link", lambda: with_file("link", os.O_WRONLY, lambda d: os.write(d, text))),
        ("write by ..", lambda: with_file("d/../file", os.O_WRONLY, lambda d: os.write(d, text))),
        ("append", lambda: with_file("file", os.O_WRONLY | os.O_APPEND, lambda d: os.write(d, text))),
        ("write by proc", lambda: with_file("file", os.O_RDONLY, write_back)),
        ("write by path", lambda: with_file("file", os.O_PATH, write_back)),
        ("write by handle", lambda: by_handle("file")),
        ("write directly", lambda: with_file("file", os.O_RDWR | os.O_DIRECT, lambda d: os.pwrite(d, mmap.mmap(-1, 4096), 0))),
        ("map shared", lambda: with_file("file", os.O_RDWR, map_shared)),
        ("splice", lambda: with_file("file", os.O_RDWR, splice)),
        ("copy_file_range", lambda: with_file("file", os.O_RDWR, lambda d: call(326, os.open("d/inner", os.O_RDONLY), None, d, None, 1, 0))),
        ("fallocate", lambda: with_file("file", os.O_RDWR, lambda d: call(285, d, 0, 0, 8192))),
        ("truncate", lambda: os.truncate("file", 2)),
        ("open truncating", lambda: with_file("file", os.O_RDONLY | os.O_TRUNC, lambda d: None)),
        ("chmod", lambda: os.chmod("file", 0o777)),
        ("fchmod", lambda: with_file("file", os.O_RDONLY, lambda d: os.fchmod(d, 0o4755))),
        ("chown", lambda: os.chown("file", 1, 1)),
        ("lchown", lambda: os.lchown("link", 1, 1)),
        ("utime", lambda: os.utime("file", (1, 1))),
        ("utime of a directory", lambda: os.utime("d", (1, 1))),
        ("setxattr", lambda: os.setxattr("file", "security.hs", b"1")),
        ("removexattr", lambda: os.removexattr("file", "security.hs")),
        ("rename", lambda: os.rename("file", "renamed")),
        ("rename back", lambda: os.rename("renamed", "file")),
        ("exchange", lambda: call(316, HERE, b"file", HERE, b"d", 2)),
        ("rename out", lambda: os.rename("gone", "/tmp/hs-gone" if not NATIVE else "e/gone")),
        ("unlink", lambda: os.unlink("link")),
        ("rmdir", lambda: os.rmdir("e" if not NATIVE else "new-directory")),
        ("immutable", lambda: with_file("." if NATIVE else "d", os.O_RDONLY, lambda d: fcntl.ioctl(d, FS_IOC_SETFLAGS, struct.pack("l", 0x80)))),
        ("clone", lambda: with_file("file", os.O_RDWR, lambda d: fcntl.ioctl(d, FICLONE, os.open("d", os.O_RDONLY)))),
    ]


def attack_change(directory):
    """Natively every attempt has to work, or it proves nothing; but for what the file system of this machine may lack."""
    os.chdir(directory)
    reasons, worked = [], []
    for label, attempt in attempts():
        try:
            attempt()
            worked.append(label)
        except OSError as error:
            reasons.append("%s=%s" % (label, name(error)))
    if NATIVE:
        lacking = {"clone", "write directly", "immutable"}
        if KIND.startswith("nested-"):
            # Root of a namespace with one id, over files that are not its own file system's.
            lacking |= {"write by handle", "chown", "lchown", "setxattr", "removexattr"}
        missing = [r for r in reasons if r.split("=")[0] not in lacking]
        return "all" if not missing else refused(", ".join(missing))
    return ", ".join(worked) if worked else refused(", ".join(sorted({r.split("=")[1] for r in reasons})))


def mount(source, target, kind, flags):
    return call(165, source and source.encode(), target.encode(), kind and kind.encode(), flags, None)


def attack_change_mounted(directory):
    """The view mounted once more by oneself, mounted writable, and unmounted."""
    place = "/tmp/hs-view" if not NATIVE else directory
    os.makedirs(place, exist_ok=True)
    found = []
    if NATIVE:
        mount("none", place, "tmpfs", 1)
        directory = place
    for label, step in [
            ("bind", lambda: mount(directory, place, None, 4096 | 16384)),
            ("remount", lambda: mount(None, place, None, 32 | 4096)),
            ("remount whole", lambda: mount(None, place, None, 32)),
            ("remount the view", lambda: mount(None, directory, None, 32 | 4096)),
            ("mount_setattr", lambda: call(442, HERE, directory.encode(), 0x8000, struct.pack("QQQQ", 0, 1 | 8, 0, 0), 32)),
            ("fspick", lambda: call(433, HERE, directory.encode(), 0)),
            ("open_tree", lambda: call(428, HERE, directory.encode(), 1 | 0x8000)),
            ("unmount", lambda: call(166, b"/.serverfs", 2) if not NATIVE else 0),
            ("write", lambda: with_file(place + "/new", os.O_CREAT | os.O_WRONLY, lambda d: os.write(d, b"!"))),
            ("write behind", lambda: with_file(directory + "/new", os.O_CREAT | os.O_WRONLY, lambda d: os.write(d, b"!")))]:
        try:
            step()
            found.append(label)
        except OSError as error:
            found.append("%s=%s" % (label, name(error)))
    done(", ".join(found))


def attack_execute(program):
    """Runs a program that lies in the view, by every way to."""
    def executed(work):
        child = os.fork()
        if child == 0:
            try:
                os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
                work()
            except OSError as error:
                os._exit(100 + min(error.errno, 100))
            os._exit(99)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code >= 99:
            raise OSError(code - 100 if code > 99 else errno.EPERM, "")
        # The loader's own refusal to map a segment.
        if code == 127 or code < 0:
            raise OSError(errno.EPERM, "")
        return "ran, code %d" % code

    def by_descriptor():
        descriptor = os.open(program, os.O_PATH)
        empty = (ctypes.c_char_p * 1)(None)
        call(322, descriptor, b"", (ctypes.c_char_p * 2)(b"true", None), empty, 0x1000)

    def mapped():
        with open(program, "rb") as file:
            mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
        return "mapped"

    return any_of([
        ("execve", lambda: executed(lambda: os.execv(program, ["true"]))),
        ("execveat", lambda: executed(by_descriptor)),
        ("loader", lambda: executed(lambda: os.execv("/lib64/ld-linux-x86-64.so.2", ["ld", program]))),
        ("mmap", mapped)])


def attack_reach(directory, token):
    """What is behind a FIFO, a socket and a device of the server VM."""
    def fifo():
        descriptor = os.open(directory + "/fifo", os.O_WRONLY | os.O_NONBLOCK)
        return os.write(descriptor, token.encode())

    def stream():
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(directory + "/socket")
            return client.send(token.encode())

    return any_of([("fifo", fifo), ("socket", stream)])


def attack_serve_objects(directory, seconds):
    """In the server VM: a FIFO and a socket that somebody waits at; says what came."""
    os.makedirs(directory, exist_ok=True)
    os.mkfifo(directory + "/fifo")
    fifo = os.open(directory + "/fifo", os.O_RDONLY | os.O_NONBLOCK)
    server = socket.socket(socket.AF_UNIX)
    server.bind(directory + "/socket")
    server.listen(1)
    server.setblocking(False)
    print("ready", flush=True)
    end = time.time() + float(seconds)
    while time.time() < end:
        ready, _, _ = select.select([fifo, server], [], [], 0.1)
        if server in ready:
            peer = server.accept()[0]
            peer.settimeout(1)
            return "connected: %r" % peer.recv(64)
        if fifo in ready:
            try:
                if text := os.read(fifo, 64):
                    return "came: %r" % text
            except BlockingIOError:
                pass
    refused("nothing came")


def attack_lock(path, seconds):
    """Every kind of lock and lease on a file, held for a while; somebody else tries meanwhile."""
    held = []
    descriptor = os.open(path, os.O_RDONLY)
    def patiently():
        """Who tries meanwhile holds it for a moment."""
        for _ in range(100):
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.01)
        raise OSError(errno.EAGAIN, "")

    kinds = [
        ("flock", patiently),
        ("fcntl", lambda: fcntl.fcntl(descriptor, fcntl.F_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))),
        ("lease", lambda: fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK))]
    for label, take in kinds:
        try:
            take()
            held.append(label)
        except OSError as error:
            held.append("%s=%s" % (label, name(error)))
    print("holding", flush=True)
    time.sleep(float(seconds))
    done(", ".join(held))


def attack_notice(directory, seconds):
    """Notices that somebody looks at one's files: by inotify, fanotify, dnotify, the time of access, a lease that stalls who opens."""
    path = directory + "/file"
    os.makedirs(directory, exist_ok=True)
    with open(path, "w") as file:
        file.write("text")
    os.utime(path, (1, 1))
    watch = call(294, 0x800)
    for what in (path, directory):
        call(254, watch, what.encode(), 0x1 | 0x20 | 0x10 | 0x8)
    fans = []
    try:
        # Without privileges since Linux 5.13: whole file systems no, single files yes, named by their handles.
        fan = call(300, 0x2 | 0x200, 0)
        call(301, fan, 1, 0x20 | 0x10, HERE, path.encode())
        fans.append(fan)
    except OSError:
        pass
    noticed = []
    import signal
    signal.signal(signal.SIGIO, lambda *_: noticed.append("a lease or a directory's signal"))
    lease = os.open(path, os.O_RDWR)
    leased = True
    try:
        fcntl.fcntl(lease, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError:
        leased = False
        os.close(lease)
    try:
        fcntl.fcntl(os.open(directory, os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT)
    except OSError:
        pass
    try:
        os.read(watch, 65536)
    except OSError:
        pass
    before = os.stat(path).st_atime_ns
    print("watching", flush=True)
    end = time.time() + float(seconds)
    while time.time() < end and not noticed:
        ready, _, _ = select.select([watch] + fans, [], [], 0.1)
        if ready:
            noticed.append("inotify" if watch in ready else "fanotify")
        if os.stat(path).st_atime_ns != before:
            noticed.append("time of access")
    return "noticed by " + noticed[0] if noticed else refused("noticed nothing%s" % (", with a lease" if leased else ""))


def attack_swap(directory, secret, seconds):
    """A directory that is one's own in one moment and a link to the base's in the next. Natively a scanner of our own falls for it."""
    os.makedirs(directory + "/real", exist_ok=True)
    leaf = os.path.basename(secret)
    with open(directory + "/real/" + leaf, "w") as file:
        file.write("harmless")
    os.symlink(os.path.dirname(secret), directory + "/link")
    os.rename(directory + "/real", directory + "/at")
    found = []

    def look():
        while not found:
            try:
                with open(directory + "/at/" + leaf) as file:
                    text = file.read()
                if text != "harmless":
                    found.append(text)
            except OSError:
                pass

    if NATIVE:
        threading.Thread(target=look, daemon=True).start()
    print("swapping", flush=True)
    end = time.time() + float(seconds)
    while time.time() < end and not found:
        call(316, HERE, (directory + "/at").encode(), HERE, (directory + "/link").encode(), 2)
    return "read" if found else done("swapped")


run(globals())
