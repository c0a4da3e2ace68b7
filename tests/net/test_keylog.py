# SPDX-License-Identifier: BSD-2-Clause
"""TLS 1.3 opened with key logs that real clients write, live and with the secrets inside of captures."""
import base64
import struct
import sys

from lab import cases, events, peers, stacks
from lab.monitor import EXIT, Hsmon
from lab.pki import NAME
from lab.process import ENVIRONMENT, Process, run
from test_capture import Tcpdump

FLIGHT = ["encrypted_extensions", "certificate", "certificate_verify", "finished"]
MUTUAL = ["encrypted_extensions", "certificate_request", "certificate", "certificate_verify", "finished"]
SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
          "TLS_AES_128_CCM_8_SHA256"]
PYTHON = """
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.keylog_filename = sys.argv[2]
with context.wrap_socket(socket.create_connection(("127.0.0.1", 443)), server_hostname=sys.argv[3]) as s:
    s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    while s.recv(4096):
        pass
"""


def der_chain(event):
    return [base64.b64decode(der) for der in events.get(event, "tls.server.certificate_chain", [])]


def new_log(lab):
    """That hsmon opens before anybody writes to it; programs that look at the environment write to it."""
    log = lab.folder / "keys.log"
    log.write_text("")
    log.chmod(0o666)
    ENVIRONMENT["SSLKEYLOGFILE"] = str(log)
    return log


def watch(ns, log, port=443, *args):
    return Hsmon.start("-i", "lo", "-p", str(port), "--keylog", log, "--der", *args, netns=ns)


def check(event, pair, flight=None, **more):
    """The certificates are those that were served, byte by byte."""
    events.expect(event, **{"event__outcome": "success", "tls__version": "1.3", "tls__established": True,
                            "hsmon__cert__visibility": "keylog", "hsmon__capture__complete": True, **more})
    assert der_chain(event) == pair.chain, event
    steps = events.step_names(event, "server")
    want = flight or FLIGHT
    assert [s for s in steps if s in MUTUAL] == want, steps
    assert "encrypted_handshake" not in events.step_names(event), events.step_names(event)


@cases(**{suite: (suite,) for suite in SUITES})
def test_suite(lab, suite):
    ns, log = lab.netns(), new_log(lab)
    peers.openssl_server(ns, lab.pki.rsa, args=["-ciphersuites", suite])
    hsmon = watch(ns, log)
    client = peers.openssl_client(ns, args=["-ciphersuites", suite, "-keylogfile", log, "-alpn", "h2"])
    assert peers.openssl_shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, lab.pki.rsa, tls__cipher=suite, hsmon__certificate_request__seen=False)
    assert "opened with secrets" in hsmon.err.text(), hsmon.told()


def test_next_protocol(lab):
    ns, log = lab.netns(), new_log(lab)
    peers.openssl_server(ns, lab.pki.ec, args=["-alpn", "http/1.1"])
    hsmon = watch(ns, log)
    peers.openssl_client(ns, args=["-keylogfile", log, "-alpn", "h2,http/1.1"])
    [event] = hsmon.finish(1)
    check(event, lab.pki.ec, tls__next_protocol="http/1.1")


def test_mutual_and_retry(lab):
    ns, pki, log = lab.netns(), lab.pki, new_log(lab)
    peers.openssl_server(ns, pki.ec, args=["-Verify", "2", "-CAfile", pki.root.cert, "-groups", "P-384"])
    hsmon = watch(ns, log)
    client = peers.openssl_client(ns, args=["-keylogfile", log, "-cert", pki.client.cert, "-key", pki.client.key,
                                            "-cert_chain", pki.client.above_file, "-groups", "X25519:P-384"])
    assert peers.openssl_shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, pki.ec, MUTUAL, hsmon__hello_retry_request=True, hsmon__certificate_request__seen=True,
          hsmon__certificate_request__answered=True)
    assert events.chain(event, "client")[0] == pki.client.sha256
    assert events.step_names(event, "client")[-4:-1] == ["certificate", "certificate_verify", "finished"]


def test_client_has_no_certificate(lab):
    ns, pki, log = lab.netns(), lab.pki, new_log(lab)
    peers.openssl_server(ns, pki.ec, args=["-Verify", "2", "-CAfile", pki.root.cert])
    hsmon = watch(ns, log)
    peers.openssl_client(ns, args=["-keylogfile", log])
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="failure", hsmon__end__by="server", hsmon__certificate_request__seen=True,
                  hsmon__certificate_request__answered=False, hsmon__cert__visibility="keylog")


def test_client_refuses(lab):
    """Its alert is read, not guessed."""
    ns, pki, log = lab.netns(), lab.pki, new_log(lab)
    server = peers.openssl_server(ns, pki.ec)
    hsmon = watch(ns, log)
    peers.openssl_client(ns, args=["-keylogfile", log, "-CAfile", pki.other_root.cert, "-verify_return_error"])
    server.await_line(server.err, "SSL alert number 48")
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="failure", hsmon__end__by="client", hsmon__end__how="alert",
                  hsmon__alert__description="unknown_ca", hsmon__alert__from="client", hsmon__cert__visibility="keylog")
    assert der_chain(event) == pki.ec.chain


def test_resumption(lab):
    ns, log = lab.netns(), new_log(lab)
    session = lab.folder / "session"
    peers.openssl_server(ns, lab.pki.ec, args=["-alpn", "http/1.1"])
    hsmon = watch(ns, log)
    for which in ("-sess_out", "-sess_in"):
        peers.openssl_client(ns, args=["-keylogfile", log, which, session, "-alpn", "http/1.1"])
    full, resumed = hsmon.finish(2)
    check(full, lab.pki.ec)
    events.expect(resumed, event__outcome="success", tls__resumed=True, hsmon__cert__visibility="resumed",
                  tls__next_protocol="http/1.1")


@cases(curl=("curl",), GnuTLS=("GnuTLS",), Python=("Python",))
def test_client(lab, which):
    ns, pki, log = lab.netns(), lab.pki, new_log(lab)
    peers.openssl_server(ns, pki.rsa)
    hsmon = watch(ns, log)
    if which == "curl":
        peers.curl(ns, pki, version="1.3")
    elif which == "GnuTLS":
        peers.gnutls_client(ns, pki, version="1.3")
    else:
        client = run([sys.executable, "-c", PYTHON, pki.root.cert, log, NAME], netns=ns)
        assert client.wait(10) == 0, client.told()
    [event] = hsmon.finish(1)
    check(event, pki.rsa)


@cases(v1=((),), v2_draft=(("--version", "v2draft"),), mutual=(("mutual",),))
def test_quic(lab, args):
    peers.need("gtlsserver", "gtlsclient", "unshare")
    ns, pki, log = lab.netns(), lab.pki, new_log(lab)
    mutual = args == ("mutual",)
    root = lab.folder / "documents"
    root.mkdir()
    (root / "index.html").write_text("hello\n")
    server = Process(["gtlsserver", "--quiet", "--htdocs", root, *(["--verify-client"] if mutual else []), "*", "4433",
                      pki.ec.key, pki.ec.chain_file], netns=ns)
    stacks.await_bound(server, 4433)
    hsmon = watch(ns, log, 4433)
    own = [f"--key={pki.client.key}", f"--cert={pki.client.chain_file}"] if mutual else args
    command = ["gtlsclient", "--no-quic-dump", "--no-http-dump", "--exit-on-all-streams-close", *own, NAME, "4433",
               f"https://{NAME}:4433/index.html"]
    run(stacks.knowing(lab.folder, NAME, "127.0.0.1", command), netns=ns)
    [event] = hsmon.finish(1)
    check(event, pki.ec, MUTUAL if mutual else FLIGHT, network__protocol="quic", tls__next_protocol="h3")
    if mutual:
        assert events.chain(event, "client") == pki.client.chain_sha256


def test_log_begun_anew(lab):
    """With garbage in it, and then emptied while it is followed."""
    ns, log = lab.netns(), new_log(lab)
    peers.openssl_server(ns, lab.pki.ec)
    log.write_bytes(b"garbage " + bytes(range(256)) * 40 + b"\nCLIENT_HANDSHAKE_TRAFFIC_SECRET 00\n" * 300)
    hsmon = watch(ns, log)
    for count in (1, 2):
        peers.openssl_client(ns, args=["-keylogfile", log])
        check(hsmon.await_handshakes(count)[-1], lab.pki.ec)
        log.write_text("")
    hsmon.stop()
    assert "300 malformed lines in key logs" in hsmon.err.text(), hsmon.told()


def captured(lab, ns, log):
    tcpdump = Tcpdump(ns, "lo", lab.folder / "handshake.pcap")
    peers.openssl_client(ns, args=["-keylogfile", log])
    tcpdump.finish()
    return lab.folder / "handshake.pcap"


def test_wrong_keys(lab):
    ns, log = lab.netns(), new_log(lab)
    peers.openssl_server(ns, lab.pki.ec)
    pcap = captured(lab, ns, log)
    [event] = Hsmon.read_file(pcap, "--der", "--keylog", log).handshakes()
    check(event, lab.pki.ec)
    lines = [line.split() for line in log.read_text().splitlines() if not line.startswith("#")]
    log.write_text("".join(f"{label} {random} {secret[::-1]}\n" for label, random, secret in lines))
    hsmon = Hsmon.read_file(pcap, "--keylog", log)
    [event] = hsmon.handshakes()
    events.expect(event, event__outcome="success", hsmon__cert__visibility="encrypted", hsmon__capture__complete=True)
    assert "1 TLS 1.3 handshakes whose secrets do not open them" in hsmon.err.text(), hsmon.told()


@cases(missing=("missing.log",), folder=(".",))
def test_no_such_log(lab, name):
    hsmon = Hsmon(["-r", "/dev/null", "--keylog", lab.folder / name], netns=lab.netns())
    assert hsmon.wait(10) == EXIT["INPUT"], hsmon.told()
    assert str(lab.folder / name) in hsmon.err.text(), hsmon.told()


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def pcapng(pcap, keys, place):
    """The packets of a pcap file, and the key log before them, behind them or in the middle."""
    data = pcap.read_bytes()
    linktype = struct.unpack("<I", data[20:24])[0]
    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", linktype, 0, 0))
    packets, at = [], 24
    while at < len(data):
        seconds, parts, cap, wire = struct.unpack("<IIII", data[at:at + 16])
        time = seconds * 1000000 + parts
        packets.append(block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xffffffff, cap, wire) + data[at + 16:at + 16 + cap]))
        at += 16 + cap
    secrets = block(10, struct.pack("<II", 0x544c534b, len(keys)) + keys)
    middle = {"before": 0, "middle": 7, "behind": len(packets)}[place]
    return out + b"".join(packets[:middle]) + secrets + b"".join(packets[middle:])


@cases(before=("before",), middle=("middle",), behind=("behind",), pipe=("before", True))
def test_secrets_in_the_capture(lab, place, pipe=False):
    ns, log = lab.netns(), new_log(lab)
    peers.openssl_server(ns, lab.pki.rsa)
    whole = pcapng(captured(lab, ns, log), log.read_bytes(), place)
    path = lab.folder / "with-keys.pcapng"
    path.write_bytes(whole)
    hsmon = Hsmon(["-o", "json", "-r", "-", "--der"], stdin=whole) if pipe else Hsmon.read_file(path, "--der")
    assert hsmon.wait(10) == 0, hsmon.told()
    [event] = hsmon.handshakes()
    check(event, lab.pki.rsa)
