# SPDX-License-Identifier: BSD-2-Clause
"""Packets and captures made byte by byte, in whatever shape."""
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp(sport, dport, seq, ack, flags, payload, options=b""):
    options += b"\0" * (-len(options) % 4)
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (5 + len(options) // 4) << 4, flags,
                       65535, 0, 0)
    return head + options + payload


def udp(sport, dport, payload):
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def ipv4(src, dst, proto, payload, options=b"", ident=1, fragment=0):
    options += b"\0" * (-len(options) % 4)
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), ident, fragment, 64,
                       proto, 0, ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed)
    head = head[:10] + struct.pack("!H", checksum(head + options)) + head[12:]
    return head + options + payload


def ipv4_fragments(src, dst, proto, payload, size, ident):
    """The same datagram in pieces of `size` bytes (a multiple of 8)."""
    for at in range(0, len(payload), size):
        more = 0x2000 if at + size < len(payload) else 0
        yield ipv4(src, dst, proto, payload[at:at + size], ident=ident, fragment=more | at // 8)


def ipv6(src, dst, proto, payload, extensions=()):
    """extensions: types of empty extension headers in front of the payload."""
    chain = list(extensions) + [proto]
    body = b""
    for following in chain[1:]:
        body += struct.pack("!BB", following, 0) + b"\x01\x04\0\0\0\0"       # PadN
    body += payload
    return struct.pack("!IHBB", 6 << 28, len(body), chain[0], 64) + ipaddress.ip_address(src).packed + \
        ipaddress.ip_address(dst).packed + body


def ethernet(payload, ethertype=None, tags=()):
    """tags: (TPID, VLAN id), outermost first."""
    if ethertype is None:
        ethertype = 0x86DD if payload[0] >> 4 == 6 else 0x0800
    head = bytes(range(12))
    for tpid, vlan in tags:
        head += struct.pack("!HH", tpid, vlan)
    frame = head + struct.pack("!H", ethertype) + payload
    return frame + b"\0" * (60 - len(frame))            # as on the wire: short frames are padded


def vxlan(inner_frame):
    return struct.pack("!II", 0x08000000, 42 << 8) + inner_frame


def gre(inner_packet):
    return struct.pack("!HH", 0, 0x86DD if inner_packet[0] >> 4 == 6 else 0x0800) + inner_packet


def write_pcap(path, frames, linktype=1, start=1700000000, snaplen=262144):
    """frames: bytes, one a millisecond."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, linktype))
        for i, frame in enumerate(frames):
            out.write(struct.pack("<IIII", start + i // 1000, i % 1000 * 1000, min(len(frame), snaplen), len(frame)))
            out.write(frame[:snaplen])


class Connection:
    """A TCP connection that becomes a list of frames. Segments wait in `pending` until they are put on the wire, so that
    their order can be changed. wrap: IP packet to frame(s)."""

    def __init__(self, wrap=None, client="10.1.0.1", server="10.1.0.2", sport=40000, dport=443, isn=(0xFFFFFF00, 1000)):
        self.addresses, self.ports = (client, server), (sport, dport)
        self.next = [isn[0], isn[1]]
        self.frames = []
        self.wrap = wrap or (lambda conn, side, segment: [ethernet(conn.ip(side, segment))])

    def ip(self, side, segment, **kw):
        src, dst = self.addresses[side], self.addresses[1 - side]
        return (ipv6 if ":" in src else ipv4)(src, dst, 6, segment, **kw)

    def segment(self, side, seq, flags, payload=b"", options=b""):
        return tcp(self.ports[side], self.ports[1 - side], seq, self.next[1 - side], flags, payload, options)

    def put(self, side, segment):
        self.frames += self.wrap(self, side, segment)

    def open(self):
        mss = bytes([2, 4, 5, 180, 4, 2, 8, 10]) + b"\0" * 8
        self.put(0, tcp(*self.ports, self.next[0], 0, SYN, b"", mss))
        self.next[0] += 1
        self.put(1, tcp(*self.ports[::-1], self.next[1], self.next[0], SYN | ACK, b"", mss))
        self.next[1] += 1
        self.put(0, self.segment(0, self.next[0], ACK))

    def make(self, side, data, sizes=None):
        """The segments of data, in order, not yet sent; sizes: of each, the last one the rest."""
        cuts, at = [], 0
        for size in sizes or []:
            cuts.append(data[at:at + size])
            at += size
        cuts.append(data[at:])
        made = []
        for piece in cuts:
            if piece:
                made.append(self.segment(side, self.next[side], ACK | PSH, piece))
                self.next[side] += len(piece)
        return made

    def send(self, side, data, sizes=None, order=None, twice=False):
        made = self.make(side, data, sizes)
        for i in order or range(len(made)):
            for _ in range(2 if twice else 1):
                self.put(side, made[i])

    def close(self):
        for side in (0, 1):
            self.put(side, self.segment(side, self.next[side], FIN | ACK))
            self.next[side] += 1
        self.put(0, self.segment(0, self.next[0], ACK))
