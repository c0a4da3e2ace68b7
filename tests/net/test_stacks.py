# SPDX-License-Identifier: BSD-2-Clause
"""Other TLS libraries, each as client and as server, against OpenSSL, which says what is to be expected."""
import re

from lab import cases, events, peers, stacks
from lab.monitor import Hsmon
from lab.pki import NAME

# what OpenSSL is told to speak, and its name in the registry
CIPHERS = {"1.1": ("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
           "1.2": ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
           "1.3": ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256")}
VERSIONS = {"NSS": ("1.2", "1.3"), "mbedTLS": ("1.1", "1.2"), "wolfSSL": ("1.2", "1.3"), "Go": ("1.2", "1.3"),
            "Java": ("1.2", "1.3")}
EVERY = {f"{stack}_TLS_{version}": (stack, version) for stack, versions in VERSIONS.items() for version in versions}
MODERN = {label: value for label, value in EVERY.items() if value[1] != "1.1"}
VISIBLE = {"1.1": "wire", "1.2": "wire", "1.3": "encrypted"}


def openssl_args(version):
    if version == "1.3":
        return ["-ciphersuites", CIPHERS[version][0]]
    return ["-cipher", CIPHERS[version][0] + (":@SECLEVEL=0" if version == "1.1" else "")]


def openssl_server(lab, ns, pair, version, demand=False):
    args = ["-Verify", "3", "-verify_return_error", "-CAfile", lab.pki.root.cert] if demand else []
    return peers.openssl_server(ns, pair, version=version, args=[*openssl_args(version), "-alpn", stacks.ALPN, *args])


def openssl_client(lab, ns, version, own=None, root=None):
    args = peers.openssl_own(own) if own else []
    return peers.openssl_client(ns, version=version, args=[*openssl_args(version), "-alpn", stacks.ALPN, "-verify_return_error",
                                                           "-CAfile", (root or lab.pki.root).cert, *args])


def watch(ns):
    return Hsmon.start("-i", "lo", "-p", "443", netns=ns)


def check_hello(event, version):
    """What was seen of both hellos, whatever came of them."""
    hidden = version == "1.3"
    events.expect(event, tls__version=version, tls__version_protocol="tls", tls__cipher=CIPHERS[version][1],
                  tls__client__server_name=NAME, network__protocol="tls", network__transport="tcp", tls__resumed=False,
                  tls__next_protocol=None if hidden else stacks.ALPN, hsmon__client_hello__alpn=[stacks.ALPN],
                  hsmon__upgraded_from=None, hsmon__capture__complete=True, hsmon__cert__visibility=VISIBLE[version])
    assert events.get(event, "tls.curve") in ("x25519", "secp256r1", "secp384r1", "secp521r1"), events.get(event, "tls.curve")
    assert re.fullmatch(rf"t{version.replace('.', '')}d\d{{4}}h1_[0-9a-f]{{12}}_[0-9a-f]{{12}}",
                        events.get(event, "tls.client.ja4")), events.get(event, "tls.client.ja4")


def check(event, version, pair, client_pair=None):
    """A handshake that succeeded."""
    check_hello(event, version)
    events.expect(event, event__outcome="success", tls__established=True, event__reason=None)
    if version == "1.3":
        assert events.chain(event) == []
        return
    events.expect(event, tls__server__hash__sha256=pair.sha256,
                  tls__client__hash__sha256=client_pair.sha256 if client_pair else None)
    assert events.chain(event) == pair.chain_sha256
    assert events.chain(event, "client") == (client_pair.chain_sha256 if client_pair else [])
    assert events.get(event, "hsmon.certificate_request.seen", False) is (client_pair is not None)


def check_refused(event, version, by, told):
    """One that `by` broke because of a certificate; told: the other side, on OpenSSL."""
    check_hello(event, version)
    events.expect(event, event__outcome="failure", hsmon__end__by=by)
    assert events.get(event, "tls.established") is not True
    assert by in event["event"]["reason"], event["event"]["reason"]
    code = peers.openssl_alert_code(told)
    events.expect(event, hsmon__end__how="alert")
    if version != "1.3":
        assert code is not None, told.told()
        events.expect(event, hsmon__alert__from=by, hsmon__alert__code=code)


@cases(**EVERY)
def test_client(lab, stack, version):
    ns, (pair, _) = lab.netns(), stacks.certificates(lab, stack)
    openssl_server(lab, ns, pair, version)
    hsmon = watch(ns)
    client = stacks.client(lab, ns, stack, lab.pki.root, version, alpn=stacks.ALPN)
    assert stacks.shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, version, pair)


@cases(**EVERY)
def test_client_with_certificate(lab, stack, version):
    ns, (pair, own) = lab.netns(), stacks.certificates(lab, stack)
    openssl_server(lab, ns, pair, version, demand=True)
    hsmon = watch(ns)
    client = stacks.client(lab, ns, stack, lab.pki.root, version, pair=own, alpn=stacks.ALPN)
    assert stacks.shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check(event, version, pair, own)


@cases(**EVERY)
def test_server(lab, stack, version):
    ns, (pair, _) = lab.netns(), stacks.certificates(lab, stack)
    stacks.server(lab, ns, stack, pair, version, alpn=stacks.ALPN)
    hsmon = watch(ns)
    client = openssl_client(lab, ns, version)
    assert "hello" in client.out.text(), client.told()
    [event] = hsmon.finish(1)
    check(event, version, pair)


@cases(**EVERY)
def test_server_with_client_certificate(lab, stack, version):
    ns, (pair, own) = lab.netns(), stacks.certificates(lab, stack)
    stacks.server(lab, ns, stack, pair, version, demand_root=lab.pki.root, alpn=stacks.ALPN)
    hsmon = watch(ns)
    client = openssl_client(lab, ns, version, own)
    assert "hello" in client.out.text(), client.told()
    [event] = hsmon.finish(1)
    check(event, version, pair, own)


@cases(**MODERN)
def test_client_refuses(lab, stack, version):
    """A root that it does not know."""
    ns, (pair, _) = lab.netns(), stacks.certificates(lab, stack)
    server = openssl_server(lab, ns, pair, version)
    hsmon = watch(ns)
    client = stacks.client(lab, ns, stack, lab.pki.other_root, version, alpn=stacks.ALPN)
    assert not stacks.shook_hands(client), client.told()
    [event] = hsmon.finish(1)
    check_refused(event, version, "client", server)
    if version == "1.2":
        assert events.chain(event) == pair.chain_sha256


@cases(**MODERN)
def test_server_refuses(lab, stack, version):
    """A client certificate of a root that it does not know."""
    ns, (pair, _) = lab.netns(), stacks.certificates(lab, stack)
    stacks.server(lab, ns, stack, pair, version, demand_root=lab.pki.root, alpn=stacks.ALPN)
    hsmon = watch(ns)
    client = openssl_client(lab, ns, version, own=lab.pki.untrusted)
    assert "hello" not in client.out.text(), client.told()
    [event] = hsmon.finish(1)
    check_refused(event, version, "server", client)
    if version == "1.2":
        assert events.chain(event, "client") == lab.pki.untrusted.chain_sha256


@cases(**MODERN)
def test_client_is_refused(lab, stack, version):
    """It has no certificate, or none that the server takes."""
    ns, (pair, _) = lab.netns(), stacks.certificates(lab, stack)
    openssl_server(lab, ns, pair, version, demand=True)
    hsmon = watch(ns)
    stacks.client(lab, ns, stack, lab.pki.root, version, alpn=stacks.ALPN)
    [event] = hsmon.finish(1)
    check_hello(event, version)
    events.expect(event, event__outcome="failure", hsmon__end__by="server", hsmon__end__how="alert")
    if version == "1.2":
        events.expect(event, hsmon__alert__from="server", hsmon__certificate_request__seen=True)
