# SPDX-License-Identifier: BSD-2-Clause
"""Many handshakes at once: each reported exactly once, none lost."""
import sys
from collections import Counter
from pathlib import Path

from lab import cases, events, peers
from lab.monitor import Hsmon
from lab.process import run

LOAD = Path(__file__).parent / "lab/handshakes.py"


def load(netns, count, threads, address, *versions):
    """[(version, client port)] of handshakes that the client saw succeed."""
    client = run([sys.executable, LOAD, str(count), str(threads), address, "443", *versions], netns=netns, seconds=50, check=True)
    made = [line.split() for line in client.out.text().splitlines()]
    assert len(made) == count, client.told()
    return [(version, int(port)) for version, port in made]


@cases(loopback=("lo",), veth=("eth0",))
def test_thousand(lab, interface):
    client_ns, server_ns = lab.pair()
    address = "10.77.0.2"
    if interface == "lo":
        client_ns, address = server_ns, "127.0.0.1"
    peers.nginx_server(server_ns, lab.folder, lab.pki.ec)
    hsmon = Hsmon.start("-i", interface, "-p", "443", netns=server_ns)
    made = load(client_ns, 1000, 16, address, "1.2", "1.3")
    found = hsmon.finish(1000, 20)
    reported = Counter((e["tls"]["version"], e["client"]["port"]) for e in found)
    assert reported == Counter(made), (f"not reported: {list((Counter(made) - reported).elements())[:9]}, "
                                       f"reported too much: {list((reported - Counter(made)).elements())[:9]}")
    wrong = [e for e in found if events.get(e, "event.outcome") != "success" or not events.get(e, "hsmon.capture.complete")]
    assert not wrong, f"{len(wrong)} not complete successes, the first: {wrong[0]}"
    names = Counter(e["server"]["domain"] for e in found)
    assert names == Counter(f"n{i}.server.example" for i in range(1000))
    chains = [events.chain(e) for e in found if e["tls"]["version"] == "1.2"]
    assert len(chains) == 500 and all(c == lab.pki.ec.chain_sha256 for c in chains)
    check_stats(hsmon, 1000)


def check_stats(hsmon, count):
    """The closing statistics count the same, and no loss."""
    last = hsmon.events()[-1]
    assert events.dataset(last) == "hsmon.stats", f"the last event is {events.dataset(last)}"
    handshakes = [v for k, v in walk(last) if k.endswith("handshakes.success")]
    assert handshakes == [count], f"hsmon.stats counts {handshakes} successes"
    drops = {k: v for k, v in walk(last) if ".drops." in k}
    assert drops and not any(drops.values()), f"drops: {drops}"


def walk(event, path=""):
    for key, value in event.items():
        if isinstance(value, dict):
            yield from walk(value, f"{path}{key}.")
        else:
            yield path + key, value


def test_certificates_are_those_served(lab):
    """Byte for byte: the hashes, and the DER itself where --der is asked for."""
    pki, ns = lab.pki, lab.netns()
    import base64
    hsmon = Hsmon.start("-i", "lo", "-p", "443-445", "--der", netns=ns)
    for port, pair in ((443, pki.rsa), (444, pki.ec), (445, pki.expired)):
        peers.openssl_server(ns, pair, port=port)
        peers.openssl_client(ns, port=port, version="1.2")
    found = hsmon.finish(3)
    for event, pair in zip(found, (pki.rsa, pki.ec, pki.expired)):
        assert events.chain(event) == pair.chain_sha256
        der = [base64.b64decode(c, validate=True) for c in events.get(event, "tls.server.certificate_chain", [])]
        assert der == pair.chain
