#!/usr/bin/python3
"""Small servers for the traffic mix: HTTP, HTTPS, DNS (UDP and TCP), SSH's banner, echo (UDP and TCP); IPv4 and IPv6.

One self-contained program, so that it runs inside a server VM as well as in a plain network namespace. What it says depends on
what it is asked and on nothing else. Prints 'ready' once every port is bound. Tests only.
"""
import asyncio
import gzip
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile

ECHO, SSH, DNS, HTTP, HTTPS = (int(p) for p in (sys.argv[1:6] or (7, 22, 53, 80, 443)))

PASSWD = b"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
PAGES = {
    "/": b"<html><body>It works.</body></html>\n",
    "/leak/passwd": PASSWD,
    "/leak/id": b"uid=0(root) gid=0(root) groups=0(root)\n",
    "/leak/key": b"-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5LCBvbmx5IGl0cyBsb29rcw==\n-----END RSA PRIVATE KEY-----\n",
    "/leak/sql": b"You have an error in your SQL syntax; check the manual near ''1''' at line 1\n",
}


def pattern(length):
    line = b"".join(b"%08d the quick brown fox jumps over the lazy dog\n" % i for i in range(length // 50 + 1))
    return line[:length]


def answer(method, path, headers, body):
    """The whole response: status line, headers, body."""
    extra, chunked = b"", False
    name = path.split("?")[0]
    if name in PAGES:
        status, content = b"200 OK", PAGES[name]
    elif name.startswith("/size/") and name[6:].isdigit():
        status, content = b"200 OK", pattern(min(int(name[6:]), 16 << 20))
    elif name == "/chunked":
        status, content, chunked = b"200 OK", pattern(3000), True
    elif name == "/gzip":
        status, content = b"200 OK", gzip.compress(pattern(5000), mtime=0)
        extra = b"Content-Encoding: gzip\r\n"
    elif name == "/form":
        status, content = b"200 OK", b"received %d bytes\n" % len(body)
    else:
        status, content = b"404 Not Found", b"<html><body>Not here.</body></html>\n"
    head = b"HTTP/1.1 " + status + b"\r\nServer: responders\r\nContent-Type: text/html\r\n" + extra
    head += b"Connection: " + (b"close" if headers.get("connection", "") == "close" else b"keep-alive") + b"\r\n"
    if chunked:
        parts = [content[i:i + 1000] for i in range(0, len(content), 1000)]
        tail = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + tail
    return head + b"Content-Length: %d\r\n\r\n" % len(content) + (b"" if method == "HEAD" else content)


async def http(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            words = lines[0].split(" ")
            method, path = words[0], words[1] if len(words) > 1 else "/"
            headers = {k.strip().lower(): v.strip().lower() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
            length = headers.get("content-length", "0")
            body = await reader.readexactly(int(length)) if length.isdigit() else b""
            writer.write(answer(method, path, headers, body))
            await writer.drain()
            if headers.get("connection", "") == "close":
                # The client closes first: two sides that speak at once would be seen in either order by two onlookers.
                await reader.read(1)
                break
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ssl.SSLError):
        pass
    finally:
        await finish(writer)


async def ssh(reader, writer):
    """Only the banner, as a server that lost interest."""
    try:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
        while await reader.read(4096):
            pass
    except ConnectionError:
        pass
    finally:
        await finish(writer)


async def echo(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        await finish(writer)


async def finish(writer):
    try:
        writer.close()
        await writer.wait_closed()
    except (ConnectionError, ssl.SSLError, OSError):
        pass


def resolve(query):
    """An answer by RFC 1035 to the first question: A, AAAA, TXT; REFUSED for a zone transfer; None for what does not parse."""
    if len(query) < 17 or query[2] & 0x80:
        return None
    at = 12
    labels = []
    while at < len(query) and query[at]:
        size = query[at]
        if size > 63 or at + 1 + size >= len(query):
            return None
        labels.append(query[at + 1:at + 1 + size])
        at += 1 + size
    if at + 5 > len(query):
        return None
    kind, = struct.unpack_from(">H", query, at + 1)
    question = query[12:at + 5]
    records = []
    if kind == 1:
        records = [(1, bytes([192, 0, 2, 80]))]
    elif kind == 28:
        records = [(28, bytes.fromhex("20010db8000000000000000000000080"))]
    elif kind == 16:
        count = int(labels[0][3:]) if labels and labels[0][:3] == b"big" and labels[0][3:].isdigit() else 1
        text = b"the quick brown fox jumps over the lazy dog, and more of the same kind until there is enough of it"
        records = [(16, bytes([len(text)]) + text)] * count
    code = 5 if kind in (252, 255) else 0
    head = query[:2] + struct.pack(">HHHHH", 0x8400 | code, 1, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", k, 1, 300, len(data)) + data for k, data in records)
    return head + question + body


class DnsDatagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        reply = resolve(data)
        if reply:
            self.transport.sendto(reply, address)


class EchoDatagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def dns(reader, writer):
    try:
        while True:
            size, = struct.unpack(">H", await reader.readexactly(2))
            reply = resolve(await reader.readexactly(size))
            if reply:
                writer.write(struct.pack(">H", len(reply)) + reply)
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        await finish(writer)


def certificate():
    """A key and a self-signed certificate, made here and now."""
    directory = tempfile.mkdtemp(prefix="responders.")
    key, cert = os.path.join(directory, "key.pem"), os.path.join(directory, "cert.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=www.example.test", "-keyout", key, "-out", cert], check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    for path in (key, cert):
        os.unlink(path)
    os.rmdir(directory)
    return context


def listener(family, kind, port):
    bound = socket.socket(family, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    bound.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    bound.setblocking(False)
    return bound


async def main():
    context = certificate()
    loop = asyncio.get_running_loop()
    for family in (socket.AF_INET, socket.AF_INET6):
        for port, handler, tls in ((HTTP, http, None), (HTTPS, http, context), (SSH, ssh, None), (ECHO, echo, None), (DNS, dns, None)):
            await asyncio.start_server(handler, sock=listener(family, socket.SOCK_STREAM, port), ssl=tls, backlog=128)
        await loop.create_datagram_endpoint(DnsDatagrams, sock=listener(family, socket.SOCK_DGRAM, DNS))
        await loop.create_datagram_endpoint(EchoDatagrams, sock=listener(family, socket.SOCK_DGRAM, ECHO))
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
