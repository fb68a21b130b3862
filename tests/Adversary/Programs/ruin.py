# Uses up what all VMs share, then holds it while somebody outside looks whether the neighbours are served.
import signal
import subprocess


def end_all(children):
    # Reaped by us: the first process of a VM need not do it, and then they would stay in the table.
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)


def hold(detail, children=()):
    if NATIVE:
        end_all(children)
        return detail
    # By a signal from outside: nothing can be run in a VM that has no room for another process.
    released = []
    signal.signal(signal.SIGUSR1, lambda *_: released.append(True))
    print("HOLDING " + detail, flush=True)
    end = time.monotonic() + 120
    while time.monotonic() < end and not released:
        time.sleep(0.05)
    end_all(children)
    done(detail)


def attack_connections(count, address):
    """Fills connection tracking, as far as ten seconds go: every datagram is a connection of its own, and lives for half a minute."""
    count, sent, refusals = int(count), 0, set()
    end = time.monotonic() + 10
    while sent < count and time.monotonic() < end:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
            for port in range(1, 60001):
                try:
                    made.sendto(b"x", (address, port))
                except OSError as error:
                    # The other side says that nobody listens; or the queue is full.
                    refusals.add(name(error))
                sent += 1
                if sent == count or time.monotonic() > end:
                    break
    if NATIVE:
        there = int(open("/proc/sys/net/netfilter/nf_conntrack_count").read())
        return "%d connections" % there if there > sent * 0.9 else refused("only %d connections" % there)
    return hold("sent %d datagrams %s" % (sent, " ".join(sorted(refusals))))


def attack_neighbours(count, prefix):
    """Fills the table of neighbours: every address must be asked for on the segment."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as made:
        made.setblocking(False)
        for number in range(int(count)):
            try:
                made.sendto(b"x", ("%s%x" % (prefix, 0x1000 + number), 7777))
            except OSError:
                pass
    if NATIVE:
        listed = subprocess.run(["/usr/sbin/ip", "-6", "neighbour"], capture_output=True, text=True).stdout.count("\n")
        return "%d neighbours" % listed if listed > 100 else refused("only %d neighbours" % listed)
    return hold("sent to %s addresses" % count)


def attack_output(mebibytes, path):
    """Writes to what somebody keeps."""
    line = b"x" * 1023 + b"\n"
    with open(path, "ab", buffering=0) as file:
        for _ in range(int(mebibytes)):
            for _ in range(16):
                file.write(line * 64)
    if NATIVE:
        size = os.stat(path).st_size
        return "%d bytes are kept" % size if size >= int(mebibytes) << 20 else refused("%d bytes" % size)
    return hold("wrote %s MiB" % mebibytes)


def attack_processes(count):
    """As many processes as there may be, held."""
    children = []
    reason = "none refused"
    try:
        while len(children) < int(count):
            pid = os.fork()
            if pid == 0:
                time.sleep(120)
                os._exit(0)
            children.append(pid)
    except OSError as error:
        reason = name(error)
    return hold("%d processes, %s" % (len(children), reason), children)


def attack_open_files(count):
    """As many open files as there may be, in several processes, held."""
    opened, reasons, children = 0, set(), []
    for _ in range(8):
        read, write = os.pipe()
        children.append(os.fork())
        if children[-1] == 0:
            held = []
            try:
                while len(held) < int(count):
                    held.append(os.eventfd(0))
                reason = "none"
            except OSError as error:
                reason = name(error)
            os.write(write, ("%d %s" % (len(held), reason)).encode())
            time.sleep(120)
            os._exit(0)
        number, reason = os.read(read, 100).decode().split()
        opened += int(number)
        reasons.add(reason)
    return hold("%d open files, refusals: %s" % (opened, " ".join(sorted(reasons))), children)


run(globals())
