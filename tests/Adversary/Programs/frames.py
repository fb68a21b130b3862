# Frames, byte by byte. A program whose first line names this file has it before itself (Harness/Programs.cs).
def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def tcp_syn(source, target, port, own, family):
    header = struct.pack("!HHIIBBHHH", int(own), int(port), 1, 0, 5 << 4, 2, 1024, 0, 0)
    pseudo = source + target + (struct.pack("!BBH", 0, 6, 20) if family == socket.AF_INET else struct.pack("!II", 20, 6))
    return header[:16] + struct.pack("!H", checksum(pseudo + header)) + header[18:]


def udp_datagram(source, target, port, payload, family, own=4444):
    header = struct.pack("!HHHH", int(own), int(port), 8 + len(payload), 0)
    if family == socket.AF_INET:
        pseudo = source + target + struct.pack("!BBH", 0, 17, 8 + len(payload))
    else:
        pseudo = source + target + struct.pack("!II", 8 + len(payload), 17)
    return header[:6] + struct.pack("!H", checksum(pseudo + header + payload) or 0xffff) + payload


def frame(text, token):
    """KIND,source MAC,target MAC,source address,target address[,port[,own port]]; more of what some kinds ask for."""
    kind, smac, dmac, source, target, *rest = text.split(",")
    port = rest[0] if rest else "7777"
    payload = token.encode()
    ethernet = mac(dmac) + mac(smac)
    if kind == "ether":
        return ethernet + b"\x88\xb5" + payload.ljust(46, b"\0")
    if kind in ("udp", "vlan", "mcast", "syn"):
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        a, b = socket.inet_pton(family, source), socket.inet_pton(family, target)
        if kind == "syn":
            protocol, datagram = 6, tcp_syn(a, b, port, rest[1], family)
        else:
            protocol, datagram = 17, udp_datagram(a, b, port, payload, family, *rest[1:])
        if family == socket.AF_INET:
            header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, protocol, 0) + a + b
            header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
            kind_of, packet = 0x0800, header + datagram
        else:
            kind_of, packet = 0x86dd, struct.pack("!IHBB", 6 << 28, len(datagram), protocol, 64) + a + b + datagram
        tag = struct.pack("!HH", 0x8100, 5) if kind == "vlan" else b""
        return ethernet + tag + struct.pack("!H", kind_of) + packet
    if kind == "arp":
        # A request, so that the target learns who asks; another than the frame's sender where one is named.
        body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac(rest[0] if rest else smac) + socket.inet_aton(source) + b"\0" * 6 + socket.inet_aton(target)
        return ethernet + b"\x08\x06" + body + payload
    if kind == "arp-reply":
        body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + mac(smac) + socket.inet_aton(source) + mac(dmac) + socket.inet_aton(target)
        return ethernet + b"\x08\x06" + body + payload
    if kind in ("ns", "na", "ra"):
        a, b = socket.inet_pton(socket.AF_INET6, source), socket.inet_pton(socket.AF_INET6, target)
        if kind == "ns":
            goal = socket.inet_pton(socket.AF_INET6, rest[0])
            message = struct.pack("!BBHI", 135, 0, 0, 0) + goal + b"\x01\x01" + mac(smac)
        elif kind == "na":
            # Solicited, and to override what is known.
            message = struct.pack("!BBHI", 136, 0, 0, 0x60000000) + socket.inet_pton(socket.AF_INET6, rest[0]) + b"\x02\x01" + mac(smac)
        else:
            message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + b"\x01\x01" + mac(smac)
            message += struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 3600, 3600, 0) + socket.inet_pton(socket.AF_INET6, "2001:db8:bad::")
        pseudo = a + b + struct.pack("!II", len(message), 58)
        message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
        return ethernet + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(message), 58, 255) + a + b + message
    raise ValueError(kind)


def insert(text, number, rest=b"\0\x01\x04\0\0\0\0"):
    """IPv6: an extension header before all others; what follows its first byte is, unless said, an option of nothing."""
    length = struct.unpack("!H", text[18:20])[0] + 1 + len(rest)
    return text[:18] + struct.pack("!HB", length, number) + text[21:54] + text[20:21] + rest + text[54:]


def pieces(text, at=8):
    """The packet in two pieces; in the first so many bytes as it must have."""
    identity = os.urandom(4)
    made = []
    begin = 54 if text[12:14] == b"\x86\xdd" else 34
    for offset, part, more in ((0, text[begin:begin + at], 1), (at, text[begin + at:], 0)):
        if begin == 54:
            made.append(text[:18] + struct.pack("!HB", 8 + len(part), 44) + text[21:54] + struct.pack("!BBH", text[20], 0, offset | more) + identity + part)
        else:
            header = text[14:16] + struct.pack("!H", 20 + len(part)) + identity[:2] + struct.pack("!H", more << 13 | offset // 8) + text[22:24] + b"\0\0" + text[26:34]
            made.append(text[:14] + header[:10] + struct.pack("!H", checksum(header)) + header[12:] + part)
    return made


def options(text, what):
    """IPv4: options."""
    header = struct.pack("!BBH", 0x40 | 5 + len(what) // 4, 0, len(text) - 14 + len(what)) + text[18:24] + b"\0\0" + text[26:34] + what
    return text[:14] + header[:10] + struct.pack("!H", checksum(header)) + header[12:] + text[34:]


# What may stand before a kind, as in late/pieces/udp,…: what is made of its frame.
FORMS = {
    "tag0": lambda text: [text[:12] + b"\x81\0\0\0" + text[12:]],
    "tag5": lambda text: [text[:12] + b"\x81\0\0\x05" + text[12:]],
    "qinq": lambda text: [text[:12] + b"\x88\xa8\0\x05\x81\0\0\x06" + text[12:]],
    "snap": lambda text: [text[:12] + struct.pack("!H", len(text) - 6) + b"\xaa\xaa\x03\0\0\0" + text[12:]],
    "pieces": pieces,
    "nops": lambda text: [options(text, b"\x01" * 4)],
    "route4": lambda text: [options(text, b"\x83\x07\x08" + text[30:34] + b"\0")],
    "hop": lambda text: [insert(text, 0)],
    "destination": lambda text: [insert(text, 60)],
    "routing": lambda text: [insert(text, 43, b"\0" * 7)],
    "atomic": lambda text: [insert(text, 44, b"\0\0\0" + os.urandom(4))],
}


def frames(text, token):
    """[FORM/…]KIND,…: all frames of it, in order."""
    *forms, kind = text.split("/")
    made = [frame(kind, token)]
    for form in reversed(forms):
        if form == "late":
            made.reverse()
        else:
            made = [other for one in made for other in FORMS[form](one)]
    return made
