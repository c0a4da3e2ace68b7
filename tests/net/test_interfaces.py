# SPDX-License-Identifier: BSD-2-Clause
"""Interfaces that come and go, and neighbours at the hook."""
import json
import subprocess

from lab import attached, cases, events, netns, peers
from lab.monitor import Hsmon
from lab.process import run
from lab.wait import until

# classic BPF that matches nothing: the one classifier that every kernel which can run hsmon has
FOREIGN = ["bpf", "bytecode", "1,6 0 0 0", "flowid", "1:1"]


def ours(ns, interface):
    return [hook for hook, _ in attached.in_netns(ns).get(interface, []) if hook != "qdisc"]


def both_hooks(ns, interface):
    return len(ours(ns, interface)) >= 2


def test_all_that_are_up(lab):
    """Without -i: every interface that is up, loopback included; each handshake is one event."""
    client_ns, server_ns = lab.pair()
    server = {"127.0.0.1": "lo", "10.77.0.2": "eth0"}
    peers.openssl_server(server_ns, lab.pki.ec, address="0.0.0.0")
    hsmon = Hsmon.start("-p", "443", netns=server_ns)
    peers.openssl_client(server_ns, address="127.0.0.1")
    peers.openssl_client(client_ns, address="10.77.0.2")
    for event in hsmon.finish(2):
        assert event["hsmon"]["interfaces"] == [server[event["server"]["ip"]]]


def test_one_that_appears_later(lab):
    ns, other = lab.netns("a"), lab.netns("b")
    hsmon = Hsmon.start("-p", "443", netns=ns)
    netns.veth(ns, other)
    until(lambda: both_hooks(ns, "eth0"), "hsmon on the new interface", 5)
    peers.openssl_server(other, lab.pki.ec, address="10.77.0.2")
    peers.openssl_client(ns, address="10.77.0.2")
    [event] = hsmon.finish(1)
    assert event["hsmon"]["interfaces"] == ["eth0"]
    said = hsmon.events("hsmon.interface")
    assert any(events.get(e, "observer.ingress.interface.name") == "eth0" for e in said), f"no hsmon.interface event for eth0: {said}"


def test_one_that_goes_and_comes_back(lab):
    ns, other = lab.pair()
    hsmon = Hsmon.start("-p", "443", netns=ns)
    assert both_hooks(ns, "eth0")
    netns.ip("-n", ns.name, "link", "del", "eth0")
    netns.veth(ns, other)
    until(lambda: both_hooks(ns, "eth0"), "hsmon on the interface that came back", 5)
    peers.openssl_server(other, lab.pki.ec, address="10.77.0.2")
    peers.openssl_client(ns, address="10.77.0.2")
    hsmon.finish(1)


def test_named_ones_only(lab):
    client_ns, server_ns = lab.pair()
    netns.veth(client_ns, server_ns, 1)
    hsmon = Hsmon.start("-i", "eth1", "-p", "443", netns=server_ns)
    assert not ours(server_ns, "eth0") and not ours(server_ns, "lo") and both_hooks(server_ns, "eth1")
    peers.openssl_server(server_ns, lab.pki.ec, address="0.0.0.0")
    peers.openssl_client(client_ns, address="10.77.0.2")
    peers.openssl_client(client_ns, address="10.77.1.2")
    [event] = hsmon.finish(1)
    assert event["server"]["ip"] == "10.77.1.2"


def test_two_monitors_side_by_side(lab):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    first = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    second = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    peers.openssl_client(ns)
    second.finish(1)
    peers.openssl_client(ns)
    first.finish(2)
    assert not any(attached.in_netns(ns).values()), attached.in_netns(ns)


@cases(auto=("auto",), clsact=("clsact",))
def test_neighbours_stay(lab, attach):
    """A clsact qdisc with somebody else's filter is there before, during and after."""
    ns = lab.netns()
    for command in (["qdisc", "add", "dev", "lo", "clsact"],
                    ["filter", "add", "dev", "lo", "ingress", "pref", "10", *FOREIGN],
                    ["filter", "add", "dev", "lo", "egress", "pref", "10", *FOREIGN]):
        run(["tc", *command], netns=ns.name, check=True)

    def filters():
        shown = [subprocess.run(["ip", "netns", "exec", ns.name, "tc", "-j", "filter", "show", "dev", "lo", hook],
                                capture_output=True, text=True, check=True).stdout for hook in ("ingress", "egress")]
        return [[f for f in json.loads(s) if f["pref"] == 10] for s in shown]

    before = filters()
    assert all(before), before
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "--attach", attach, netns=ns)
    assert filters() == before
    peers.openssl_client(ns)
    hsmon.finish(1)
    assert filters() == before
    assert attached.in_netns(ns)["lo"] == [["clsact/ingress", "?"], ["clsact/egress", "?"], ["qdisc", "clsact"]]
