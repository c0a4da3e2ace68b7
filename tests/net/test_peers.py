# SPDX-License-Identifier: BSD-2-Clause
"""Peers other than OpenSSL's own programs."""
from lab import cases, events, peers
from lab.monitor import Hsmon
from lab.pki import NAME


def check(lab, event, version, pair, mutual=False):
    events.expect(event, event__outcome="success", tls__version=version, tls__established=True, tls__client__server_name=NAME,
                  hsmon__cert__visibility="wire" if version == "1.2" else "encrypted", hsmon__capture__complete=True)
    if version == "1.2":
        assert events.chain(event) == pair.chain_sha256
        assert events.chain(event, "client") == (lab.pki.client.chain_sha256 if mutual else [])
        assert events.get(event, "hsmon.certificate_request.seen", False) is mutual


@cases(TLS_1_2=("1.2",), TLS_1_3=("1.3",))
def test_gnutls_server_openssl_client(lab, version):
    ns = lab.netns()
    peers.gnutls_server(ns, lab.pki.rsa, version=version, args=["--disable-client-cert"])
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    client = peers.openssl_client(ns, version=version)
    assert peers.openssl_shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(lab, event, version, lab.pki.rsa)


@cases(TLS_1_2=("1.2",), TLS_1_3=("1.3",))
def test_openssl_server_gnutls_client(lab, version):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.rsa, version=version)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    client = peers.gnutls_client(ns, lab.pki, version=version)
    assert "Handshake was completed" in client.out.text(), client.told()
    [event] = hsmon.finish(1)
    check(lab, event, version, lab.pki.rsa)


@cases(TLS_1_2=("1.2",), TLS_1_3=("1.3",))
def test_gnutls_both_with_client_certificate(lab, version):
    pki, ns = lab.pki, lab.netns()
    peers.gnutls_server(ns, pki.ec, version=version, args=["--require-client-cert", "--x509cafile", str(pki.root.cert)])
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    client = peers.gnutls_client(ns, pki, version=version,
                                 args=["--x509certfile", str(pki.client.chain_file), "--x509keyfile", str(pki.client.key)])
    assert "Handshake was completed" in client.out.text(), client.told()
    [event] = hsmon.finish(1)
    check(lab, event, version, pki.ec, mutual=True)


def test_gnutls_client_refuses_expired(lab):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.expired, version="1.2")
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    client = peers.gnutls_client(ns, lab.pki, version="1.2")
    assert client.popen.returncode != 0
    [event] = hsmon.finish(1)
    assert events.chain(event) == lab.pki.expired.chain_sha256
    # GnuTLS judges after the handshake has finished (callback-less gnutls-cli) or during it: both are true stories
    assert event["event"]["outcome"] in ("success", "failure")
    if event["event"]["outcome"] == "failure":
        events.expect(event, hsmon__end__by="client")


@cases(TLS_1_2_IPv4=("1.2", "127.0.0.1"), TLS_1_2_IPv6=("1.2", "::1"), TLS_1_3_IPv4=("1.3", "127.0.0.1"))
def test_nginx_curl(lab, version, address):
    ns = lab.netns()
    peers.nginx_server(ns, lab.folder, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    client = peers.curl(ns, lab.pki, address=peers.bracketed(address), version=version)
    assert client.out.text() == "hello", client.told()
    [event] = hsmon.finish(1)
    check(lab, event, version, lab.pki.ec)
    assert "http/1.1" in events.get(event, "hsmon.client_hello.alpn", [])
    if version == "1.2":
        events.expect(event, tls__next_protocol="http/1.1")


def test_nginx_curl_with_client_certificate(lab):
    pki, ns = lab.pki, lab.netns()
    peers.nginx_server(ns, lab.folder, pki.ec,
                       extra=f"ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate {pki.root.cert};")
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    with_certificate = peers.curl(ns, pki, args=["--cert", str(pki.client.chain_file), "--key", str(pki.client.key)])
    assert with_certificate.out.text() == "hello", with_certificate.told()
    without = peers.curl(ns, pki)
    assert "400" in without.out.text(), without.told()       # nginx says it in HTTP: the handshake itself succeeds
    first, second = hsmon.finish(2)
    check(lab, first, "1.2", pki.ec, mutual=True)
    events.expect(second, event__outcome="success", hsmon__certificate_request__seen=True)
    assert events.chain(second, "client") == []
