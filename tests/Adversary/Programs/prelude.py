# What every attack begins with. An attack is a function attack_<kind>: it returns what it achieved, raises OSError where the
# kernel refused, or calls done() when only somebody outside can see whether it worked. The last line 'ATTACK <word>: <detail>'
# is the outcome; without such a line nothing is proved, and the test fails.
import ctypes
import errno
import os
import socket
import struct
import sys
import time

MODE, KIND, ARGS = sys.argv[1], sys.argv[2], sys.argv[3:]
NATIVE = MODE == "native"
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

CLONE = {"mnt": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000,
         "net": 0x40000000, "time": 0x80}


def finish(word, detail):
    print("ATTACK %s: %s" % (word, " ".join(str(detail).split())[:2000]), flush=True)
    os._exit(0)


def succeeded(detail):
    finish("succeeded", detail)


def refused(detail):
    finish("refused", detail)


def done(detail):
    finish("done", detail)


def name(error):
    return errno.errorcode.get(error.errno, str(error.errno))


def call(number, *arguments):
    values = []
    for argument in arguments:
        if argument is None:
            values.append(ctypes.c_void_p(None))
        elif isinstance(argument, int):
            values.append(ctypes.c_long(argument))
        elif isinstance(argument, bytes):
            values.append(ctypes.c_char_p(argument))
        else:
            values.append(ctypes.byref(argument))
    result = libc.syscall(ctypes.c_long(number), *values)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def any_of(attempts):
    """Succeeds if one of (name, function) does; else refuses with the reason of each."""
    reasons = []
    for label, function in attempts:
        try:
            return "%s: %s" % (label, function())
        except OSError as error:
            reasons.append("%s=%s" % (label, name(error)))
    refused(", ".join(reasons) or "nothing to try")


def read_some(path, limit=4096):
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)


def become_root_of_a_namespace():
    """A user namespace of our own, with every capability in it; the usual first step of an escape."""
    uid, gid = os.getuid(), os.getgid()
    call(272, CLONE["user"])
    # The kernel gives the mount, network … namespaces to the user namespace that is new by now.
    with open("/proc/self/setgroups", "w") as file:
        file.write("deny")
    with open("/proc/self/uid_map", "w") as file:
        file.write("0 %d 1" % uid)
    with open("/proc/self/gid_map", "w") as file:
        file.write("0 %d 1" % gid)
    for space in ("mnt", "uts", "ipc", "net", "cgroup"):
        call(272, CLONE[space])
    if call(165, b"none", b"/", None, 0x4000 | 0x40000, None) != 0:
        raise OSError(errno.EPERM, "private")


def run(functions):
    kind, note = KIND, ""
    if MODE == "vm" and open("/proc/self/uid_map").read().split() == ["0", "0", "4294967295"]:
        # Never let loose outside a VM what is meant for the inside.
        finish("misplaced", "this is not a VM")
    try:
        if kind.startswith("nested-"):
            kind = kind[len("nested-"):]
            try:
                become_root_of_a_namespace()
                note = " (in a user namespace of its own)"
            except OSError as error:
                if NATIVE:
                    raise
                note = " (a user namespace: %s)" % name(error)
        outcome = functions["attack_" + kind.replace("-", "_")](*ARGS)
        succeeded("%s%s" % (outcome, note))
    except OSError as error:
        refused("%s %s%s" % (name(error), error.filename or "", note))
