import hashlib
import signal


def attack_scan():
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                print("SEEN %s %s" % (entry, read_some("/proc/%s/cmdline" % entry).replace(b"\0", b" ").decode("latin-1")))
            except OSError:
                pass
    done("listed /proc")


def each(pids, action):
    reasons = {}
    for pid in pids:
        try:
            action(int(pid))
            reasons["ok"] = reasons.get("ok", 0) + 1
        except OSError as error:
            reasons[name(error)] = reasons.get(name(error), 0) + 1
    done(", ".join("%s: %d" % pair for pair in sorted(reasons.items())))


def others(limit):
    own = {os.getpid(), os.getppid(), 1}
    return [pid for pid in range(2, int(limit)) if pid not in own]


def attack_signal(*pids):
    each(pids, lambda pid: os.kill(pid, signal.SIGKILL))


def attack_signal_range(limit, *pids):
    if NATIVE:
        attack_signal(*pids)
    each(others(limit), lambda pid: os.kill(pid, signal.SIGKILL))


def attack_signal_groups(*pids):
    each(pids, lambda pid: os.killpg(pid, signal.SIGKILL))


def attack_kill_everybody():
    if NATIVE and os.getpid() != 1:
        finish("misplaced", "only as the first process of a pid namespace")
    pid = os.fork() if NATIVE else 0
    if NATIVE and pid == 0:
        time.sleep(60)
    os.kill(-1, signal.SIGKILL)
    if NATIVE:
        _, status = os.waitpid(pid, 0)
        return "child ended by signal %d" % os.WTERMSIG(status)
    done("kill(-1)")


def attack_pidfd(*pids):
    def action(pid):
        descriptor = call(434, pid, 0)
        call(424, descriptor, signal.SIGKILL, None, 0)
    each(pids, action)


def secrets_of(pairs, read):
    """Pairs of process and address (or descriptor): what can be read there?"""
    found, reasons = [], set()
    for pair in pairs:
        pid, where = pair.split(":")
        try:
            found.append(read(int(pid), int(where)).decode("latin-1").strip("\0"))
        except OSError as error:
            reasons.add(name(error))
    done("%s %s" % (" ".join(found), " ".join(sorted(reasons))))


def transfer(number, pid, address, buffer):
    local = struct.pack("QQ", ctypes.addressof(buffer), len(buffer))
    remote = struct.pack("QQ", address, len(buffer))
    return call(number, pid, local, 1, remote, 1, 0)


def attack_read_memory(*pairs):
    def read(pid, address):
        buffer = ctypes.create_string_buffer(41)
        transfer(310, pid, address, buffer)
        return buffer.raw
    secrets_of(pairs, read)


def attack_read_mem_file(*pairs):
    def read(pid, address):
        with open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
            memory.seek(address)
            return memory.read(41)
    secrets_of(pairs, read)


def attack_trace(*pairs):
    def read(pid, address):
        call(101, 16, pid, 0, 0)
        os.waitpid(pid, 0x40000000)
        words = b""
        for offset in range(0, 48, 8):
            word = ctypes.c_long()
            call(101, 1, pid, address + offset, word)
            words += struct.pack("q", word.value)
        call(101, 17, pid, 0, 0)
        return words
    secrets_of(pairs, read)


def attack_steal_descriptor(*pairs):
    def read(pid, descriptor):
        process = call(434, pid, 0)
        stolen = call(438, process, descriptor, 0)
        return os.pread(stolen, 41, 0)
    secrets_of(pairs, read)


def attack_write_memory(*pairs):
    def write(pair):
        pid, address = pair.split(":")
        text = ctypes.create_string_buffer(b"OVERWRITTEN")
        transfer(311, int(pid), int(address), text)
    results = []
    for pair in pairs:
        try:
            write(pair)
            results.append("written")
        except OSError as error:
            results.append(name(error))
    done(" ".join(results))


def attack_priority(*pids):
    def action(pid):
        os.setpriority(os.PRIO_PROCESS, pid, 19)
        os.sched_setaffinity(pid, {0})
    each(pids, action)


def attack_limits(*pids):
    each(pids, lambda pid: call(302, pid, 7, struct.pack("QQ", 64, 64), None))


def attack_shared_memory(*keys):
    found = []
    for key in keys:
        try:
            segment = call(29, int(key), 0, 0)
            libc.shmat.restype = ctypes.c_void_p
            address = libc.shmat(ctypes.c_int(segment), None, 0o10000)
            found.append(ctypes.string_at(address, 41).decode("latin-1"))
        except OSError as error:
            found.append(name(error))
    done(" ".join(found))


def attack_message_queue(*names):
    found = []
    for queue in names:
        try:
            descriptor = call(240, queue.encode(), os.O_RDONLY | os.O_NONBLOCK, 0, None)
            buffer = ctypes.create_string_buffer(8192)
            count = call(243, descriptor, buffer, 8192, None, None)
            found.append(buffer.raw[:count].decode("latin-1"))
        except OSError as error:
            found.append(name(error))
    done(" ".join(found))


def attack_fork_bomb(limit):
    """Children that only sleep, until the kernel says no; succeeds past the limit."""
    children = []
    outcome = "none"
    try:
        while len(children) < int(limit):
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            children.append(pid)
        outcome = None
    except OSError as error:
        outcome = name(error)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)
    if outcome:
        refused("%s after %d" % (outcome, len(children)))
    return "%d processes" % len(children)


def attack_fill_memory(mebibytes):
    pid = os.fork()
    if pid == 0:
        try:
            block = bytearray()
            for _ in range(int(mebibytes)):
                block += b"\x55" * (1 << 20)
        except MemoryError:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status == 0:
        return "filled %s MiB" % mebibytes
    refused("the child ended with %d" % status)


run(globals())
