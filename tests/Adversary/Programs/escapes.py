# What public container-escape collections try, and the holes that OCI runtimes have had.
import glob
import threading


def rewrite(path):
    """Writes what is there already: whoever may do that may write something else."""
    with open(path, "r+") as file:
        value = file.read()
        file.seek(0)
        file.write(value)
    return "written"


def mounted(kind, data=None):
    """A file system of one's own: its files are not read-only."""
    at = "/tmp/hs-escape-%d" % os.getpid()
    os.makedirs(at, exist_ok=True)
    call(165, b"none", at.encode(), kind.encode(), 0, None if data is None else data.encode())
    return at


def attack_knob(path):
    """A knob of the kernel, by every path and through a file system of one's own."""
    kind = "proc" if path.startswith("/proc/") else "sysfs"
    attempts = [(way + path, lambda p=way + path: rewrite(p)) for way in ("", "/proc/1/root", "/proc/self/root", "/proc/thread-self/cwd/../../..")]
    return any_of(attempts + [("fresh " + kind, lambda: rewrite(mounted(kind) + "/" + path.split("/", 2)[2]))])


def attack_release_agent(*_):
    """The program that the kernel runs on the base when a control group of version 1 is empty (CVE-2022-0492)."""
    attempts = [(p, lambda p=p: rewrite(p)) for p in sorted(glob.glob("/sys/fs/cgroup/*/release_agent"))]
    for controller in ("rdma", "misc", "pids", "memory", "freezer", "devices", "cpuset", "none,name=hyperspector"):
        attempts.append((controller, lambda c=controller: rewrite(mounted("cgroup", c) + "/release_agent")))
    return any_of(attempts)


def attack_notify_on_release(*groups):
    paths = ["%s/notify_on_release" % g for g in groups] or glob.glob("/sys/fs/cgroup/*/notify_on_release")
    return any_of([(p, lambda p=p: rewrite(p)) for p in sorted(paths)])


def attack_binfmt(directory):
    """An interpreter for a kind of programs, run by whoever runs one; the file is only opened."""
    def register(at):
        os.close(os.open(at + "/register", os.O_WRONLY))
        return "may register"
    return any_of([("the one that is there", lambda: register("/proc/sys/fs/binfmt_misc")),
                   ("one of its own", lambda: register(mounted("binfmt_misc")))])


def attack_masked(*names):
    """What is masked, read past the mask: by other paths, through descriptors, while others look, in a procfs of one's own."""
    def content(path):
        data = read_some(path, 64) if not os.path.isdir(path) else os.listdir(path)
        if not data:
            raise OSError(errno.ENODATA, "empty", path)
        return "%r" % (data,)

    def beneath(name):
        top = os.open("/proc", os.O_PATH)
        descriptor = os.open("self/../" + name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=top)
        data = os.read(descriptor, 64)
        if not data:
            raise OSError(errno.ENODATA, "empty")
        return "%r" % data

    def race(name):
        # Threads that look all the time, by two paths: a mask that were set late, or taken off for a moment, would be seen.
        found = []

        def look(path, end):
            while time.monotonic() < end and not found:
                try:
                    found.append(content(path))
                except OSError:
                    pass
        end = time.monotonic() + 0.3
        threads = [threading.Thread(target=look, args=(p + name, end)) for p in ("/proc/", "/proc/1/root/proc/")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not found:
            raise OSError(errno.ENODATA, "nothing seen")
        return found[0]

    attempts = []
    for name in names:
        for way in ("/proc/self/root/proc/", "/proc/1/root/proc/", "/proc/thread-self/root/proc/", "/proc/1/cwd/proc/", "/proc/self/task/../../"):
            attempts.append((way + name, lambda p=way + name: content(p)))
        attempts.append(("openat " + name, lambda n=name: beneath(n)))
        attempts.append(("race " + name, lambda n=name: race(n)))
    attempts.append(("fresh procfs", lambda: content(mounted("proc") + "/" + names[0])))
    return any_of(attempts)


def attack_runtime_sockets(*paths):
    """Sockets of container engines and of the base's init: who may speak there has the base."""
    def knock(path):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(3)
            door.connect(path)
            return "connected"
    prefixes = [""] if NATIVE else ["", "/proc/1/root", "/.."]
    return any_of([(prefix + p, lambda p=prefix + p: knock(p)) for p in paths for prefix in prefixes])


def attack_runtime_program(seconds, *copy):
    """CVE-2019-5736: the runtime's own program, taken through /proc/PID/exe while it enters, overwritten once it has ended."""
    known = set(os.listdir("/proc"))
    if NATIVE:
        import subprocess
        child = subprocess.Popen([copy[0], "0.3"])
    held, seen, reasons = {}, 0, set()

    def own(target, status):
        # A program of the VM's own is no prize. (Natively the runtime is a copy that lies where its link says.)
        try:
            there = os.stat(target)
            return not NATIVE and (there.st_dev, there.st_ino) == (status.st_dev, status.st_ino)
        except OSError:
            return False

    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for entry in set(os.listdir("/proc")) - known:
            if not entry.isdigit():
                continue
            try:
                descriptor = os.open("/proc/%s/exe" % entry, os.O_PATH)
                target, status = os.readlink("/proc/self/fd/%d" % descriptor), os.fstat(descriptor)
                if own(target, status) or (status.st_dev, status.st_ino) in held:
                    os.close(descriptor)
                    # It may become another program yet: looked at again.
                    continue
                held[status.st_dev, status.st_ino] = (descriptor, target)
                seen += 1
            except FileNotFoundError:
                pass
            except OSError as error:
                if (entry, name(error)) not in reasons:
                    reasons.add((entry, name(error)))
                    seen += 1
        if NATIVE:
            child.poll()
    for descriptor, target in held.values():
        try:
            program = os.open("/proc/self/fd/%d" % descriptor, os.O_RDWR)
            # Its own first byte: a runtime that could be overwritten stays as it is.
            os.pwrite(program, os.pread(program, 1, 0), 0)
            return "overwrote " + target
        except OSError as error:
            reasons.add((target, name(error)))
    refused("saw %d processes enter: %s" % (seen, ", ".join(sorted({r for _, r in reasons}))))


def attack_request_key(description):
    """A key by its name, found in whatever keyrings the kernel looks through for us."""
    buffer = ctypes.create_string_buffer(64)
    try:
        # So that it is looked for there, too: a session may have been made without it.
        call(250, 8, -4, -2)
    except OSError:
        pass
    key = call(249, b"user", description.encode(), None, 0)
    call(250, 11, key, buffer, 64)
    return buffer.value.decode()


def attack_key_by_serial(*serials):
    """A key by its number, which is the same for the whole machine."""
    def read(serial):
        buffer = ctypes.create_string_buffer(64)
        call(250, 11, serial, buffer, 64)
        return buffer.value.decode()
    return any_of([(s, lambda s=s: read(int(s))) for s in serials])


def attack_join_session():
    """A session keyring by its name."""
    return "keyring %d" % call(250, 1, b"hyperspector-session")


def attack_persistent_keyring():
    """The keyring of a user that outlives its sessions: of root, or of the user that root of a VM is."""
    return "keyring %d" % call(250, 22, -1, -2)


run(globals())
