# with: frames.py
import subprocess

def connect(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.settimeout(1.5)
        target = socket.getaddrinfo(address, int(port), family, socket.SOCK_STREAM)[0][4]
        made.connect(target)
        banner = made.recv(200).decode("latin-1").strip()
        if not banner:
            raise OSError(errno.ECONNRESET, "no banner")
        return banner


def timed(function):
    def inner():
        try:
            return function()
        except socket.timeout:
            raise OSError(errno.ETIMEDOUT, "timeout")
    return inner


def attack_tcp(port, *addresses):
    return any_of([(a, timed(lambda a=a: connect(a, port))) for a in addresses])


def attack_udp(token, port, *addresses):
    results = []
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as made:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                made.sendto(token.encode(), socket.getaddrinfo(address, int(port), family, socket.SOCK_DGRAM)[0][4])
            results.append(address + " sent")
        except OSError as error:
            results.append("%s=%s" % (address, name(error)))
    done(", ".join(results))


def tool(*command):
    """Runs a tool; its refusal is an error."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        # The tool says why in words; EPERM where it says so, else EIO.
        words = (result.stderr + result.stdout).strip()
        print(words[-500:])
        raise OSError(errno.EPERM if "permitted" in words else errno.EIO, words[-100:])
    return "answered" if command[0].endswith("ping") else "done"


def attack_ping(*addresses):
    return any_of([(a, lambda a=a: tool("/usr/bin/ping", "-n", "-c", "1", "-W", "1", a)) for a in addresses])


def attack_arping(device, *addresses):
    return any_of([(a, lambda a=a: tool("/usr/bin/arping", "-c", "1", "-w", "1", "-I", device, a)) for a in addresses])


def attack_scan(ports, *addresses):
    found = []
    for address in addresses:
        command = ["/usr/bin/nmap", "-n", "-Pn", "-sT", "-T4", "--max-retries", "0", "--host-timeout", "20s", "-p", ports, address]
        if ":" in address:
            command.insert(1, "-6")
        result = subprocess.run(command, capture_output=True, text=True)
        print(result.stdout)
        found += [line for line in result.stdout.splitlines() if " open " in line]
    return "; ".join(found) if found else refused("nothing open")


def attack_abstract(*names):
    def join(name):
        with socket.socket(socket.AF_UNIX) as made:
            made.settimeout(2)
            made.connect("\0" + name)
            return made.recv(100).decode().strip()
    return any_of([(n, lambda n=n: join(n)) for n in names])


def attack_interfaces():
    names = [n for _, n in socket.if_nameindex() if n != "lo" and not n.startswith("mon")]
    return " ".join(names) if names else refused("only lo and mirror ports")


def attack_routes():
    lines = open("/proc/net/route").read().splitlines()[1:] + [
        line for line in open("/proc/net/ipv6_route") if not line.split()[9].startswith(("lo", "mon"))]
    return lines[0] if lines else refused("no route")


def attack_reconfigure(device, *commands):
    """'ip address add … dev DEV', 'tc …': what configures a network stack."""
    other = os.getpid()
    if NATIVE and any("PID" in c for c in commands):
        # A process in another network namespace; a VM can make none, and names itself: the permission is looked at first.
        child = subprocess.Popen(["/usr/bin/unshare", "--net", "/usr/bin/sleep", "5"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while os.readlink("/proc/%d/ns/net" % child.pid) == os.readlink("/proc/self/ns/net"):
            time.sleep(0.01)
        other = child.pid
    return any_of([(c, lambda c=c: tool(*("/usr/sbin/" + c.replace("DEV", device).replace("PID", str(other))).split())) for c in commands])


def attack_frames(device, token, *specifications):
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    made.bind((device, 0))
    sent = 0
    for text in specifications:
        for _ in range(3):
            for one in frames(text, token):
                made.send(one)
                sent += 1
    done("sent %d frames" % sent)


def attack_bound_to_device(device, token, port, *addresses):
    results = []
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for kind, protocol in ((socket.SOCK_DGRAM, 0), (socket.SOCK_STREAM, 0), (socket.SOCK_RAW, 17)):
            try:
                with socket.socket(family, kind, protocol) as made:
                    made.setsockopt(socket.SOL_SOCKET, 25, device.encode() + b"\0")
                    made.settimeout(1)
                    if kind == socket.SOCK_STREAM:
                        made.connect((address, int(port)))
                        made.sendall(token.encode())
                    else:
                        payload = token.encode()
                        if kind == socket.SOCK_RAW:
                            payload = struct.pack("!HHHH", 4444, int(port), 8 + len(payload), 0) + payload
                        made.sendto(payload, (address, 0 if kind == socket.SOCK_RAW else int(port)))
                results.append("sent")
            except OSError as error:
                results.append(name(error) if error.errno else "timeout")
    done(" ".join(results))


def ip(command):
    result = subprocess.run(["/usr/sbin/ip"] + command.split(), capture_output=True, text=True)
    return "" if result.returncode == 0 else "%s: %s" % (command, result.stderr.strip())


def attack_route_and_send(device, token, port, neighbour4, neighbour6, hardware):
    """With CAP_NET_ADMIN: addresses, routes and neighbours over the mirror port, then traffic."""
    commands = ["link set DEV up"] if not NATIVE else []
    if not NATIVE:
        commands += ["address replace 192.0.2.50/24 dev DEV", "-6 address replace 2001:db8:5e::50/64 dev DEV nodad",
                     "route replace default dev DEV", "-6 route replace default dev DEV"]
    commands += ["neighbour replace %s lladdr %s dev DEV" % (neighbour4, hardware),
                 "-6 neighbour replace %s lladdr %s dev DEV" % (neighbour6, hardware),
                 "route replace %s/32 dev DEV" % neighbour4, "-6 route replace %s/128 dev DEV" % neighbour6]
    failures = [f for f in (ip(c.replace("DEV", device)) for c in commands) if f]
    # The base has switched IPv6 off on the mirror port, and /proc/sys is read-only: then there is IPv4 to try.
    without6 = [f for f in failures if f.startswith("-6") and "disabled" in f]
    if len(failures) > len(without6):
        done("no route: " + "; ".join(failures))
    for address in (neighbour4,) if without6 else (neighbour4, neighbour6):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as made:
            for _ in range(3):
                made.sendto(token.encode(), (address, int(port)))
        with socket.socket(family, socket.SOCK_STREAM) as made:
            made.settimeout(1)
            try:
                made.connect((address, int(port)))
                return "connected to " + address
            except OSError:
                pass
    done("routes entered, datagrams sent")


def attack_bridge(first, second, seconds):
    """With CAP_NET_ADMIN: joins two mirror ports, so that what one server sends would come out at the other."""
    if NATIVE:
        for pair in ("a", "b"):
            ip("link add %s0 type veth peer name %s1" % (pair, pair))
            ip("link set %s0 up" % pair)
        first, second = "a1", "b1"
    failures = [f for f in map(ip, [
        "link add hsbr type bridge", "link set %s master hsbr" % first, "link set %s master hsbr" % second, "link set hsbr up",
        "link set %s up" % first, "link set %s up" % second]) if f]
    if failures:
        refused("; ".join(failures))
    print("BRIDGED", flush=True)
    if NATIVE:
        out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        out.bind(("b0", 3))
        out.settimeout(0.2)
        entry = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        entry.bind(("a0", 0))
        text = frame("udp,02:00:00:00:00:01,ff:ff:ff:ff:ff:ff,192.0.2.9,255.255.255.255", "HSTOKEN-0123456789abcdef")
        for _ in range(20):
            entry.send(text)
            try:
                while True:
                    if b"HSTOKEN" in out.recv(2000):
                        return "came out at the other end"
            except socket.timeout:
                pass
        refused("nothing came out")
    time.sleep(float(seconds))
    ip("link delete hsbr")
    done("bridged for a while")


def attack_spoil(device, token, how, *specifications):
    """With CAP_NET_ADMIN: harms its own end of a port, and tries to get frames out by it, before, meanwhile and afterwards."""
    if not NATIVE:
        for _ in range(200):
            if os.path.exists("/sys/class/net/" + device):
                break
            time.sleep(0.1)
        else:
            finish("unready", "there is no " + device)
    sent, refusals = 0, set()

    def send():
        nonlocal sent
        for name_of in [n for _, n in socket.if_nameindex() if n != "lo"]:
            for text in specifications:
                try:
                    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as made:
                        made.bind((name_of, 0))
                        made.send(frame(text, token))
                        sent += 1
                except OSError as error:
                    refusals.add(name(error))

    def each(*commands, strict=True):
        for command in commands:
            failure = ip(command.replace("DEV", device))
            if failure and strict:
                refused(failure)
            send()

    send()
    if how == "delete":
        each("link delete DEV")
    elif how == "all":
        # In turn, with frames in between, whatever is made anew meanwhile; which is used as soon as it is there.
        each("link set DEV down", "link set DEV up", "link set DEV mtu 9000", "link set DEV mtu 1500", "link set DEV address 02:00:00:00:00:77",
             "link set DEV down", "link set DEV name hsrenamed", "link set hsrenamed up", "link set hsrenamed name DEV", "link set DEV up", strict=False)
        for _ in range(2):
            each("link delete DEV", strict=False)
            # All along until it is up again, and a little longer.
            rest, end = 30, time.monotonic() + 20
            while rest and time.monotonic() < end:
                send()
                time.sleep(0.01)
                if rest < 30 or " UP " in subprocess.run(["/usr/sbin/ip", "-br", "link", "show", "dev", device], capture_output=True, text=True).stdout:
                    rest -= 1
    elif how == "rename":
        each("link set DEV down", "link set DEV name hsrenamed", "link set hsrenamed up", "link set hsrenamed down", "link set hsrenamed name DEV",
             "link set DEV up")
    elif how == "down":
        each("link set DEV down", "link set DEV up")
    elif how == "size":
        each("link set DEV mtu 68", "link set DEV mtu 65535", "link set DEV mtu 1500")
    elif how == "address":
        each("link set DEV address 02:00:00:00:00:77", "link set DEV promisc off", "link set DEV multicast off", "link set DEV arp on")
    elif how == "move":
        # No other namespace can be made; by our own, and by every process that is seen.
        call(272, CLONE["net"])
    if NATIVE:
        return how + " done"
    done("%s done, %d frames sent, %s" % (how, sent, " ".join(sorted(refusals)) or "none refused"))


run(globals())
