# The kernel's message protocols (netlink), and ways to capture frames other than a packet socket.
import mmap
import subprocess

REQUEST, ACK = 1, 4


def message(kind, flags, body):
    return struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body


def attribute(kind, data):
    return (struct.pack("HH", 4 + len(data), kind) + data).ljust((4 + len(data) + 3) & ~3, b"\0")


def ask(protocol, text):
    """Sends a request; the first answer, an error as OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as made:
        made.settimeout(3)
        made.send(text)
        answer = made.recv(65536)
    if struct.unpack_from("H", answer, 4)[0] == 2:
        code = struct.unpack_from("i", answer, 16)[0]
        if code:
            raise OSError(-code, os.strerror(-code))
    return answer


def listen(protocol, groups, seconds, after=None):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as made:
        made.bind((0, groups))
        if after:
            made.send(after)
        print("listening", flush=True)
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            made.settimeout(max(0.01, end - time.monotonic()))
            try:
                yield made.recv(65536)
            except socket.timeout:
                return


def attack_audit():
    """The state of the machine's audit system (AUDIT_GET)."""
    return "%d bytes" % len(ask(9, message(1000, REQUEST, b"")))


def attack_audit_log(seconds):
    """The machine's audit records (AUDIT_NLGRP_READLOG)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9) as made:
        made.bind((0, 1))
    return "bound"


def attack_uevents(seconds):
    """What the kernel tells the base's udev."""
    for event in listen(15, 1, seconds):
        return event.split(b"\0")[0].decode()
    refused("saw nothing")


def attack_process_events(seconds):
    """Every fork, exec and exit of the machine (the proc connector)."""
    order = struct.pack("IIIIHHI", 1, 1, 0, 0, 4, 0, 1)
    for event in listen(11, 1, seconds, message(3, 0, order)):
        if len(event) > 40:
            return "an event of %d bytes" % len(event)
    refused("saw nothing")


def attack_taskstats(*pids):
    """Statistics of a process of the base (TASKSTATS, generic netlink)."""
    family = ask(16, message(16, REQUEST, struct.pack("BBH", 3, 1, 0) + attribute(2, b"TASKSTATS\0")))
    number, at = None, 20
    while at < len(family):
        length, kind = struct.unpack_from("HH", family, at)
        if kind == 1:
            number = struct.unpack_from("H", family, at + 4)[0]
        at += (length + 3) & ~3
    return any_of([(p, lambda p=p: "%d bytes" % len(ask(16, message(
        number, REQUEST, struct.pack("BBH", 1, 1, 0) + attribute(1, struct.pack("I", int(p))))))) for p in pids])


def attack_netlink_families():
    """A request in every protocol that commands the kernel, other than those that a VM needs."""
    def order(protocol, kind, body):
        ask(protocol, message(kind, REQUEST | ACK, body))
        return "obeyed"
    return any_of([
        ("ROUTE address", lambda: order(0, 20, struct.pack("BBBBI", 2, 8, 0, 0, 1) + attribute(2, b"\x7f\x4d\x00\x01") + attribute(1, b"\x7f\x4d\x00\x01"))),
        ("XFRM policy flush", lambda: order(6, 0x1d, b"")),
        ("NETFILTER conntrack flush", lambda: order(12, 1 << 8 | 2, struct.pack("BBH", 2, 0, 0))),
        ("CRYPTO", lambda: order(21, 0x10, b"\0" * 160)),
        ("RDMA", lambda: order(20, 5 << 10 | 1, b"")),
    ])


def bind_log(group):
    """A socket that gets what a packet filter rule logs to a group (nfnetlink_log)."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    made.settimeout(3)
    head = struct.pack("BBH", 0, 0, socket.htons(group))
    for body in (attribute(1, b"\x01"), attribute(2, struct.pack("!IBB", 0xffff, 2, 0))):
        made.send(message(4 << 8 | 1, REQUEST | ACK, head + body))
        answer = made.recv(65536)
        code = struct.unpack_from("i", answer, 16)[0]
        if code:
            raise OSError(-code, os.strerror(-code))
    return made


def attack_log_capture(token, seconds, *devices):
    """Frames by a logging rule in place of a packet socket."""
    made = bind_log(77)
    rules = "table netdev hs-log {\n" + "".join(
        " chain c%d { type filter hook ingress device \"%s\" priority -500; log group 77 snaplen 2000 queue-threshold 1; }\n" % pair
        for pair in enumerate(devices)) + "}\n"
    result = subprocess.run(["/usr/sbin/nft", "-f", "-"], input=rules, capture_output=True, text=True)
    if result.returncode:
        raise OSError(errno.EPERM if "permitted" in result.stderr else errno.EIO, result.stderr[-200:])
    print("listening", flush=True)
    end, packets = time.monotonic() + float(seconds), 0
    try:
        while time.monotonic() < end:
            made.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = made.recv(65536)
            except socket.timeout:
                break
            packets += 1
            if token.encode() in data:
                return "saw a frame that is not meant for it"
    finally:
        subprocess.run(["/usr/sbin/nft", "delete", "table", "netdev", "hs-log"])
    refused("%d frames, none that was not meant for it" % packets)


def attack_io_uring_capture():
    """A packet socket that is made by io_uring, so that no filter of system calls sees it (IORING_OP_SOCKET)."""
    parameters = ctypes.create_string_buffer(120)
    ring = call(425, 4, parameters)
    _, tail, mask, _, _, _, array = struct.unpack_from("7I", parameters.raw, 40)
    head, _, _, _, _, cqes = struct.unpack_from("6I", parameters.raw, 80)
    rings = mmap.mmap(ring, 1 << 14, offset=0)
    entries = mmap.mmap(ring, 4096, offset=0x10000000)
    # opcode, flags, priority, domain, type, address, protocol, flags, user data
    struct.pack_into("BBHiQQIIQ", entries, 0, 45, 0, 0, 17, 3, 0, socket.htons(3), 0, 1)
    struct.pack_into("I", rings, array, 0)
    struct.pack_into("I", rings, tail, 1)
    call(426, ring, 1, 1, 1, None, 0)
    result = struct.unpack_from("i", rings, cqes + 8)[0]
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return "a packet socket in descriptor %d" % result


run(globals())
