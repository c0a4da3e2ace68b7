# SPDX-License-Identifier: BSD-2-Clause
"""Handshakes that break: who stopped, and that what was seen before is kept."""
from lab import cases, events, peers
from lab.monitor import Hsmon
from lab.pki import NAME

ALERTS = {40: "handshake_failure", 45: "certificate_expired", 48: "unknown_ca", 70: "protocol_version",
          116: "certificate_required"}


def broken(lab, server_pair, version, server_args=(), client_args=(), client_version=None):
    """One handshake that must break: its event, the peers."""
    ns = lab.netns()
    server = peers.openssl_server(ns, server_pair, version=version, args=server_args)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    client = peers.openssl_client(ns, version=client_version or version, args=client_args)
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="failure", tls__client__server_name=NAME)
    assert events.get(event, "event.reason"), "a failure without event.reason"
    assert events.get(event, "tls.established") is not True
    return event, server, client


def check_alert(event, sender, code):
    events.expect(event, hsmon__alert__from=sender, hsmon__alert__code=code, hsmon__alert__description=ALERTS[code],
                  hsmon__alert__level="fatal", hsmon__end__by=sender, hsmon__end__how="alert")
    reason = event["event"]["reason"]
    assert sender in reason and ALERTS[code] in reason, reason


@cases(expired=("expired", 45), unknown_issuer=("untrusted", 48))
def test_client_refuses(lab, which, code):
    pair = getattr(lab.pki, which)
    event, server, _ = broken(lab, pair, "1.2", client_args=["-verify_return_error", "-CAfile", lab.pki.root.cert])
    check_alert(event, "client", code)
    peers_code = peers.openssl_alert_code(server)
    assert peers_code in (None, code), f"the server was told {peers_code}"
    assert events.chain(event) == pair.chain_sha256
    events.expect(event, tls__server__hash__sha256=pair.sha256, hsmon__cert__visibility="wire", tls__version="1.2")


@cases(expired=("expired",), unknown_issuer=("untrusted",))
def test_client_refuses_in_TLS_1_3(lab, which):
    """The alert is encrypted: that the client stopped is told from order and length of the records."""
    event, _, _ = broken(lab, getattr(lab.pki, which), "1.3",
                         client_args=["-verify_return_error", "-CAfile", lab.pki.root.cert])
    events.expect(event, tls__version="1.3", hsmon__end__by="client", hsmon__cert__visibility="encrypted")
    assert "client" in event["event"]["reason"]


def test_expired_is_found_by_hsmon_too(lab):
    """The peers do not care; the event says how long ago it ended."""
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.expired)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    peers.openssl_client(ns, version="1.2")
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="success")
    assert event["hsmon"]["cert"]["days_left"] < -365
    assert event["tls"]["server"]["not_after"].startswith("2020-02-01T00:00:00")


def test_no_client_certificate_where_one_is_required(lab):
    event, _, client = broken(lab, lab.pki.ec, "1.2",
                              server_args=["-Verify", "3", "-verify_return_error", "-CAfile", lab.pki.root.cert])
    check_alert(event, "server", peers.openssl_alert_code(client))
    events.expect(event, hsmon__certificate_request__seen=True)
    assert events.chain(event, "client") == []
    assert "certificate" in events.step_names(event, "client"), "the empty Certificate is a step"


def test_no_client_certificate_where_one_is_required_in_TLS_1_3(lab):
    event, _, _ = broken(lab, lab.pki.ec, "1.3",
                         server_args=["-Verify", "3", "-verify_return_error", "-CAfile", lab.pki.root.cert])
    events.expect(event, tls__version="1.3", hsmon__end__by="server")


def test_no_version_in_common(lab):
    event, _, client = broken(lab, lab.pki.ec, "1.3", client_version="1.2")
    check_alert(event, "server", peers.openssl_alert_code(client))
    assert events.step_names(event)[0] == "client_hello"


def test_no_cipher_in_common(lab):
    event, _, client = broken(lab, lab.pki.ec, "1.2", client_args=["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"])
    check_alert(event, "server", peers.openssl_alert_code(client))


def test_server_that_closes_at_once(lab):
    """Accepts and closes without a word: a failure after ClientHello, not a silence."""
    import sys
    from lab.process import Process
    ns = lab.netns()
    server = Process([sys.executable, "-c",
                      "import socket\ns = socket.create_server(('127.0.0.1', 443))\n"
                      "c, _ = s.accept()\nc.recv(16384)\nc.close()\n"], netns=ns)
    server.await_listening(443)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    peers.openssl_client(ns, version="1.2")
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="failure", tls__client__server_name=NAME, hsmon__end__by="server")
    assert events.get(event, "hsmon.end.how") in ("fin", "rst")
