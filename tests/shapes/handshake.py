# SPDX-License-Identifier: BSD-2-Clause
"""A real TLS 1.2 handshake, made in memory by OpenSSL, as flights of bytes that can be cut anew."""
import hashlib
import ssl
import struct
import subprocess

NAME = "shapes.example"
HANDSHAKE = 22


def certificate(folder):
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "90",
                    "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"], check=True, capture_output=True)
    return cert, key


class Handshake:
    """flights: [(side, bytes)], side 0 is the client; sha256: of the certificate, as events spell it."""

    def __init__(self, cert, key, anchor=None):
        """cert: a PEM file with the server's chain, its own first; anchor: what the client trusts, by default that."""
        first = cert.read_text().partition("-----END CERTIFICATE-----")
        self.sha256 = hashlib.sha256(ssl.PEM_cert_to_DER_cert(first[0] + first[1] + "\n")).hexdigest().upper()
        server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_context.load_cert_chain(cert, key)
        server_context.maximum_version = ssl.TLSVersion.TLSv1_2
        client_context = ssl.create_default_context(cafile=anchor or cert)
        self.flights = []
        ends = []
        for side, context in enumerate((client_context, server_context)):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            ends.append((context.wrap_bio(incoming, outgoing, server_side=bool(side),
                                          server_hostname=None if side else NAME), incoming, outgoing))
        done = [False, False]
        while not all(done):
            for side in (0, 1):
                done[side] = self.advance(ends, side, lambda end: end.do_handshake()) or done[side]
        for side in (0, 1):
            self.advance(ends, side, lambda end: end.write(b"data" * 10))
            ends[1 - side][0].read(100)
        # client_hello, server_hello to server_hello_done, key exchange to finished, finished, data, data
        assert [side for side, _ in self.flights] == [0, 1, 0, 1, 0, 1]

    def advance(self, ends, side, what):
        """Lets one side work; what it writes goes to the other, and is a flight. True when it is done."""
        end, _, outgoing = ends[side]
        done = True
        try:
            what(end)
        except ssl.SSLWantReadError:
            done = False
        data = outgoing.read()
        if data:
            ends[1 - side][1].write(data)
            self.flights.append((side, data))
        return done

    @property
    def client_hello(self):
        return self.flights[0][1]

    @property
    def server_flight(self):
        return self.flights[1][1]


def messages(flight):
    """The handshake bytes of a flight of clear records."""
    out, at = b"", 0
    while at < len(flight):
        kind, _, length = struct.unpack_from("!BHH", flight, at)
        assert kind == HANDSHAKE
        out += flight[at + 5:at + 5 + length]
        at += 5 + length
    return out


def records(handshake_bytes, size):
    """The same bytes in records of at most `size` bytes of content."""
    return b"".join(struct.pack("!BHH", HANDSHAKE, 0x0303, len(handshake_bytes[at:at + size])) + handshake_bytes[at:at + size]
                    for at in range(0, len(handshake_bytes), size))


def padded_client_hello(flight, size):
    """The ClientHello with a padding extension (RFC 7685), `size` bytes long with its record header: as long as one with a
    post-quantum key share."""
    body = messages(flight)[4:]
    at = 2 + 32
    at += 1 + body[at]
    at += 2 + struct.unpack_from("!H", body, at)[0]
    at += 1 + body[at]
    extensions = body[at + 2:]
    pad = size - 5 - 4 - len(body) - 4
    extensions += struct.pack("!HH", 21, pad) + b"\0" * pad
    body = body[:at] + struct.pack("!H", len(extensions)) + extensions
    return records(b"\x01" + struct.pack("!I", len(body))[1:] + body, 1 << 14)
