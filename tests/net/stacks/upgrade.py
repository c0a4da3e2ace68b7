#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Protocols that begin in clear text and turn to TLS, on Python's standard library.

upgrade.py server PROTOCOL PORT CHAIN KEY            one connection after the other
upgrade.py client PROTOCOL PORT ROOT VERSION NAME    one connection; prints "ok VERSION CIPHER" or "failed: ..."
upgrade.py proxy KIND PORT TARGET_PORT               KIND: connect, socks5; to that port of 127.0.0.1"""
import ftplib
import imaplib
import poplib
import re
import smtplib
import socket
import ssl
import struct
import sys
import threading

ADDRESS = "127.0.0.1"
SAY, TLS, END = range(3)

# Lines: greeting, then (what the client says, the answer, what follows). \1 is the answer's group.
LINES = {
    "smtp": (b"220 mail.example ESMTP ready\r\n", [
        (rb"^(?:EHLO|LHLO) ", rb"250-mail.example\r\n250-STARTTLS\r\n250 HELP\r\n", SAY),
        (rb"^STARTTLS", rb"220 go ahead\r\n", TLS),
        (rb"^QUIT", rb"221 bye\r\n", END)]),
    "smtp-without": (b"220 mail.example ESMTP ready\r\n", [
        (rb"^EHLO ", rb"250-mail.example\r\n250 HELP\r\n", SAY),
        (rb"^QUIT", rb"221 bye\r\n", END)]),
    "imap": (b"* OK IMAP4rev1 ready\r\n", [
        (rb"^(\S+) CAPABILITY", rb"* CAPABILITY IMAP4rev1 STARTTLS\r\n\1 OK done\r\n", SAY),
        (rb"^(\S+) STARTTLS", rb"\1 OK begin\r\n", TLS),
        (rb"^(\S+) LOGOUT", rb"* BYE\r\n\1 OK done\r\n", END)]),
    "pop3": (b"+OK ready\r\n", [
        (rb"^CAPA", rb"+OK\r\nSTLS\r\n.\r\n", SAY),
        (rb"^STLS", rb"+OK begin\r\n", TLS),
        (rb"^QUIT", rb"+OK bye\r\n", END)]),
    "ftp": (b"220 FTP server ready\r\n", [
        (rb"^FEAT", rb"211-features\r\n AUTH TLS\r\n211 end\r\n", SAY),
        (rb"^AUTH TLS", rb"234 begin\r\n", TLS),
        (rb"^QUIT", rb"221 bye\r\n", END)]),
    "nntp": (b"200 news.example NNTP ready\r\n", [
        (rb"^CAPABILITIES", rb"101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", SAY),
        (rb"^STARTTLS", rb"382 continue\r\n", TLS),
        (rb"^QUIT", rb"205 bye\r\n", END)]),
    "sieve": (b'"IMPLEMENTATION" "example"\r\n"STARTTLS"\r\nOK "ready"\r\n', [
        (rb"^STARTTLS", rb'OK "begin"\r\n', TLS),
        (rb"^LOGOUT", rb"OK\r\n", END)]),
    "irc": (b"", [
        (rb"^STARTTLS", rb":irc.example 670 * :STARTTLS successful, go ahead\r\n", TLS),
        (rb"^QUIT", rb"ERROR :bye\r\n", END)]),
    "http-upgrade": (b"", [     # RFC 2817 section 3
        (rb"^\r\n", rb"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\nConnection: Upgrade\r\n\r\n", TLS)]),
}


def serve_lines(stream, greeting, rules):
    """True: TLS begins now."""
    stream.sendall(greeting)
    rest = b""
    while True:
        more = stream.recv(4096)
        if not more:
            return False
        rest += more
        while b"\n" in rest:
            line, _, rest = rest.partition(b"\n")
            for pattern, answer, then in rules:
                found = re.match(pattern, line + b"\n", re.I)
                if found:
                    stream.sendall(found.expand(answer))
                    if then != SAY:
                        return then == TLS
                    break


def serve_xmpp(stream):
    heard = b""
    for wanted, answer in ((rb"<stream:stream[^>]*>", b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                            b"xmlns:stream='http://etherx.jabber.org/streams' id='1' from='server.example' version='1.0'>"
                            b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"),
                           (rb"<starttls[^>]*>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")):
        while not re.search(wanted, heard):
            more = stream.recv(4096)
            if not more:
                return False
            heard += more
        heard = b""
        stream.sendall(answer)
    return True


def serve_ldap(stream):
    """RFC 4511 section 4.14.2: the answer to message 1, success."""
    if not stream.recv(4096):
        return False
    stream.sendall(bytes.fromhex("300c02010178070a010004000400"))
    return True


def serve_postgresql(stream):
    if stream.recv(8) != struct.pack("!II", 8, 80877103):
        return False
    stream.sendall(b"S")
    return True


def serve_mysql(stream):
    capabilities = 0x00ffffff
    greeting = (b"\x0a8.0.36-example\0" + struct.pack("<I", 7) + b"abcdefgh\0" + struct.pack("<H", capabilities & 0xffff) +
                b"\x21" + struct.pack("<HH", 2, capabilities >> 16) + b"\x15" + bytes(10) + b"ijklmnopqrst\0" +
                b"mysql_native_password\0")
    stream.sendall(struct.pack("<I", len(greeting))[:3] + b"\0" + greeting)
    return bool(stream.recv(36))


def serve_rdp(stream):
    """RFC 1006: connection request, connection confirm; the negotiation of MS-RDPBCGR 2.2.1.2 chooses TLS."""
    if not stream.recv(4096):
        return False
    stream.sendall(bytes.fromhex("030000130ed000001234000200080001000000"))
    return True


OTHERS = {"xmpp": serve_xmpp, "ldap": serve_ldap, "postgresql": serve_postgresql, "mysql": serve_mysql, "rdp": serve_rdp}


def serve_one(stream, protocol, context):
    if protocol in OTHERS:
        if not OTHERS[protocol](stream):
            return
    elif not serve_lines(stream, *LINES[protocol]):
        return
    with context.wrap_socket(stream, server_side=True) as tls:
        if protocol in LINES and protocol != "http-upgrade":
            serve_lines(tls, b"", LINES[protocol][1])
        else:
            tls.recv(4096)
            tls.sendall(b"hello\r\n")
        tls.unwrap()


def server(protocol, port, chain, key):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    with socket.create_server((ADDRESS, int(port))) as listener:
        while True:
            stream, _ = listener.accept()
            with stream:
                try:
                    serve_one(stream, protocol, context)
                except OSError as why:
                    print("failed:", why, flush=True)


def client_context(root, version):
    context = ssl.create_default_context(cafile=root)
    context.minimum_version = context.maximum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    return context


def library_client(protocol, port, context, name):
    """The libraries take the name to be verified from where they connected to."""
    if protocol == "smtp":
        c = smtplib.SMTP(ADDRESS, port)
        c._host = name
        c.starttls(context=context)
        tls, bye = c.sock, c.quit
    elif protocol == "imap":
        c = imaplib.IMAP4(ADDRESS, port)
        c.host = name
        c.starttls(context)
        tls, bye = c.sock, c.logout
    elif protocol == "pop3":
        c = poplib.POP3(ADDRESS, port)
        c.host = name
        c.stls(context)
        tls, bye = c.sock, c.quit
    else:
        c = ftplib.FTP_TLS(context=context)
        c.connect(ADDRESS, port)
        c.host = name
        c.auth()
        tls, bye = c.sock, c.quit
    print("ok", tls.version(), tls.cipher()[0])
    bye()


PREAMBLE = {
    "http-upgrade": b"OPTIONS * HTTP/1.1\r\nHost: server.example\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n",
    "rdp": bytes.fromhex("030000130ee000000000000100080003000000"),
    # PROXY protocol: whom the proxy speaks for
    "proxy-v1": b"PROXY TCP4 192.0.2.7 198.51.100.9 56324 443\r\n",
    "proxy-v1-IPv6": b"PROXY TCP6 2001:db8::7 2001:db8::9 56324 443\r\n",
    "proxy-v2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([192, 0, 2, 7, 198, 51, 100, 9]) + struct.pack("!HH", 56324, 443),
    "proxy-v2-IPv6": b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24" + socket.inet_pton(socket.AF_INET6, "2001:db8::7") +
                     socket.inet_pton(socket.AF_INET6, "2001:db8::9") + struct.pack("!HH", 56324, 443),
    "proxy-v2-local": b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
}


def raw_client(protocol, port, context, name):
    with socket.create_connection((ADDRESS, port)) as plain:
        plain.sendall(PREAMBLE[protocol])
        if not protocol.startswith("proxy"):
            plain.recv(4096)
        with context.wrap_socket(plain, server_hostname=name) as tls:
            print("ok", tls.version(), tls.cipher()[0])
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while tls.recv(4096):
                pass


def client(protocol, port, root, version, name):
    run = raw_client if protocol in PREAMBLE else library_client
    try:
        run(protocol, int(port), client_context(root, version), name)
    except OSError as why:
        sys.exit(f"failed: {why}")


def copy(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def accept_connect(stream):
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += stream.recv(4096)
    return b"HTTP/1.1 200 Connection established\r\n\r\n"


def accept_socks5(stream):
    """RFC 1928: no authentication; whatever is asked for, the target is ours."""
    stream.recv(257)
    stream.sendall(b"\x05\x00")
    stream.recv(262)
    return b"\x05\x00\x00\x01" + bytes(6)


def proxy(kind, port, target):
    accept = {"connect": accept_connect, "socks5": accept_socks5}[kind]
    with socket.create_server((ADDRESS, int(port))) as listener:
        while True:
            stream, _ = listener.accept()
            answer = accept(stream)
            onward = socket.create_connection((ADDRESS, int(target)))
            stream.sendall(answer)
            for pair in ((stream, onward), (onward, stream)):
                threading.Thread(target=copy, args=pair, daemon=True).start()


if __name__ == "__main__":
    {"server": server, "client": client, "proxy": proxy}[sys.argv[1]](*sys.argv[2:])
