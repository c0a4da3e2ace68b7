# SPDX-License-Identifier: BSD-2-Clause
"""What hsmon thinks of the certificates of real servers and clients, live and confined."""
import hashlib
import json
import os
import subprocess

from lab import cases, events, peers
from lab.monitor import EXIT, Hsmon
from lab.process import Process

EMPTY_CAPTURE = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")


def seen(lab, pair, *options, client=(), server=(), name=None, version="1.2"):
    """One handshake; hsmon with its event."""
    ns = lab.netns()
    peers.openssl_server(ns, pair, port=443, version=version, args=server)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "-c", "1", *map(str, options), netns=ns)
    peers.openssl_client(ns, port=443, version=version, name=name, args=client)
    hsmon.wait()
    event, = hsmon.handshakes()
    return hsmon, event


def judged(event, side="cert"):
    return event["hsmon"][side]


def test_good_chain(lab):
    _, event = seen(lab, lab.pki.rsa, "--ca-file", lab.pki.root.cert, name="server.example")
    events.expect(event, hsmon__cert__chain_status="ok", hsmon__cert__hostname_match=True)
    assert not {"self-signed", "unknown-issuer", "hostname-mismatch"} & set(judged(event)["findings"])


EXTENSIONS = """DNS:server.example,DNS:xn--bcher-kva.example,IP:192.0.2.7,email:a@mail.example,URI:https://u.example/,\
otherName:1.2.3.4;UTF8:somebody
keyUsage = critical,digitalSignature,keyAgreement
extendedKeyUsage = serverAuth,clientAuth,1.3.9999.5
certificatePolicies = 2.23.140.1.2.1,1.3.9999.6
basicConstraints = critical,CA:FALSE
authorityInfoAccess = OCSP;URI:http://o.example/,caIssuers;URI:http://i.example/ca.der
crlDistributionPoints = URI:http://c.example/1.crl
tlsfeature = status_request
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid"""


def test_details(lab):
    """Everything that a certificate says, in the event and with -v; the hashes are openssl's."""
    pki = lab.pki
    pair = pki.leaf("details", names=EXTENSIONS)
    _, event = seen(lab, pair, "--ca-file", pki.root.cert, name="server.example", server=["-cert_chain", pair.above_file])
    leaf, above = event["hsmon"]["server_chain"]
    key = subprocess.run(["openssl", "x509", "-in", pair.cert, "-noout", "-pubkey"], capture_output=True, check=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, check=True)
    expected = {
        "version": 3, "ca": False, "must_staple": True, "self_signed": False, "sha256": pair.sha256,
        "sha1": hashlib.sha1(pair.der).hexdigest().upper(), "spki_sha256": hashlib.sha256(der.stdout).hexdigest().upper(),
        "alternative_names": ["server.example", "xn--bcher-kva.example", "192.0.2.7", "a@mail.example",
                              "https://u.example/", "1.2.3.4:somebody"],
        "key_usage": ["digitalSignature", "keyAgreement"], "ext_key_usage": ["serverAuth", "clientAuth", "1.3.9999.5"],
        "policies": ["2.23.140.1.2.1", "1.3.9999.6"], "ocsp_urls": ["http://o.example/"],
        "issuer_urls": ["http://i.example/ca.der"], "crl_urls": ["http://c.example/1.crl"],
        "authority_key_id": above["subject_key_id"],
    }
    assert {name: leaf.get(name) for name in expected} == expected, leaf
    assert above["ca"] is True and above["path_length"] == 0, above
    assert not {"scts", "name_constraints", "path_length", "exponent", "pss_hash", "malformed"} & set(leaf), leaf
    assert leaf["alternative_names"] == event["tls"]["server"]["x509"]["alternative_names"]


@cases(unknown_issuer=("untrusted", "server.example", "unknown-issuer", "unknown-issuer"),
       expired=("expired", "server.example", "expired", "expired"),
       wrong_name=("ec", "elsewhere.example", "ok", "hostname-mismatch"))
def test_bad(lab, label, name, status, finding):
    pki = lab.pki
    hsmon, event = seen(lab, getattr(pki, label), "--ca-file", pki.root.cert, "--fail-on", "medium", name=name)
    events.expect(event, hsmon__cert__chain_status=status)
    assert finding in judged(event)["findings"], judged(event)
    assert hsmon.wait() == EXIT["FINDINGS"], hsmon.told()


def test_another_time(lab):
    _, event = seen(lab, lab.pki.expired, "--ca-file", lab.pki.root.cert, "--at", "2020-01-15", name="server.example")
    assert judged(event)["days_left"] == 17
    # its issuer was not there yet
    events.expect(event, hsmon__cert__chain_status="not-yet-valid")
    assert "expired" not in judged(event)["findings"]


def test_less_than_asked_for(lab):
    """Findings below --fail-on do not change the status."""
    hsmon, event = seen(lab, lab.pki.ec, "--ca-file", lab.pki.root.cert, "--fail-on", "critical", name="elsewhere.example")
    assert "hostname-mismatch" in judged(event)["findings"]
    assert hsmon.wait() == EXIT["OK"], hsmon.told()


@cases(good=("client", "ok"), of_a_stranger=("untrusted", "unknown-issuer"))
def test_client_certificate(lab, label, status):
    pki = lab.pki
    _, event = seen(lab, pki.ec, "--ca-file", pki.root.cert, server=["-verify", "3"],
                    client=peers.openssl_own(getattr(pki, label)), name="server.example")
    events.expect(event, hsmon__client_cert__chain_status=status, hsmon__cert__chain_status="ok")
    assert ("unknown-issuer" in judged(event, "client_cert").get("findings", [])) == (status != "ok")


POLICY = """
ignore = [ "self-signed", "unknown-issuer", "incomplete-chain", "suite-cbc" ];
names = ( { name = "server.example"; minimum_version = "1.3"; issuers = "CN=Somebody Else";
            pins = "%s"; } );
"""


@cases(breaks=("00" * 32, "critical", {"policy-version", "policy-issuer", "policy-pin"}, "FINDINGS"),
       right_pin=(None, "critical", {"policy-version", "policy-issuer"}, "OK"))
def test_policy(lab, pin, fail_on, findings, status):
    pki = lab.pki
    if pin is None:
        key = subprocess.run(["openssl", "x509", "-in", pki.ec.cert, "-noout", "-pubkey"], capture_output=True, check=True)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, check=True)
        pin = hashlib.sha256(der.stdout).hexdigest()
    policy = lab.folder / "policy"
    policy.write_text(POLICY % pin)
    hsmon, event = seen(lab, pki.ec, "--policy", policy, "--fail-on", fail_on, name="server.example")
    assert {f for f in judged(event)["findings"] if f.startswith("policy-")} == findings
    events.expect(event, hsmon__cert__chain_status="unknown-issuer")
    assert "unknown-issuer" not in judged(event)["findings"]
    assert hsmon.wait() == EXIT[status], hsmon.told()


@cases(missing=("--ca-file", None, "No such file"), no_certificate=("--ca-file", "nothing\n", "no certificate"),
       bad_key=("--bad-keys", "# one\nzz\n", "line 2"), bad_logs=("--ct-logs", "", "no log"),
       bad_policy=("--policy", "ignore = [];\nignored = [];\n", "line 2: 'ignored'"))
def test_bad_files(lab, option, text, word):
    path, capture = lab.folder / "file", lab.folder / "empty.pcap"
    if text is not None:
        path.write_text(text)
    capture.write_bytes(EMPTY_CAPTURE)
    hsmon = Hsmon(["-r", capture, option, path])
    assert hsmon.wait() == EXIT["USAGE"], hsmon.told()
    assert word in hsmon.err.text() and str(path) in hsmon.err.text(), hsmon.told()


def test_no_anchors(lab):
    """A system without trust anchors: said once, and it works all the same."""
    capture = lab.folder / "empty.pcap"
    capture.write_bytes(EMPTY_CAPTURE)
    hide = "for d in /etc/ssl /etc/pki /usr/lib/ssl; do [ ! -d $d ] || mount -t tmpfs none $d || exit; done; exec \"$@\""
    hsmon = Process(["unshare", "-m", "sh", "-c", hide, "sh", os.environ["HSMON"], "-r", capture])
    assert hsmon.wait() == EXIT["OK"], hsmon.told()
    assert hsmon.err.text().count("no trust anchors") == 1, hsmon.told()


def test_inventory_across_restarts(lab):
    """Live and confined: one certificate, another one the next time, and the file knows both."""
    pki, state = lab.pki, lab.folder / "state.db"
    wanted = [(pki.rsa, "new"), (pki.rsa, None), (pki.ec, "rotated")]
    for number, (pair, action) in enumerate(wanted):
        ns = lab.netns("abc"[number])
        peers.openssl_server(ns, pair, port=443, version="1.2")
        hsmon = Hsmon.start("-i", "lo", "-p", "443", "-c", "1", "--state", state, netns=ns)
        peers.openssl_client(ns, port=443, version="1.2", name="server.example")
        assert hsmon.wait() == EXIT["OK"], hsmon.told()
        changes = [e for e in hsmon.events("hsmon.certificate") if events.get(e, "event.action") != "expiring"]
        assert [events.get(e, "event.action") for e in changes] == ([action] if action else []), hsmon.told()
    events.expect(changes[0], hsmon__certificate__previous=pki.rsa.sha256, tls__server__hash__sha256=pki.ec.sha256)
    asked = Process([os.environ["HSMON"], "certs", "--state", state, "--servers", "--json"])
    assert asked.wait() == EXIT["OK"], asked.told()
    rows = {row["sha256"]: row for row in map(json.loads, asked.out.text().splitlines())}
    assert rows[pki.rsa.sha256]["handshakes"] == 2 and rows[pki.rsa.sha256]["state"] == "replaced"
    assert rows[pki.ec.sha256]["handshakes"] == 1 and rows[pki.ec.sha256]["state"] == "current"


def test_state_cannot_be_made(lab):
    capture = lab.folder / "empty.pcap"
    capture.write_bytes(EMPTY_CAPTURE)
    hsmon = Hsmon(["-r", capture, "--state", "/nonexistent/state.db"])
    assert hsmon.wait() == EXIT["OUTPUT"], hsmon.told()
    assert "/nonexistent/state.db" in hsmon.err.text(), hsmon.told()
