"""Sends generated frames through a server VM's port and compares, frame by frame, what an IDS VM sees with what was sent.

frames.py SEED COUNT SERVER_PID IDS_PID PORT: run in the base's network namespace. Every frame is also sent through a plain veth pair:
the control. What that refuses or alters is no promise of the mirror's; it is listed. One JSON object is printed.
"""
import ctypes, hashlib, json, os, random, select, socket, struct, subprocess, sys

ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 3, 263, 8, 23
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
SO_RCVBUFFORCE, CLONE_NEWNET = 33, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def inside(path, make):
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), path)
        return make()
    finally:
        libc.setns(here, CLONE_NEWNET)
        os.close(here), os.close(there)


def opened(device, listen):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL) if listen else 0)
    s.bind((device, ETH_P_ALL if listen else 0))
    if listen:
        s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    return s


def received(s):
    """The frame as it was on the wire: the kernel keeps an outer VLAN tag beside it (packet(7), PACKET_AUXDATA)."""
    data, control, _, _ = s.recvmsg(70000, 256)
    for level, kind, value in control:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", value[:20])
            if status & TP_STATUS_VLAN_VALID:
                kind = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                data = data[:12] + struct.pack("!HH", kind, tci) + data[12:]
    return data


def ipv4(r, protocol, payload, src, dst):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, r.randrange(256), 20 + len(payload), r.randrange(65536), r.choice((0, 0x4000)), 64, protocol, 0, src, dst)
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:] + payload


def generate(r, number, src, dst):
    """One frame; its kind, for the list."""
    kind = r.choice(("udp", "tcp", "fuzzed ip", "fuzzed ip6", "odd type", "vlan", "double vlan", "jumbo", "runt", "arp", "dhcp", "lldp",
                     "multicast", "random", "length field", "full"))
    b = r.randbytes
    eth = lambda kind, d=dst: d + src + struct.pack("!H", kind)
    a, z = b(4), b(4)
    tag = struct.pack("!Q", number)
    if kind == "udp":
        f = eth(0x800) + ipv4(r, 17, struct.pack("!HHHH", r.randrange(65536), r.randrange(65536), 16, r.randrange(65536)) + tag, a, z)
    elif kind == "tcp":
        f = eth(0x800) + ipv4(r, 6, b(20) + tag + b(r.randrange(1400)), a, z)
    elif kind == "fuzzed ip":
        f = bytearray(eth(0x800) + ipv4(r, r.randrange(256), tag + b(r.randrange(200)), a, z))
        for _ in range(r.randrange(1, 9)):
            f[r.randrange(14, len(f))] = r.randrange(256)
    elif kind == "fuzzed ip6":
        f = eth(0x86dd) + b(40) + tag + b(r.randrange(1000))
    elif kind == "odd type":
        f = eth(r.randrange(0x600, 0x10000)) + tag + b(r.randrange(1400))
    elif kind == "vlan":
        f = eth(0x8100) + struct.pack("!HH", r.randrange(65536), r.choice((0x800, 0x86dd, 0x88cc, r.randrange(0x600, 0x10000)))) + tag + b(r.randrange(1400))
    elif kind == "double vlan":
        f = eth(0x88a8) + struct.pack("!HHHH", r.randrange(65536), 0x8100, r.randrange(65536), 0x800) + tag + b(r.randrange(1400))
    elif kind == "jumbo":
        f = eth(r.choice((0x800, 0x88b5))) + tag + b(r.choice((1487, 1493, 1496, 1501, 4000, 8992)))
    elif kind == "runt":
        f = (eth(r.choice((0x800, 0x86dd, 0x806, 0x8100, 0x88b5, r.randrange(65536)))) + tag + b(40))[:r.randrange(0, 40)]
    elif kind == "arp":
        f = eth(0x806, r.choice((dst, b"\xff" * 6))) + struct.pack("!HHBBH", 1, 0x800, 6, 4, r.choice((1, 2, r.randrange(65536)))) + b(20) + tag
    elif kind == "dhcp":
        f = eth(0x800, b"\xff" * 6) + ipv4(r, 17, struct.pack("!HHHH", 68, 67, 308, 0) + b"\1\1\6\0" + b(300), bytes(4), b"\xff" * 4)
    elif kind == "lldp":
        f = eth(0x88cc, bytes.fromhex(r.choice(("0180c200000e", "0180c2000003", "0180c2000000")))) + b"\x02\x07\x04" + src + tag + b(r.randrange(200))
    elif kind == "multicast":
        f = eth(0x800, bytes.fromhex("01005e") + b(3)) + ipv4(r, r.choice((2, 17)), tag + b(r.randrange(300)), a, bytes((224 + r.randrange(16),)) + b(3))
    elif kind == "random":
        f = b(r.randrange(14, 1515))
    elif kind == "length field":
        f = eth(r.randrange(0x600)) + tag + b(r.randrange(1400))
    else:
        f = eth(0x88b5) + tag + b(1492)
    return kind, bytes(f)


def send(s, frame):
    try:
        s.send(frame)
        return ""
    except OSError as error:
        return os.strerror(error.errno)


def digest(frame):
    return hashlib.blake2b(frame, digest_size=16).digest()


def collect(s, wanted, until=None):
    """What of the wanted did not come, as a multiset of hashes; what else comes is somebody else's talk. Ends with the frame `until`."""
    left = dict(wanted)
    while left or until:
        if not select.select([s], [], [], 20)[0]:
            break
        frame = received(s)
        if frame == until:
            break
        h = digest(frame)
        if h in left:
            left[h] -= 1
            if not left[h]:
                del left[h]
    return left


def main():
    seed, count, server, ids, port = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
    subprocess.run(["ip", "link", "add", "ctl0", "type", "veth", "peer", "name", "ctl1"], check=True)
    for end in ("ctl0", "ctl1"):
        subprocess.run(["ip", "link", "set", end, "arp", "off", "addrgenmode", "none", "up"], check=True)
    try:
        shown = subprocess.run(["ip", "-j", "link", "show", "dev", port], capture_output=True, check=True).stdout
        base = bytes.fromhex(json.loads(shown)[0]["address"].replace(":", ""))
        machine = base[:4] + b"\1" + base[5:]
        mon = inside(f"/proc/{ids}/ns/net", lambda: opened("mon0", True))
        ways = (("from", inside(f"/proc/{server}/ns/net", lambda: opened("eth0", False)), machine, base), ("to", opened(port, False), base, machine))
        control, arrives = opened("ctl0", False), opened("ctl1", True)
        r = random.Random(seed)
        result = {"seed": seed, "sent": 0, "seen": 0, "missing": [], "differing": [], "refused": {}, "kinds": {}}
        number = 0
        while number < count:
            for name, sender, src, dst in ways:
                batch = [generate(r, number + i, src, dst) for i in range(256)]
                number += len(batch)
                wanted, of = {}, {}
                for kind, frame in batch:
                    there, here = send(control, frame), send(sender, frame)
                    result["sent"] += 1
                    result["kinds"][kind] = result["kinds"].get(kind, 0) + 1
                    if there != here:
                        result["differing"].append([name, kind, there, here, frame.hex()])
                    elif there:
                        result["refused"][f"{kind}: {there}"] = result["refused"].get(f"{kind}: {there}", 0) + 1
                    else:
                        h = digest(frame)
                        wanted[h] = wanted.get(h, 0) + 1
                        of[h] = (kind, frame)
                # What the control does not deliver as it was sent, nobody can ask of the mirror.
                end = dst + src + b"\x88\xb5end" + struct.pack("!Q", number) + bytes(46)
                control.send(end)
                lost = collect(arrives, wanted, until=end)
                for h, times in lost.items():
                    key = f"{of[h][0]}: not delivered by the control"
                    result["refused"][key] = result["refused"].get(key, 0) + times
                    wanted[h] -= times
                    if not wanted[h]:
                        del wanted[h]
                missing = collect(mon, wanted)
                result["seen"] += sum(wanted.values()) - sum(missing.values())
                result["missing"] += [[name, of[h][0], of[h][1].hex()] for h in missing]
                if len(result["missing"]) > 100:
                    number = count
        print(json.dumps(result))
    finally:
        subprocess.run(["ip", "link", "del", "ctl0"], check=True)


main()
