# SPDX-License-Identifier: BSD-2-Clause
"""DTLS: five libraries, each as client and as server, most of them against OpenSSL."""
from lab import cases, events, peers, stacks
from lab.monitor import Hsmon
from lab.pki import NAME
from lab.process import Process, run

PORT = 4433
CIPHER = ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
OLD_CIPHER = ("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")
GNUTLS = "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-CIPHER-ALL:+AES-128-GCM:-KX-ALL:+ECDHE-RSA"
SMALL_PROGRAMS = {"NSS": ("NSS",), "mbedTLS": ("mbedTLS",), "wolfSSL": ("wolfSSL",)}
REFUSING = {stack: (stack,) for stack in ("NSS", "mbedTLS")}


def openssl_version(version):
    if version == "1.0":
        return ["-dtls1", "-cipher", f"{OLD_CIPHER[0]}:@SECLEVEL=0"]
    return ["-dtls1_2", "-cipher", CIPHER[0]]


def openssl_server(ns, pair, version="1.2", args=()):
    """Its input stays open: it ends with it."""
    server = Process(["openssl", "s_server", "-accept", str(PORT), *peers.openssl_own(pair), *openssl_version(version), *args],
                     netns=ns, stdin=None)
    return stacks.await_bound(server, PORT)


def openssl_client(ns, version="1.2", args=()):
    """Ends with its input, after the handshake: a DTLS server's goodbye may not reach it."""
    return run(["openssl", "s_client", "-connect", f"127.0.0.1:{PORT}", "-servername", NAME, *openssl_version(version), *args],
               netns=ns, stdin=peers.REQUEST)


def gnutls_server(ns, pair, args=()):
    peers.need("gnutls-serv")
    server = Process(["gnutls-serv", "--udp", "--http", "--port", str(PORT), "--x509certfile", pair.chain_file,
                      "--x509keyfile", pair.key, "--priority", GNUTLS, *args], netns=ns)
    return stacks.await_bound(server, PORT)


def gnutls_client(ns, pki, args=()):
    peers.need("gnutls-cli")
    return run(["gnutls-cli", "--udp", "--port", str(PORT), "--x509cafile", pki.root.cert, "--sni-hostname", NAME,
                "--verify-hostname", NAME, "--priority", GNUTLS, *args, "127.0.0.1"], netns=ns, stdin=peers.REQUEST)


def demand(pki):
    return ["-Verify", "3", "-verify_return_error", "-CAfile", pki.root.cert]


def watch(ns, *args):
    return Hsmon.start("-i", "lo", "-p", str(PORT), *args, netns=ns)


def check(event, pair, client_pair=None, version="1.2", cipher=CIPHER[1], **more):
    events.expect(event, event__outcome="success", network__protocol="dtls", network__transport="udp",
                  tls__version=version, tls__version_protocol="dtls", tls__cipher=cipher, tls__client__server_name=NAME,
                  tls__established=True, tls__resumed=False, server__port=PORT, hsmon__cert__visibility="wire",
                  hsmon__capture__complete=True, tls__server__hash__sha256=pair.sha256, event__reason=None, **more)
    assert events.get(event, "tls.curve") in ("x25519", "secp256r1", "secp384r1", "secp521r1"), events.get(event, "tls.curve")
    # JA4 writes DTLS 1.2 as d2 behind the d of the transport, DTLS 1.0 as d1
    assert events.get(event, "tls.client.ja4").startswith({"1.0": "dd1d", "1.2": "dd2d"}[version])
    assert events.chain(event) == pair.chain_sha256
    assert events.chain(event, "client") == (client_pair.chain_sha256 if client_pair else [])
    assert events.get(event, "hsmon.certificate_request.seen", False) is (client_pair is not None)


@cases(DTLS_1_0=("1.0", OLD_CIPHER[1]), DTLS_1_2=("1.2", CIPHER[1]))
def test_openssl(lab, version, cipher):
    ns, pair = lab.netns(), lab.pki.rsa
    openssl_server(ns, pair, version)
    hsmon = watch(ns)
    client = openssl_client(ns, version)
    assert peers.openssl_shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, pair, version=version, cipher=cipher)


@cases(large_datagrams=(1400,), small_datagrams=(256,))
def test_openssl_with_client_certificate(lab, mtu):
    """With small datagrams the Certificates come in fragments."""
    ns, pki = lab.netns(), lab.pki
    openssl_server(ns, pki.rsa, args=["-mtu", str(mtu), *demand(pki)])
    hsmon = watch(ns)
    client = openssl_client(ns, args=["-mtu", str(mtu), *peers.openssl_own(pki.client)])
    assert peers.openssl_shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, pki.rsa, pki.client)


def test_openssl_with_cookie(lab):
    ns, pair = lab.netns(), lab.pki.rsa
    openssl_server(ns, pair, args=["-listen"])
    hsmon = watch(ns)
    client = openssl_client(ns)
    assert peers.openssl_shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, pair, hsmon__dtls__cookie=True)


def test_gnutls_server(lab):
    ns, pair = lab.netns(), lab.pki.rsa
    gnutls_server(ns, pair, ["--disable-client-cert"])
    hsmon = watch(ns)
    client = openssl_client(ns)
    assert peers.openssl_shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, pair, hsmon__dtls__cookie=True)


def test_gnutls_client(lab):
    ns, pair = lab.netns(), lab.pki.rsa
    openssl_server(ns, pair)
    hsmon = watch(ns)
    client = gnutls_client(ns, lab.pki)
    assert "Handshake was completed" in client.out.text(), client.told()
    [event] = hsmon.finish(1)
    check(event, pair)


def test_gnutls_both_with_client_certificate(lab):
    ns, pki = lab.netns(), lab.pki
    gnutls_server(ns, pki.rsa, ["--require-client-cert", "--x509cafile", str(pki.root.cert)])
    hsmon = watch(ns)
    client = gnutls_client(ns, pki, ["--x509certfile", str(pki.client.chain_file), "--x509keyfile", str(pki.client.key)])
    assert "Handshake was completed" in client.out.text(), client.told()
    [event] = hsmon.finish(1)
    check(event, pki.rsa, pki.client)


@cases(**SMALL_PROGRAMS)
def test_client(lab, stack):
    ns, (pair, own) = lab.netns(), stacks.certificates(lab, stack)
    openssl_server(ns, pair, args=demand(lab.pki))
    hsmon = watch(ns)
    client = stacks.client(lab, ns, stack, lab.pki.root, "1.2", pair=own, udp=True, port=PORT)
    assert stacks.shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, pair, own)


@cases(**SMALL_PROGRAMS)
def test_server(lab, stack):
    ns, (pair, own) = lab.netns(), stacks.certificates(lab, stack)
    stacks.server(lab, ns, stack, pair, "1.2", demand_root=lab.pki.root, udp=True, port=PORT)
    hsmon = watch(ns)
    client = openssl_client(ns, args=peers.openssl_own(own))
    assert peers.openssl_shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, pair, own)


@cases(**REFUSING)
def test_client_refuses(lab, stack):
    ns, pki = lab.netns(), lab.pki
    server = openssl_server(ns, pki.rsa)
    hsmon = watch(ns)
    client = stacks.client(lab, ns, stack, pki.other_root, "1.2", udp=True, port=PORT)
    assert not stacks.shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    code = peers.openssl_alert_code(server)
    events.expect(event, event__outcome="failure", hsmon__end__by="client", hsmon__end__how="alert", network__protocol="dtls",
                  tls__client__server_name=NAME, tls__version="1.2", hsmon__alert__from="client")
    assert code in (None, events.get(event, "hsmon.alert.code")), server.told()
    assert events.chain(event) == pki.rsa.chain_sha256


def test_openssl_server_refuses(lab):
    """It demands a certificate, the client has none."""
    ns, pki = lab.netns(), lab.pki
    openssl_server(ns, pki.rsa, args=demand(pki))
    hsmon = watch(ns)
    client = openssl_client(ns)
    code = peers.openssl_alert_code(client)
    assert code is not None, client.told()
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="failure", hsmon__end__by="server", hsmon__end__how="alert",
                  hsmon__alert__code=code, hsmon__certificate_request__seen=True)


@cases(without_certificate=(False,), with_client_certificate=(True,))
def test_nss_DTLS_1_3(lab, mutual):
    ns, pki = lab.netns(), lab.pki
    stacks.server(lab, ns, "NSS", pki.rsa, "1.3", demand_root=pki.root if mutual else None, udp=True, port=PORT)
    hsmon = watch(ns)
    client = stacks.client(lab, ns, "NSS", pki.root, "1.3", pair=pki.client if mutual else None, udp=True, port=PORT)
    assert stacks.shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="success", network__protocol="dtls", tls__version="1.3", tls__version_protocol="dtls",
                  tls__cipher="TLS_AES_128_GCM_SHA256", tls__client__server_name=NAME, hsmon__cert__visibility="encrypted",
                  tls__established=True)


def test_nss_client_refuses_DTLS_1_3(lab):
    """Its encrypted alert is as long as an acknowledgement of nothing: that it was the end shows when nothing follows."""
    ns, pki = lab.netns(), lab.pki
    stacks.server(lab, ns, "NSS", pki.rsa, "1.3", udp=True, port=PORT)
    hsmon = watch(ns, "--handshake-timeout", "2")
    client = stacks.client(lab, ns, "NSS", pki.other_root, "1.3", udp=True, port=PORT)
    assert not stacks.shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="failure", network__protocol="dtls", tls__version="1.3", hsmon__end__by="client",
                  hsmon__end__how="alert", tls__client__server_name=NAME)
