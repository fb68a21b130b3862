import subprocess


def attack_bpf_map():
    attributes = struct.pack("IIIII", 2, 4, 8, 1, 0).ljust(120, b"\0")
    return "map in descriptor %d" % call(321, 0, attributes, len(attributes))


def attack_bpf_program():
    # r0 = 0; exit: the smallest program of type kprobe, which only a privileged user may load.
    code = ctypes.create_string_buffer(bytes([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]))
    licence = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack("IIQQ", 5, 2, ctypes.addressof(code), ctypes.addressof(licence)).ljust(120, b"\0")
    return "program in descriptor %d" % call(321, 5, attributes, len(attributes))


def gate(function, *passed):
    """A call that is meant to fail, harmlessly, after the permission check: any of these errors means it let us pass."""
    try:
        function()
    except OSError as error:
        if name(error) in passed:
            return "past the permission check (%s)" % name(error)
        raise
    return "done"


def attack_init_module():
    return gate(lambda: call(175, b"not a module", 12, b""), "ENOEXEC", "EFAULT")


def attack_finit_module():
    descriptor = os.open(sys.executable, os.O_RDONLY)
    return gate(lambda: call(313, descriptor, b"", 0), "ENOEXEC")


def attack_delete_module():
    return gate(lambda: call(176, b"hyperspector-no-such-module", 0o4000), "ENOENT")


def attack_kexec():
    return gate(lambda: call(246, 0, 0, None, 0xffff), "EINVAL")


def attack_iopl():
    call(172, 3)
    call(172, 0)
    return "level 3"


def attack_ioperm():
    call(173, 0x80, 1, 1)
    call(173, 0x80, 1, 0)
    return "port 0x80"


def attack_syslog():
    buffer = ctypes.create_string_buffer(65536)
    return "read %d bytes of the kernel's log" % call(103, 3, buffer, 65536)


def attack_kallsyms():
    for line in open("/proc/kallsyms"):
        if int(line.split()[0], 16) != 0:
            return "an address of the kernel"
    refused("every address reads as zero")


def attack_masked():
    """Files that tell about the machine or its kernel, or command them."""
    paths = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats", "/proc/acpi",
             "/proc/scsi", "/sys/firmware", "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security", "/sys/fs/bpf"]
    found = []
    for path in paths:
        try:
            content = os.listdir(path) if os.path.isdir(path) else read_some(path, 16)
        except OSError:
            continue
        if content and not (path == "/proc/kcore" and not content):
            found.append(path)
    return "read " + ", ".join(found) if found else refused("all absent or empty")


def writable_below(roots, limit=20000):
    tried, found = 0, []
    if "/proc" in roots:
        # All that belongs to no process.
        roots = [os.path.join("/proc", n) for n in os.listdir("/proc") if not n.isdigit() and n not in ("self", "thread-self", "net", "mounts")]
    for root in roots:
        files = [root] if os.path.isfile(root) else (os.path.join(d, f) for d, _, names in os.walk(root) for f in names)
        for path in files:
            if tried >= limit:
                break
            tried += 1
            try:
                # Opening is enough to know; nothing is written to a machine that might let us.
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                found.append(path)
            except OSError:
                pass
    return tried, found


def attack_knobs(*roots):
    tried, found = writable_below(roots)
    if NATIVE:
        for path in found:
            value = open(path).read()
            with open(path, "w") as file:
                file.write(value)
    if found:
        return "%d of %d can be written: %s" % (len(found), tried, " ".join(found[:10]))
    refused("none of %d files can be opened for writing" % tried)


def attack_cgroup_files(*roots):
    tried, found = writable_below(roots)
    made = []
    for root in roots:
        for directory in [root] + [d for d, _, _ in os.walk(root)][:200]:
            try:
                group = os.path.join(directory, "hs-attack")
                os.mkdir(group)
                # In a tmpfs that only holds the hierarchies' mount points it is a directory like any other.
                if os.path.exists(os.path.join(group, "cgroup.procs")):
                    made.append(directory)
                os.rmdir(group)
            except OSError:
                pass
    if found or made:
        return "%d of %d files can be written, %d groups made: %s" % (len(found), tried, len(made), " ".join((found + made)[:10]))
    refused("none of %d files can be opened for writing, no group can be made" % tried)


def attack_clock():
    """adjtimex(ADJ_SETOFFSET): moves the clock; natively by nothing at all."""
    timex = bytearray(208)
    struct.pack_into("I", timex, 0, 0x0100)
    struct.pack_into("qq", timex, 72, 0 if NATIVE else 3600, 0)
    buffer = (ctypes.c_char * 208).from_buffer(timex)
    call(159, buffer)
    return "clock moved"


def attack_settime():
    now = time.clock_gettime_ns(time.CLOCK_REALTIME) + (0 if NATIVE else 3600 * 10**9)
    if NATIVE:
        # Only the permission is shown: an invalid time is refused after that check, and harms no clock.
        return gate(lambda: call(227, 0, struct.pack("qq", -1, 2 * 10**9)), "EINVAL")
    call(227, 0, struct.pack("qq", now // 10**9, now % 10**9))
    return "clock set"


def attack_hostname():
    call(170, b"hs-attacked", 11)
    return "host is called " + socket.gethostname()


def attack_domainname():
    call(171, b"hs-attacked", 11)
    return "domain set"


def attack_reboot():
    print("ATTACK done: called reboot", flush=True)
    call(169, 0xfee1dead, 672274793, 0x01234567, 0)
    return "still here"


def attack_swap(directory):
    path = os.path.join(directory, "swap")
    with open(path, "wb") as file:
        file.write(b"\0" * (1 << 20))
        os.fsync(file.fileno())
    os.chmod(path, 0o600)
    subprocess.run(["/usr/sbin/mkswap", path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    call(167, path.encode(), 0)
    call(168, path.encode())
    return "swap on and off"


def attack_quota():
    call(179, 0x80000100, None, 0, None)
    return "Q_SYNC"


def attack_key():
    call(250, 1, None)
    key = call(248, b"user", b"hs-attack", b"secret", 6, -3)
    return "key %d" % key


def attack_find_key(description):
    """A key that somebody else has put into the user keyring of root."""
    key = call(250, 10, -4, b"user", description.encode(), 0)
    buffer = ctypes.create_string_buffer(64)
    call(250, 11, key, buffer, 64)
    return buffer.value.decode()


def attack_perf():
    attributes = struct.pack("IIQQQQQ", 1, 128, 1, 0, 0, 0, 1 << 5 | 1 << 6).ljust(128, b"\0")
    return "counter in descriptor %d" % call(298, attributes, 0, -1, -1, 0)


def attack_perf_machine():
    attributes = struct.pack("II", 1, 128).ljust(128, b"\0")
    return "counter of a whole processor in descriptor %d" % call(298, attributes, -1, 0, -1, 0)


def attack_userfaultfd():
    return "descriptor %d" % call(323, 1)


def attack_io_uring():
    return "descriptor %d" % call(425, 4, ctypes.create_string_buffer(248))


def attack_unshare(space):
    call(272, CLONE[space])
    return "a %s namespace of its own" % space


def attack_clone3_user():
    arguments = struct.pack("Q" * 11, CLONE["user"], 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
    pid = call(435, arguments, len(arguments))
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "a child in a user namespace"


def attack_clone_user():
    pid = call(56, CLONE["user"] | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "a child in a user namespace"


def attack_vsock():
    # Made, never connected: what is at the other end is not ours to talk to.
    with socket.socket(40, socket.SOCK_STREAM):
        return "socket"


def attack_families():
    """Rarely used protocol families: AF_ALG, AF_KEY, AF_XDP, AF_TIPC, AF_CAN, AF_BLUETOOTH …"""
    def make(family, kind):
        socket.socket(family, kind).close()
        return "made"
    return any_of([("%d" % f, lambda f=f, k=k: make(f, k))
                   for f in list(range(3, 10)) + [11, 12] + list(range(14, 16)) + list(range(18, 46)) if f != 40 for k in (5, 2, 3)])


def attack_personality():
    """READ_IMPLIES_EXEC: switches a mitigation off for everything that is run from here on."""
    call(135, 0x0400000)
    return "READ_IMPLIES_EXEC"


def attack_fanotify():
    descriptor = call(300, 0, 0)
    call(301, descriptor, 0x1 | 0x10, 0x20, -100, b"/")
    return "watches every open of a mount"


def attack_realtime():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return "real-time priority"


def attack_accounting(directory):
    path = os.path.join(directory, "accounting")
    open(path, "w").close()
    call(163, path.encode())
    call(163, None)
    return "process accounting on and off"


def attack_file_capability(directory):
    """A program that carries capabilities for whoever runs it."""
    import shutil
    program = os.path.join(directory, "capable")
    shutil.copy("/usr/bin/python3", program)
    os.chmod(program, 0o755)
    admin = 1 << 21
    os.setxattr(program, "security.capability", struct.pack("<IIIII", 0x02000001, admin, admin, 0, 0))
    result = subprocess.run([program, "-c", "print(open('/proc/self/status').read())"], capture_output=True, text=True,
                            user=65534, cwd="/")
    if result.returncode != 0:
        refused("execve: " + result.stderr.strip()[-100:])
    effective = next(int(line.split()[1], 16) for line in result.stdout.splitlines() if line.startswith("CapEff"))
    if effective >> 21 & 1:
        return "CapEff %x, with CAP_SYS_ADMIN" % effective
    refused("CapEff %x" % effective)


def attack_raise_capabilities():
    """CAP_SYS_ADMIN, given up for a moment natively, taken back or taken."""
    header = struct.pack("II", 0x20080522, 0)
    sets = ctypes.create_string_buffer(24)
    call(125, header, sets)
    effective, permitted, inheritable, *high = struct.unpack("IIIIII", sets.raw)
    admin = 1 << 21
    if NATIVE:
        call(126, header, struct.pack("IIIIII", effective & ~admin, permitted, inheritable, *high))
    else:
        permitted |= admin
    call(126, header, struct.pack("IIIIII", effective | admin, permitted, inheritable, *high))
    return "CAP_SYS_ADMIN"


def attack_net_device():
    result = subprocess.run(
        ["/usr/sbin/ip", "link", "add", "hsx0", "type", "veth", "peer", "name", "hsx1"], capture_output=True, text=True)
    if result.returncode != 0:
        raise OSError(errno.EPERM if "not permitted" in result.stderr else errno.EIO, result.stderr)
    return "made an interface"


def attack_packet_socket():
    """A packet socket that is bound to no mirror port, and asks nobody."""
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)).close()
    if not NATIVE and open("/proc/self/uid_map").read().split()[2] == "65536":
        refused("only in the VM's own user namespace")
    return "made"


run(globals())
