"""Stops the first thread of a process that answers requests as soon as it has read one (ptrace(2)), and holds it there.

Arguments: pid, number of the connection. Prints "ready" when it waits for the request, then "held"; ends when the process does."""
import ctypes
import os
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
PTRACE_SYSCALL, PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_O_TRACESYSGOOD = 24, 0x4206, 0x4207, 1
WALL = 0x40000000  # __WALL: threads as well
SYSCALL_STOP = 5 | 0x80  # SIGTRAP, marked by TRACESYSGOOD


def call(request, thread, data=0):
    if LIBC.ptrace(request, thread, 0, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


def stop(thread):
    _, status = os.waitpid(thread, WALL)
    return os.WIFSTOPPED(status) and os.WSTOPSIG(status)


def answers(thread):
    """A thread that waits in read(2) of the connection that has this number."""
    with open(f"/proc/{pid}/task/{thread}/syscall") as at:
        return at.read().split()[:2] == ["0", hex(descriptor)]


pid, descriptor = int(sys.argv[1]), int(sys.argv[2])
thread = next(int(t) for t in os.listdir(f"/proc/{pid}/task") if answers(t))
call(PTRACE_SEIZE, thread, PTRACE_O_TRACESYSGOOD)
call(PTRACE_INTERRUPT, thread)
stop(thread)
# The read(2) that was interrupted begins again: it stops before it, and after it.
call(PTRACE_SYSCALL, thread)
before = stop(thread)
call(PTRACE_SYSCALL, thread)
print("ready", flush=True)
after = stop(thread)
assert before == after == SYSCALL_STOP, (before, after)
print("held", flush=True)
while stop(thread):
    pass
