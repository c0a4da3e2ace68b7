# SPDX-License-Identifier: BSD-2-Clause
"""Every version, with and without a client certificate, over every kind of address."""
from lab import Skip, cases, events, peers
from lab.monitor import Hsmon
from lab.pki import NAME

SERVER_FLIGHT = {False: ["server_hello", "certificate", "server_key_exchange", "server_hello_done"],
                 True: ["server_hello", "certificate", "server_key_exchange", "certificate_request", "server_hello_done"]}
CLIENT_FLIGHT = {False: ["client_hello", "client_key_exchange", "change_cipher_spec"],
                 True: ["client_hello", "certificate", "client_key_exchange", "certificate_verify", "change_cipher_spec"]}


def prefix(names, wanted):
    assert names[:len(wanted)] == wanted, f"steps {names}, expected {wanted} first"


def check_visible(lab, event, mutual):
    """Up to TLS 1.2 everything of the handshake is in clear."""
    pki = lab.pki
    events.expect(event, tls__curve="x25519", hsmon__cert__visibility="wire",
                  tls__server__hash__sha256=pki.rsa.sha256,
                  tls__server__x509__subject__common_name=[NAME],
                  tls__server__x509__public_key_algorithm="RSA", tls__server__x509__public_key_size=2048)
    assert events.chain(event) == pki.rsa.chain_sha256
    # a NewSessionTicket may come before the server's ChangeCipherSpec: the flight before it is the same
    prefix(events.step_names(event, "server"), SERVER_FLIGHT[mutual])
    prefix(events.step_names(event, "client"), CLIENT_FLIGHT[mutual])
    assert events.get(event, "hsmon.certificate_request.seen", False) is mutual
    assert events.chain(event, "client") == (pki.client.chain_sha256 if mutual else [])
    if mutual:
        events.expect(event, tls__client__x509__subject__common_name=["Client Example"],
                      tls__client__hash__sha256=pki.client.sha256)
        authorities = events.get(event, "hsmon.certificate_request.authorities")
        assert any("Test Root" in a for a in authorities), f"authorities {authorities}"


@cases(TLS_1_0=("1.0", False), TLS_1_0_client_certificate=("1.0", True),
       TLS_1_1=("1.1", False), TLS_1_1_client_certificate=("1.1", True),
       TLS_1_2=("1.2", False), TLS_1_2_client_certificate=("1.2", True),
       TLS_1_3=("1.3", False), TLS_1_3_client_certificate=("1.3", True))
def test_openssl(lab, version, mutual):
    pki, ns = lab.pki, lab.netns()
    demand = ["-Verify", "3", "-verify_return_error", "-CAfile", pki.root.cert] if mutual else []
    offer = peers.openssl_own(pki.client) if mutual else []
    # P-256 is the client certificate's curve: OpenSSL refuses a key on a curve that it does not list
    peers.openssl_server(ns, pki.rsa, version=version, args=["-curves", "X25519:P-256", *demand])
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    client = peers.openssl_client(ns, version=version, args=["-CAfile", pki.root.cert, *offer])
    if not peers.openssl_shook_hands(client) and version in ("1.0", "1.1"):
        raise Skip(f"this OpenSSL does not speak TLS {version}")
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="success", tls__version=version, tls__version_protocol="tls", tls__established=True,
                  tls__resumed=False, tls__client__server_name=NAME, server__domain=NAME,
                  client__ip="127.0.0.1", server__ip="127.0.0.1", server__port=443,
                  network__transport="tcp", network__protocol="tls", network__type="ipv4",
                  hsmon__capture__complete=True)
    if version == "1.3":
        events.expect(event, tls__curve="x25519", hsmon__cert__visibility="encrypted")
        assert "TLS_AES_256_GCM_SHA384" == events.get(event, "tls.cipher")
    else:
        check_visible(lab, event, mutual)


@cases(loopback_IPv4=("lo", "127.0.0.1", "ipv4"), loopback_IPv6=("lo", "::1", "ipv6"),
       veth_IPv4=("eth0", "10.77.0.2", "ipv4"), veth_IPv6=("eth0", "fd77:0::2", "ipv6"))
def test_address(lab, interface, address, family):
    client_ns, server_ns = lab.pair()
    address = address.replace("fd77:0::", "fd77::")
    if interface == "lo":
        client_ns = server_ns
    peers.openssl_server(server_ns, lab.pki.ec, address=address)
    hsmon = Hsmon.start("-p", "443", netns=server_ns)
    assert peers.openssl_shook_hands(peers.openssl_client(client_ns, version="1.2", address=address))
    [event] = hsmon.finish(1)
    source = {"127.0.0.1": "127.0.0.1", "::1": "::1", "10.77.0.2": "10.77.0.1", "fd77::2": "fd77::1"}[address]
    events.expect(event, event__outcome="success", network__type=family, server__ip=address, destination__ip=address,
                  client__ip=source, source__ip=source, observer__ingress__interface__name=interface,
                  hsmon__interfaces=[interface], hsmon__capture__complete=True)
    assert events.chain(event) == lab.pki.ec.chain_sha256


@cases(ingress=("server", "ingress"), egress=("client", "egress"))
def test_direction(lab, side, direction):
    """The client's first packet, as this host sees it."""
    client_ns, server_ns = lab.pair()
    peers.openssl_server(server_ns, lab.pki.ec, address="10.77.0.2")
    hsmon = Hsmon.start("-i", "eth0", "-p", "443", netns=server_ns if side == "server" else client_ns)
    peers.openssl_client(client_ns, address="10.77.0.2", version="1.2")
    [event] = hsmon.finish(1)
    events.expect(event, network__direction=direction, event__outcome="success")


@cases(TLS_1_2=("1.2",), TLS_1_3=("1.3",))
def test_resumption(lab, version):
    pki, ns = lab.pki, lab.netns()
    session = lab.folder / "session"
    peers.openssl_server(ns, pki.ec, version=version)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    peers.openssl_client(ns, version=version, args=["-sess_out", session])
    second = peers.openssl_client(ns, version=version, args=["-sess_in", session])
    assert "Reused, TLS" in second.out.text(), second.told()
    full, resumed = hsmon.finish(2)
    events.expect(full, event__outcome="success", tls__resumed=False)
    events.expect(resumed, event__outcome="success", tls__resumed=True, hsmon__cert__visibility="resumed")


def test_no_server_name(lab):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    peers.openssl_client(ns, name=None)
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="success", server__domain=None, tls__client__server_name=None)


def test_other_ports_are_left_alone(lab):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec, port=443)
    peers.openssl_server(ns, lab.pki.ec, port=9001)
    hsmon = Hsmon.start("-i", "lo", "-p", "443,8443,9000-9001", netns=ns)
    peers.openssl_server(ns, lab.pki.ec, port=9002)
    for port in (9002, 9001, 443):
        assert peers.openssl_shook_hands(peers.openssl_client(ns, port=port))
    found = hsmon.finish(2)
    assert [e["server"]["port"] for e in found] == [9001, 443]
