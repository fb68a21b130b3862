"""Works on a directory tree on behalf of a test: one command a line, one line of JSON for an answer (errors too).

  seed N          from here on, changes come from this seed
  fill N          N times a file or a directory, at random
  change N        N random changes below the root: what a server VM's root can do to its files
  do HEX          an expression of Python, in hex
  watch PATH      from here on, whoever opens, reads or lists that path (hex) below the root is noticed, as inotify(7) can
  noticed         how many events there were since
  walk            every file below the root with everything that can be told of it, in a fixed order
"""
import ctypes, hashlib, json, os, random, stat, sys

root = os.fsencode(sys.argv[1])
chance = random.Random(0)
NAMES = [b"a", b"b", b"c", b"d", b"e", b"\xff\xfe", b"with space", b"long" * 60]


def tell(path):
    s = os.lstat(path)
    told = [s.st_mode, s.st_ino, s.st_nlink, s.st_uid, s.st_gid, s.st_size if not stat.S_ISDIR(s.st_mode) else 0,
            s.st_mtime_ns, s.st_ctime_ns, os.major(s.st_rdev), os.minor(s.st_rdev)]
    if stat.S_ISLNK(s.st_mode):
        told.append(os.readlink(path).hex())
    elif stat.S_ISREG(s.st_mode):
        with open(path, "rb") as file:
            told.append(hashlib.sha256(file.read()).hexdigest())
    names = sorted(n for n in os.listxattr(path, follow_symlinks=False) if not n.startswith("trusted."))
    told.extend(f"{n}={os.getxattr(path, n, follow_symlinks=False).hex()}" for n in names)
    return " ".join(str(t) for t in told)


def walk():
    lines, pending = [], [b""]
    while pending:
        at = pending.pop()
        path = os.path.join(root, at)
        lines.append((at, tell(path)))
        if stat.S_ISDIR(os.lstat(path).st_mode):
            pending.extend(os.path.join(at, n) for n in os.listdir(path))
    return [f"{at.hex()} {told}" for at, told in sorted(lines)]


def any_directory():
    found = [root] + [os.path.join(d, n) for d, names, _ in os.walk(root) for n in names if not os.path.islink(os.path.join(d, n))]
    return chance.choice(sorted(found))


def any_path():
    found = [os.path.join(d, n) for d, dirs, files in os.walk(root) for n in dirs + files]
    return chance.choice(sorted(found)) if found else os.path.join(root, chance.choice(NAMES))


def new_path():
    return os.path.join(any_directory(), chance.choice(NAMES))


def write(path, flags):
    fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    os.write(fd, b"%d" % chance.randrange(10 ** chance.randrange(1, 9)))
    os.close(fd)


CHANGES = [
    lambda: write(new_path(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    lambda: write(any_path(), os.O_WRONLY | os.O_APPEND),
    lambda: write(any_path(), os.O_WRONLY),
    lambda: os.truncate(any_path(), chance.randrange(100)) if not os.path.islink(p := any_path()) else None,
    lambda: os.mkdir(new_path(), chance.choice([0o755, 0o700])),
    lambda: fill(4),
    lambda: os.unlink(any_path()),
    lambda: os.rmdir(any_path()),
    lambda: os.rename(any_path(), new_path()),
    lambda: os.rename(any_path(), any_path()),
    lambda: os.symlink(chance.choice(NAMES), new_path()),
    lambda: os.link(any_path(), new_path(), follow_symlinks=False),
    lambda: os.mknod(new_path(), stat.S_IFIFO | 0o600),
    lambda: os.mknod(new_path(), stat.S_IFCHR | 0o600, os.makedev(1, 3)),
    lambda: os.chmod(p, chance.choice([0o600, 0o644, 0o755, 0o4755])) if not os.path.islink(p := any_path()) else None,
    lambda: os.chown(any_path(), chance.randrange(1000), chance.randrange(1000), follow_symlinks=False),
    lambda: os.setxattr(p, "user.test", b"%d" % chance.randrange(99)) if not os.path.islink(p := any_path()) else None,
    lambda: os.utime(any_path(), (1, chance.randrange(10 ** 9)), follow_symlinks=False),
    lambda: remove_tree(any_directory()) if chance.random() < 0.2 else None,
]
ADDITIONS = [CHANGES[0], CHANGES[0], CHANGES[4]]


def remove_tree(top):
    if top == root:
        return
    for directory, dirs, files in os.walk(top, topdown=False):
        for name in files:
            os.unlink(os.path.join(directory, name))
        for name in dirs:
            path = os.path.join(directory, name)
            os.unlink(path) if os.path.islink(path) else os.rmdir(path)
    os.rmdir(top)


def fill(count):
    return change(count, ADDITIONS)


def change(count, ways=CHANGES):
    done = 0
    for _ in range(count):
        try:
            chance.choice(ways)()
            done += 1
        except OSError:
            pass  # not every change is possible everywhere
    return done


libc = ctypes.CDLL(None, use_errno=True)
watcher = libc.inotify_init1(os.O_NONBLOCK)
IN_ACCESS, IN_OPEN, IN_CLOSE_NOWRITE = 0x1, 0x20, 0x10


def watch(path):
    if libc.inotify_add_watch(watcher, os.path.join(root, path), IN_ACCESS | IN_OPEN | IN_CLOSE_NOWRITE) < 0:
        raise OSError(ctypes.get_errno(), "inotify_add_watch")


def noticed():
    count = 0
    while True:
        try:
            events = os.read(watcher, 65536)
        except BlockingIOError:
            return count
        while events:
            count += 1
            events = events[16 + int.from_bytes(events[12:16], "little"):]


for line in sys.stdin:
    words = line.split()
    try:
        if words[0] == "seed":
            chance.seed(int(words[1]))
            answer = None
        elif words[0] == "fill":
            answer = fill(int(words[1]))
        elif words[0] == "change":
            answer = change(int(words[1]))
        elif words[0] == "watch":
            answer = watch(bytes.fromhex(words[1]) if len(words) > 1 else b"")
        elif words[0] == "noticed":
            answer = noticed()
        elif words[0] == "walk":
            answer = walk()
        else:
            answer = eval(bytes.fromhex(words[1]).decode(), {"os": os, "root": root, "stat": stat})
    except OSError as error:
        answer = f"errno {error.errno}"
    print(json.dumps(answer), flush=True)
