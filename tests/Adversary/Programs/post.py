# An observer, one per place (the base, the client, each VM): it holds a secret in its memory, in a descriptor and in IPC objects,
# listens on TCP, UDP and an abstract Unix socket, and watches every interface. It prints one line for whatever reaches it.
#   post.py MARKER KEY PORT        post.py --clean MARKER KEY
import ctypes
import hashlib
import os
import re
import select
import signal
import socket
import sys

TOKEN = re.compile(rb"HSTOKEN-[0-9a-f]{16}")
libc = ctypes.CDLL(None, use_errno=True)
clean = sys.argv[1] == "--clean"
marker, key = sys.argv[2:4] if clean else sys.argv[1:3]
secret = b"HSSECRET-" + hashlib.md5(marker.encode()).hexdigest().encode()
queue = ("/" + marker).encode()


def say(*words):
    print(*words, flush=True)


def remove(*_):
    libc.shmctl(libc.shmget(int(key), 0, 0), 0, None)
    libc.syscall(241, queue[1:])
    os._exit(0)


if clean:
    remove()
signal.signal(signal.SIGTERM, remove)

memory = ctypes.create_string_buffer(secret, 64)
held = os.memfd_create("secret")
os.write(held, secret)
segment = libc.shmget(int(key), 4096, 0o1600)
libc.shmat.restype = ctypes.c_void_p
ctypes.memmove(libc.shmat(segment, None, 0), secret, len(secret))
letters = libc.syscall(240, queue[1:], os.O_CREAT | os.O_RDWR, 0o600, None)
if letters >= 0:
    libc.syscall(242, letters, secret, len(secret), 0, None)

poller = select.poll()
sockets = {}


def add(kind, made):
    made.setblocking(False)
    sockets[made.fileno()] = (kind, made)
    poller.register(made, select.POLLIN)


port = int(sys.argv[3])
for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        made = socket.socket(family, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((any_address, port))
        if kind == socket.SOCK_STREAM:
            made.listen()
        add("tcp" if kind == socket.SOCK_STREAM else "udp", made)
door = socket.socket(socket.AF_UNIX)
door.bind("\0" + marker)
door.listen()
add("unix", door)
# ETH_P_ALL, every interface of this place, in both directions.
add("frame", socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))

say("READY", ctypes.addressof(memory), held)
while True:
    for descriptor, _ in poller.poll():
        kind, made = sockets[descriptor]
        try:
            if kind in ("tcp", "unix"):
                caller, address = made.accept()
                caller.sendall(b"HSBANNER " + marker.encode() + b"\n")
                say("GOT", kind, "connection", address)
                caller.close()
            else:
                data, address = made.recvfrom(65536)
                for token in TOKEN.findall(data):
                    say("FRAME" if kind == "frame" else "GOT", address[0], token.decode())
        except OSError:
            pass
