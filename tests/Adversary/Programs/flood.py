# with: frames.py
# From outside: floods and malformed packets to a published port, bounded in number.
import random


def ethernet(dmac, smac, kind, packet):
    return mac(dmac) + mac(smac) + struct.pack("!H", kind) + packet


def ipv4(source, target, protocol, payload, *, version=0x45, length=None, identity=1, fragment=0, ttl=64, check=None, options=b""):
    header = struct.pack("!BBHHHBBH4s4s", version, 0, length if length is not None else 20 + len(options) + len(payload), identity, fragment, ttl,
                         protocol, 0, socket.inet_aton(source), socket.inet_aton(target)) + options
    return header[:10] + struct.pack("!H", checksum(header) if check is None else check) + header[12:] + payload


def tcp(source, target, sport, dport, flags, *, offset=5, options=b"", payload=b"", check=None):
    header = struct.pack("!HHIIBBHHH", sport, dport, random.getrandbits(32), 0, offset << 4, flags, 1024, 0, 0) + options
    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack("!BBH", 0, 6, len(header) + len(payload))
    value = checksum(pseudo + header + payload) if check is None else check
    return header[:16] + struct.pack("!H", value) + header[18:] + payload


def malformed(source, target, port):
    """One of each kind, most of which no proper stack sends."""
    def segment(**more):
        return ipv4(source, target, 6, tcp(source, target, random.randrange(1024, 65535), port, more.pop("flags", 2), **more))
    yield segment(check=0xdead)
    yield segment(offset=15)
    yield segment(offset=1)
    yield segment(offset=6, options=b"\x08\x00\x00\x00")
    yield segment(offset=6, options=b"\x02\xff\x05\xb4")
    for flags in (0, 0xff, 0x03, 0x06, 0x29, 0x3f):
        yield segment(flags=flags)
    body = tcp(source, target, 4444, port, 2)
    yield ipv4(source, target, 6, body, version=0x4f)
    yield ipv4(source, target, 6, body, version=0x41)
    yield ipv4(source, target, 6, body, version=0x65)
    yield ipv4(source, target, 6, body, length=65535)
    yield ipv4(source, target, 6, body, length=10)
    yield ipv4(source, target, 6, body, check=0)
    yield ipv4(source, target, 6, body, ttl=0)
    yield ipv4(source, target, 6, body, version=0x46, options=b"\x83\x03\x04\x00")
    yield ipv4(source, target, 6, b"")
    yield ipv4(source, target, 6, body[:7])
    yield ipv4(source, target, 6, body[:8], fragment=0x2000)
    yield ipv4(source, target, 6, body[8:16], fragment=0x2001)
    yield ipv4(source, target, 6, b"\0" * 64, fragment=0x1fff)
    yield ipv4(source, target, 6, body, fragment=0xe000)
    yield ipv4(target, target, 6, tcp(target, target, port, port, 2))
    yield ipv4(source, target, 17, struct.pack("!HHHH", 4444, port, 3, 0))
    yield ipv4(source, target, 17, struct.pack("!HHHH", 4444, port, 0xffff, 0) + b"x" * 20)
    yield ipv4(source, target, 1, b"\x05\x01\0\0" + socket.inet_aton(source))
    yield ipv4(source, target, 1, b"\x03\x04\0\0\0\0\0\0" + body[:8])
    yield ipv4(source, target, 255, b"x" * 40)
    yield b"\x45"
    yield b""


def attack_flood(device, smac, dmac, source, target, port, count):
    """SYNs from many addresses, as fast as they go, with something malformed between."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    made.bind((device, 0))
    random.seed(4)
    sent = 0
    broken = [ethernet(dmac, smac, 0x0800, packet) for packet in malformed(source, target, int(port))]
    broken += [ethernet(dmac, smac, kind, b"x" * 60) for kind in (0x0806, 0x8100, 0x86dd, 0x88cc, 0xffff, 0x0000)]
    while sent < int(count):
        stranger = "198.51.100.%d" % random.randrange(1, 255)
        frames = [ethernet(dmac, smac, 0x0800, ipv4(stranger, target, 6, tcp(stranger, target, random.randrange(1024, 65535), int(port), 2)))
                  for _ in range(50)]
        for text in frames + [broken[sent // 50 % len(broken)]]:
            try:
                made.send(text.ljust(14, b"\0"))
            except OSError:
                # A queue that is full, or a frame that the device itself refuses.
                pass
            sent += 1
    for text in broken:
        try:
            made.send(text.ljust(14, b"\0"))
        except OSError:
            pass
    done("sent %d frames, %d kinds of malformed ones" % (sent, len(broken)))


run(globals())
