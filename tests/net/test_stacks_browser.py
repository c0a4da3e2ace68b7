# SPDX-License-Identifier: BSD-2-Clause
"""Chromium, headless: a ClientHello with a post-quantum key share, too long for one packet; HTTP/2; QUIC."""
import base64
import hashlib
from pathlib import Path

from lab import cases, events, peers, stacks
from lab.monitor import Hsmon
from lab.pki import NAME
from lab.process import Process, run

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps", "--no-first-run",
         "--no-default-browser-check", "--disable-domain-reliability", "--disable-breakpad"]


def key_hash(lab, pair):
    """What Chromium is told to trust: the SHA-256 of the certificate's public key."""
    done = run(["openssl", "x509", "-in", pair.cert, "-noout", "-pubkey"], check=True)
    der = base64.b64decode("".join(line for line in done.out.text().splitlines() if not line.startswith("---")))
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def chromium(lab, ns, address, trusted=None, port=443, args=()):
    peers.need("chromium")
    home = lab.folder / "home"
    home.mkdir(exist_ok=True)
    trust = [f"--ignore-certificate-errors-spki-list={trusted}"] if trusted else []
    return run(["env", f"HOME={home}", f"XDG_CONFIG_HOME={home}", f"XDG_CACHE_HOME={home}", "chromium", *FLAGS,
                f"--user-data-dir={home}/data", f"--host-resolver-rules=MAP {NAME} {address}", *trust, *args, "--dump-dom",
                f"https://{NAME}:{port}/index.html"], netns=ns, seconds=50)


def real_segments(*namespaces):
    """One packet for each TCP segment, as on a wire."""
    peers.need("ethtool")
    for ns in namespaces:
        run(["ethtool", "-K", "eth0", "tso", "off", "gso", "off", "gro", "off"], netns=ns, check=True)


def server_on_veth(lab, protocols):
    """(client's namespace, hsmon where the segments arrive). On the way out they are one packet still."""
    client_ns, server_ns = lab.pair()
    real_segments(client_ns, server_ns)
    extra = f"}} server {{ listen 10.77.0.2:443 ssl http2; ssl_certificate {lab.pki.ec.chain_file};" \
            f"ssl_certificate_key {lab.pki.ec.key}; ssl_protocols {protocols};"
    peers.nginx_server(server_ns, lab.folder, lab.pki.ec, port=8443, extra=extra)
    return client_ns, Hsmon.start("-i", "eth0", "-p", "443", netns=server_ns)


def accepted(hsmon):
    """Connections that were opened to servers of its namespace, as the kernel counts them."""
    names, values = [line.split() for line in Path(f"/proc/{hsmon.pid}/net/snmp").read_text(encoding="ascii").splitlines()
                     if line.startswith("Tcp:")]
    return int(values[names.index("PassiveOpens")])


def finish(hsmon):
    """A browser opens as many connections as it likes: as many events."""
    count = accepted(hsmon)
    assert count >= 1
    return hsmon.finish(count)


def check_hello(event):
    events.expect(event, network__protocol="tls", tls__client__server_name=NAME, hsmon__pq__offered=True,
                  hsmon__client_hello__grease=True, hsmon__client_hello__alpn=["h2", "http/1.1"], network__direction="ingress",
                  hsmon__capture__complete=True)
    hello = event["hsmon"]["client_hello"]
    assert hello["bytes"] > 1460 and hello["segments"] == 2, f"{hello['bytes']} bytes in {hello['segments']} segments"
    assert any("MLKEM" in g.upper() or "KYBER" in g.upper() for g in hello["key_share_groups"]), hello["key_share_groups"]
    assert events.get(event, "tls.client.ja4").startswith("t13d"), events.get(event, "tls.client.ja4")


@cases(TLS_1_2=("1.2",), TLS_1_3=("1.3",))
def test_chromium(lab, version):
    peers.need("chromium")
    ns, hsmon = server_on_veth(lab, f"TLSv{version}")
    done = chromium(lab, ns, "10.77.0.2", trusted=key_hash(lab, lab.pki.ec))
    assert "hello" in done.out.text(), done.told()
    found = finish(hsmon)
    for event in found:
        check_hello(event)
        events.expect(event, event__outcome="success", tls__version=version, tls__established=True,
                      hsmon__pq__negotiated=False, tls__next_protocol="h2" if version == "1.2" else None)
    events.expect(found[0], tls__resumed=False, tls__curve="x25519",
                  hsmon__cert__visibility="wire" if version == "1.2" else "encrypted")
    if version == "1.2":
        assert events.chain(found[0]) == lab.pki.ec.chain_sha256


@cases(TLS_1_2=("1.2",), TLS_1_3=("1.3",))
def test_chromium_refuses(lab, version):
    peers.need("chromium")
    ns, hsmon = server_on_veth(lab, f"TLSv{version}")
    done = chromium(lab, ns, "10.77.0.2")
    assert "hello" not in done.out.text(), done.told()
    for event in finish(hsmon):
        check_hello(event)
        events.expect(event, event__outcome="failure", tls__version=version, hsmon__end__by="client", hsmon__end__how="alert")


def test_chromium_quic(lab):
    peers.need("chromium", "gtlsserver")
    client_ns, server_ns = lab.pair()
    root = lab.folder / "documents"
    root.mkdir()
    (root / "index.html").write_text("hello\n")
    server = Process(["gtlsserver", "--quiet", "--htdocs", root, "10.77.0.2", "443", lab.pki.ec.key, lab.pki.ec.chain_file],
                     netns=server_ns)
    stacks.await_bound(server, 443)
    hsmon = Hsmon.start("-i", "eth0", "-p", "443", netns=client_ns)
    done = chromium(lab, client_ns, "10.77.0.2", trusted=key_hash(lab, lab.pki.ec),
                    args=[f"--origin-to-force-quic-on={NAME}:443", "--enable-quic"])
    assert "hello" in done.out.text(), done.told()
    hsmon.await_handshakes(1)
    hsmon.stop()
    found = [e for e in hsmon.handshakes() if events.get(e, "network.protocol") == "quic"]
    assert len(found) == 1, hsmon.told()
    events.expect(found[0], event__outcome="success", tls__version="1.3", tls__client__server_name=NAME,
                  hsmon__client_hello__alpn=["h3"], hsmon__pq__offered=True, hsmon__quic__version="1", tls__established=True)
    assert found[0]["hsmon"]["client_hello"]["bytes"] > 1460
