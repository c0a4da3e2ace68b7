# SPDX-License-Identifier: BSD-2-Clause
"""QUIC, with the example client and server of ngtcp2 (on GnuTLS)."""
from lab import cases, events, peers, stacks
from lab.monitor import Hsmon
from lab.pki import NAME
from lab.process import Process, run

PORT = 4433
AES_256 = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM"
AES_128 = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM"


def start_server(lab, ns, pair, args=()):
    peers.need("gtlsserver", "gtlsclient", "unshare")
    root = lab.folder / "documents"
    root.mkdir(exist_ok=True)
    (root / "index.html").write_text("hello\n")
    server = Process(["gtlsserver", "--quiet", "--htdocs", root, *args, "*", str(PORT), pair.key, pair.chain_file], netns=ns)
    return stacks.await_bound(server, PORT)


def get(lab, ns, args=(), address="127.0.0.1"):
    client = ["gtlsclient", "--no-quic-dump", "--no-http-dump", "--exit-on-all-streams-close", *args, NAME, str(PORT),
              f"https://{NAME}:{PORT}/index.html"]
    return run(stacks.knowing(lab.folder, NAME, address, client), netns=ns)


def got(client):
    return "[:status: 200]" in client.err.text() + client.out.text()


def watch(ns):
    return Hsmon.start("-i", "lo", "-p", str(PORT), netns=ns)


def check(event, version="1", **more):
    events.expect(event, **{"event__outcome": "success", "network__protocol": "quic", "network__transport": "udp",
                            "tls__version": "1.3", "tls__version_protocol": "tls", "tls__cipher": "TLS_AES_128_GCM_SHA256",
                            "tls__curve": "x25519", "tls__client__server_name": NAME, "tls__established": True,
                            "server__port": PORT, "hsmon__client_hello__alpn": ["h3"], "hsmon__quic__version": version,
                            "hsmon__cert__visibility": "encrypted", "hsmon__capture__complete": True, **more})
    assert events.get(event, "tls.client.ja4").startswith("q13d"), events.get(event, "tls.client.ja4")


@cases(v1_IPv4=("v1", "127.0.0.1", "1"), v1_IPv6=("v1", "::1", "1"), draft_29=("0xff00001d", "127.0.0.1", "0xFF00001D"),
       v2_draft=("v2draft", "127.0.0.1", "0x709A50C4"))
def test_version(lab, version, address, name):
    ns = lab.netns()
    start_server(lab, ns, lab.pki.ec)
    hsmon = watch(ns)
    client = get(lab, ns, ["--version", version], address)
    assert got(client), client.told()
    [event] = hsmon.finish(1)
    check(event, name, network__type="ipv6" if ":" in address else "ipv4")


def test_version_changed_by_the_server(lab):
    """RFC 9368: from version 1 to the draft of version 2 within the handshake."""
    ns = lab.netns()
    start_server(lab, ns, lab.pki.ec, ["--preferred-versions=v2draft"])
    hsmon = watch(ns)
    client = get(lab, ns, ["--other-versions=v1,v2draft"])
    assert got(client), client.told()
    [event] = hsmon.finish(1)
    check(event, events.get(event, "hsmon.quic.version"))


def test_retry(lab):
    ns = lab.netns()
    start_server(lab, ns, lab.pki.ec, ["--validate-addr"])
    hsmon = watch(ns)
    client = get(lab, ns)
    assert got(client), client.told()
    [event] = hsmon.finish(1)
    check(event)


def test_hello_retry_request(lab):
    ns = lab.netns()
    start_server(lab, ns, lab.pki.ec, ["--groups=-GROUP-ALL:+GROUP-SECP384R1"])
    hsmon = watch(ns)
    client = get(lab, ns)
    assert got(client), client.told()
    [event] = hsmon.finish(1)
    check(event, tls__curve="secp384r1", hsmon__hello_retry_request=True)


def test_client_certificate(lab):
    ns, own = lab.netns(), lab.pki.client
    start_server(lab, ns, lab.pki.ec, ["--verify-client"])
    hsmon = watch(ns)
    client = get(lab, ns, [f"--key={own.key}", f"--cert={own.chain_file}"])
    assert got(client), client.told()
    [event] = hsmon.finish(1)
    check(event)


def test_resumption(lab):
    ns = lab.netns()
    start_server(lab, ns, lab.pki.ec)
    hsmon = watch(ns)
    session = [f"--session-file={lab.folder}/session", f"--tp-file={lab.folder}/parameters"]
    first = get(lab, ns, session)
    assert got(first), first.told()
    second = get(lab, ns, session)
    assert got(second), second.told()
    full, resumed = hsmon.finish(2)
    check(full, tls__resumed=False)
    check(resumed, tls__resumed=True, hsmon__cert__visibility="resumed", hsmon__client_hello__psk=True)


def test_lost_packets(lab):
    """The server drops some of what it sends, before it leaves."""
    ns = lab.netns()
    start_server(lab, ns, lab.pki.ec, ["--tx-loss=0.2"])
    hsmon = watch(ns)
    client = get(lab, ns)
    assert got(client), client.told()
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="success", network__protocol="quic", tls__client__server_name=NAME)


def test_no_cipher_in_common(lab):
    ns = lab.netns()
    start_server(lab, ns, lab.pki.ec, [f"--ciphers={AES_256}"])
    hsmon = watch(ns)
    client = get(lab, ns, [f"--ciphers={AES_128}"])
    assert not got(client), client.told()
    [event] = hsmon.finish(1)
    # RFC 9001 section 4.8: the alert is the low byte of the error, 0x100 and up
    events.expect(event, event__outcome="failure", network__protocol="quic", tls__client__server_name=NAME,
                  hsmon__alert__from="server", hsmon__alert__description="handshake_failure", hsmon__end__by="server",
                  hsmon__end__how="alert")
