#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One real handshake in every shape that networks give it: run.py HSMON, or run.py --write FOLDER

Each shape becomes a capture file; `hsmon -r` must report exactly one handshake, with its SNI and its certificate (or, where a
segment is missing, a gap). No network, no root."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import handshake as tls  # noqa: E402
import packets as pk  # noqa: E402

IP4_OPTIONS = bytes([7, 7, 4, 0, 0, 0, 0, 0])         # record route
SHAPES = {}


def shape(label, **settings):
    def add(function):
        SHAPES[label] = (function, settings)
        return function
    return add


def whole(conn, hs, skip=0):
    for side, data in hs.flights[skip:]:
        conn.send(side, data)
    conn.close()


def thirds(data):
    return [len(data) // 3, len(data) // 3]


@shape("plain")
def _(conn, hs):
    conn.open()
    whole(conn, hs)


def server_order(order):
    def run(conn, hs):
        conn.open()
        conn.send(0, hs.client_hello)
        conn.send(1, hs.server_flight, thirds(hs.server_flight), order)
        whole(conn, hs, 2)
    return run


shape("server flight in segments 1,3,2")(server_order([0, 2, 1]))
shape("server flight in segments 2,1,3")(server_order([1, 0, 2]))
shape("server flight in segments 3,2,1")(server_order([2, 1, 0]))


@shape("ClientHello halves swapped")
def _(conn, hs):
    conn.open()
    conn.send(0, hs.client_hello, [len(hs.client_hello) // 2], [1, 0])
    whole(conn, hs, 1)


@shape("each segment sent twice")
def _(conn, hs):
    conn.open()
    for side, data in hs.flights:
        conn.send(side, data, [500, 500], twice=True)
    conn.close()


@shape("overlapping retransmits with different boundaries")
def _(conn, hs):
    conn.open()
    conn.send(0, hs.client_hello)
    base, flight = conn.next[1], hs.server_flight
    for low, high in ((0, 400), (300, 700), (650, 651), (200, 900), (600, len(flight))):
        conn.put(1, conn.segment(1, base + low, pk.ACK, flight[low:high]))
    conn.next[1] = base + len(flight)
    whole(conn, hs, 2)


def hello_records(cnt):
    def run(conn, hs):
        body = tls.messages(hs.client_hello)
        conn.open()
        conn.send(0, tls.records(body, -(-len(body) // cnt)))
        whole(conn, hs, 1)
    return run


shape("ClientHello in 2 records")(hello_records(2))
shape("ClientHello in 20 records")(hello_records(20))


def server_records(size):
    def run(conn, hs):
        conn.open()
        conn.send(0, hs.client_hello)
        conn.send(1, tls.records(tls.messages(hs.server_flight), size))
        whole(conn, hs, 2)
    return run


shape("server messages in 200-byte records")(server_records(200))
shape("server messages in 1-byte records")(server_records(1))
shape("all server messages in one record")(server_records(16384))


def large_hello(sizes, order):
    def run(conn, hs):
        conn.open()
        conn.send(0, tls.padded_client_hello(hs.client_hello, 1700), sizes, order)
        whole(conn, hs, 1)
    return run


shape("1.7 kB ClientHello whole")(large_hello([], None))
shape("1.7 kB ClientHello in two segments")(large_hello([1400], None))
shape("1.7 kB ClientHello in two segments, swapped")(large_hello([1400], [1, 0]))


def framed(make, **kw):
    """The plain handshake, each segment wrapped by make(conn, side, segment) into frames."""
    def run(conn, hs):
        conn.wrap = make
        conn.open()
        whole(conn, hs)
    run.connection = kw
    return run


V6 = dict(client="2001:db8::1", server="2001:db8::2")

shape("VLAN")(framed(lambda c, s, t: [pk.ethernet(c.ip(s, t), tags=[(0x8100, 7)])]))
shape("QinQ 802.1ad")(framed(lambda c, s, t: [pk.ethernet(c.ip(s, t), tags=[(0x88A8, 5), (0x8100, 7)])]))
shape("QinQ 0x8100 twice")(framed(lambda c, s, t: [pk.ethernet(c.ip(s, t), tags=[(0x8100, 5), (0x8100, 7)])]))
shape("IPv6")(framed(lambda c, s, t: [pk.ethernet(c.ip(s, t))], **V6))
shape("IPv6 with two extension headers")(framed(lambda c, s, t: [pk.ethernet(c.ip(s, t, extensions=(0, 60)))], **V6))
shape("IPv4 options")(framed(lambda c, s, t: [pk.ethernet(c.ip(s, t, options=IP4_OPTIONS))]))
shape("raw IP")(framed(lambda c, s, t: [c.ip(s, t)]))
SHAPES["raw IP"][1]["linktype"] = 101


def fragments(reverse):
    ident = [0]

    def make(conn, side, segment):
        ident[0] += 1
        parts = [pk.ethernet(p) for p in pk.ipv4_fragments(*(conn.addresses if side == 0 else conn.addresses[::-1]), 6,
                                                           segment, 256, ident[0])]
        return parts[::-1] if reverse else parts
    return make


shape("IP fragments")(framed(fragments(False)))
shape("IP fragments, last first")(framed(fragments(True)))
shape("VXLAN")(framed(lambda c, s, t: [pk.ethernet(pk.ipv4("192.0.2.1", "192.0.2.2", 17, pk.udp(
    55555, 4789, pk.vxlan(pk.ethernet(c.ip(s, t))))))]))
shape("GRE")(framed(lambda c, s, t: [pk.ethernet(pk.ipv4("192.0.2.1", "192.0.2.2", 47, pk.gre(c.ip(s, t))))]))
shape("IPv4 in IPv4")(framed(lambda c, s, t: [pk.ethernet(pk.ipv4("192.0.2.1", "192.0.2.2", 4, c.ip(s, t)))]))
shape("IPv6 in IPv4")(framed(lambda c, s, t: [pk.ethernet(pk.ipv4("192.0.2.1", "192.0.2.2", 41, c.ip(s, t)))], **V6))


@shape("no SYN seen")
def _(conn, hs):
    whole(conn, hs)


@shape("no SYN seen, server flight 2,1,3")
def _(conn, hs):
    conn.send(0, hs.client_hello)
    conn.send(1, hs.server_flight, thirds(hs.server_flight), [1, 0, 2])
    whole(conn, hs, 2)


shape("an unusual port")(framed(lambda c, s, t: [pk.ethernet(c.ip(s, t))], dport=31337))


def dialogue(port, lines, upgraded_from):
    """Clear text first; lines: (side, bytes)."""
    def run(conn, hs):
        conn.open()
        for side, text in lines:
            conn.send(side, text)
        whole(conn, hs)
    run.connection = {"dport": port}
    run.upgraded_from = upgraded_from
    return run


SMTP = [(1, b"220 mx.example ESMTP\r\n"), (0, b"EHLO client\r\n"), (1, b"250-mx.example\r\n250 STARTTLS\r\n"),
        (0, b"STARTTLS\r\n"), (1, b"220 2.0.0 go ahead\r\n")]
IMAP = [(1, b"* OK IMAP4rev1 ready\r\n"), (0, b"a1 STARTTLS\r\n"), (1, b"a1 OK begin TLS\r\n")]
POSTGRESQL = [(0, bytes.fromhex("0000000804d2162f")), (1, b"S")]
CONNECT = [(0, b"CONNECT shapes.example:443 HTTP/1.1\r\nHost: shapes.example:443\r\n\r\n"),
           (1, b"HTTP/1.1 200 Connection established\r\n\r\n")]

shape("SMTP STARTTLS")(dialogue(25, SMTP, "smtp"))
shape("IMAP STARTTLS")(dialogue(143, IMAP, "imap"))
shape("PostgreSQL SSLRequest")(dialogue(5432, POSTGRESQL, "postgresql"))
shape("HTTP CONNECT")(dialogue(3128, CONNECT, "http-connect"))


@shape("PROXY protocol in front, in the same segment")
def _(conn, hs):
    conn.open()
    conn.send(0, b"PROXY TCP4 198.51.100.7 10.1.0.2 50000 443\r\n" + hs.client_hello)
    whole(conn, hs, 1)


SHAPES["PROXY protocol in front, in the same segment"][0].upgraded_from = "proxy-protocol"


@shape("a lost segment is a gap", gap=True)
def _(conn, hs):
    conn.open()
    conn.send(0, hs.client_hello)
    flight = hs.server_flight
    conn.send(1, flight, thirds(flight), [0, 2])
    whole(conn, hs, 2)


def problem(event, hs, function, settings):
    get = lambda *path: __import__("functools").reduce(lambda d, k: (d or {}).get(k), path, event)  # noqa: E731
    if get("tls", "client", "server_name") != tls.NAME:
        return f"SNI {get('tls', 'client', 'server_name')}"
    if settings.get("gap"):
        if not get("hsmon", "capture", "gaps") or get("hsmon", "capture", "complete") is not False:
            return f"no gap reported: {get('hsmon', 'capture')}"
        return None
    hashes = [c["sha256"] for c in get("hsmon", "server_chain") or []]
    if hashes != [hs.sha256]:
        return f"certificates {hashes}"
    if get("event", "outcome") != "success" or get("hsmon", "capture", "complete") is not True:
        return f"{get('event')} {get('hsmon', 'capture')}"
    if get("hsmon", "upgraded_from") != getattr(function, "upgraded_from", None):
        return f"upgraded_from {get('hsmon', 'upgraded_from')}"
    return None


def write(folder, hs, label):
    function, settings = SHAPES[label]
    conn = pk.Connection(**getattr(function, "connection", {}))
    function(conn, hs)
    path = folder / (label.replace(" ", "-").replace("/", "-") + ".pcap")
    pk.write_pcap(path, conn.frames, settings.get("linktype", 1))
    return path


def write_all(folder):
    """The captures alone, for who wants to begin with them."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hsmon-shapes-") as name:
        hs = tls.Handshake(*tls.certificate(Path(name)))
        for label in SHAPES:
            write(folder, hs, label)


def check(hsmon, folder, hs, label):
    function, settings = SHAPES[label]
    path = write(folder, hs, label)
    run = subprocess.run([hsmon, "-r", path, "-p", "any", "-o", "json"], capture_output=True, timeout=30)
    events = [e for e in map(json.loads, run.stdout.splitlines()) if e["event"]["dataset"] == "hsmon.handshake"]
    if run.returncode or len(events) != 1:
        return f"status {run.returncode}, {len(events)} handshakes; {run.stderr.decode()[-300:]}"
    return problem(events[0], hs, function, settings)


def main():
    if sys.argv[1] == "--write":
        write_all(Path(sys.argv[2]))
        return
    hsmon, failed = sys.argv[1], 0
    with tempfile.TemporaryDirectory(prefix="hsmon-shapes-") as name:
        folder = Path(name)
        hs = tls.Handshake(*tls.certificate(folder))
        for label in SHAPES:
            wrong = check(hsmon, folder, hs, label)
            failed += bool(wrong)
            print(f"not ok - {label}: {wrong}" if wrong else f"ok - {label}")
    print(f"{len(SHAPES) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
