import subprocess

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE, MS_SHARED = 1, 32, 4096, 8192, 16384, 1 << 18, 1 << 20


def mount(source, target, kind, flags=0, data=None):
    encode = lambda text: None if text is None else text.encode()
    call(165, encode(source), encode(target), encode(kind), flags, encode(data))
    return "mounted %s at %s" % (kind or source, target)


def place(directory, leaf="at"):
    path = os.path.join(directory, leaf)
    os.makedirs(path, exist_ok=True)
    return path


def attack_type(directory, kind):
    return mount("none", place(directory), kind)


def attack_cgroup(directory):
    attempts = [("cgroup2", lambda: mount("none", place(directory), "cgroup2"))]
    for controller in ("pids", "memory", "cpu", "devices", "none,name=systemd"):
        attempts.append((controller, lambda c=controller: mount("none", place(directory), "cgroup", 0, c)))
    return any_of(attempts)


def attack_any_type(directory):
    kinds = [line.split()[-1] for line in open("/proc/filesystems") if line.startswith("nodev")]
    return any_of([(kind, lambda k=kind: mount("none", place(directory), k)) for kind in kinds])


def attack_overlay(directory):
    lower, upper, work = (place(directory, leaf) for leaf in ("lower", "upper", "work"))
    return mount("none", place(directory), "overlay", 0, "lowerdir=%s,upperdir=%s,workdir=%s" % (lower, upper, work))


def attack_block(directory, major, minor, kind):
    import stat
    node = os.path.join(directory, "node")
    os.mknod(node, 0o600 | stat.S_IFBLK, os.makedev(int(major), int(minor)))
    return mount(node, place(directory), kind, MS_RDONLY)


def attack_bind(directory, source):
    return mount(source, place(directory), None, MS_BIND | MS_REC)


def attack_remount_rw(directory, *targets):
    if NATIVE:
        targets = [place(directory)]
        mount("none", targets[0], "tmpfs", MS_RDONLY)
    attempts = []
    for target in targets:
        attempts.append((target, lambda t=target: mount(None, t, None, MS_REMOUNT | MS_BIND)))
        attempts.append((target + " whole", lambda t=target: mount(None, t, None, MS_REMOUNT)))
    return any_of(attempts)


def attack_umount(directory):
    if NATIVE:
        targets = [place(directory)]
        mount("none", targets[0], "tmpfs")
    else:
        targets = [line.split()[4] for line in open("/proc/self/mountinfo")][::-1]

    def away(target):
        call(166, target.encode(), 2)
        return "gone"

    return any_of([(target, lambda t=target: away(t)) for target in targets])


def attack_move(directory):
    if NATIVE:
        source = place(directory, "from")
        mount("none", source, "tmpfs")
    else:
        source = "/proc"
    return mount(source, place(directory), None, MS_MOVE)


def attack_propagation(directory):
    return mount(None, "/", None, MS_REC | (MS_PRIVATE if NATIVE else MS_SHARED))


def attack_new_api(directory):
    context = call(430, b"tmpfs", 1)
    call(431, context, 6, None, None, 0)
    tree = call(432, context, 1, 0)
    call(429, tree, b"", -100, place(directory).encode(), 4)
    return "fsmount and move_mount"


def attack_clone_tree(directory):
    tree = call(428, -100, b"/", 1 | 0x80000)
    call(429, tree, b"", -100, place(directory).encode(), 4)
    return "open_tree and move_mount"


def attack_mount_setattr(directory):
    if NATIVE:
        mount("none", place(directory), "tmpfs", MS_RDONLY)
        target = place(directory)
    else:
        target = "/proc/sys"
    clear_read_only = struct.pack("QQQQ", 0, 1, 0, 0)
    call(442, -100, target.encode(), 0, clear_read_only, len(clear_read_only))
    return "cleared read-only of " + target


def attack_pivot_root(directory):
    new = place(directory)
    if NATIVE:
        mount("none", new, "tmpfs")
    else:
        new = "/"
    os.makedirs(os.path.join(new, "old"), exist_ok=True)
    call(155, new.encode(), os.path.join(new, "old").encode())
    return "pivoted"


def attack_chroot_breakout(directory, *secrets):
    """chroot(2): 'this call does not change the current working directory', so that .. leads out."""
    inner = place(directory, "jail")
    os.makedirs(os.path.join(inner, "deeper"), exist_ok=True)
    os.chdir(inner)
    os.chroot("deeper")
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    found = []
    for secret in secrets:
        try:
            found.append(read_some(secret).decode("latin-1"))
        except OSError as error:
            found.append("%s=%s" % (secret, name(error)))
    done(" ".join(found))


def attack_setns(*targets):
    """Joins another process's namespaces."""
    def join(path):
        descriptor = os.open(path, os.O_RDONLY)
        call(308, descriptor, 0)
        return "joined"
    if NATIVE:
        paths = list(targets)
    else:
        paths = ["/proc/%s/ns/%s" % (process, space) for process in ("1", "self") for space in CLONE if space != "time"]
    return any_of([(path, lambda p=path: join(p)) for path in paths])


run(globals())
