# SPDX-License-Identifier: BSD-2-Clause
"""Address translation in the host that hsmon watches: one handshake is one event."""
import subprocess

from lab import Skip, netns, peers
from lab.monitor import Hsmon


def router(lab, rule):
    """Client 10.80.1.1 - router - server 10.80.2.2, the router translating by rule."""
    client, middle, server = lab.netns("a"), lab.netns("m"), lab.netns("b")
    for ns, name, net, host in ((client, "inside", 1, 1), (server, "outside", 2, 2)):
        netns.ip("link", "add", name, "netns", middle.name, "type", "veth", "peer", "name", "eth0", "netns", ns.name)
        ns.batch(f"addr add 10.80.{net}.{host}/24 dev eth0", "link set eth0 up")
        middle.batch(f"addr add 10.80.{net}.254/24 dev {name}", f"link set {name} up")
    client.batch("route add default via 10.80.1.254")
    server.batch("route add default via 10.80.2.254")
    done = subprocess.run(["ip", "netns", "exec", middle.name, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward; exec nft -f -"],
                          input=rule, text=True, capture_output=True, check=False)
    if done.returncode:
        raise Skip(f"no address translation here: {done.stderr.strip().splitlines()[-1]}")
    return client, middle, server


def one_event(lab, rule, address, addresses):
    client, middle, server = router(lab, rule)
    peers.openssl_server(server, lab.pki.ec, address="0.0.0.0")
    hsmon = Hsmon.start("-p", "443", netns=middle)
    peers.openssl_client(client, address=address)
    [event] = hsmon.finish(1)
    assert event["event"]["outcome"] == "success"
    assert event["hsmon"]["interfaces"] == ["inside", "outside"], event["hsmon"]["interfaces"]
    assert event["client"]["ip"] == "10.80.1.1" and event["server"]["ip"] == address, (event["client"], event["server"])
    assert sorted(event["related"]["ip"]) == sorted(addresses), event["related"]


def test_masquerade(lab):
    """The client's address changes on its way out, as a container's does."""
    peers.need("nft")
    one_event(lab, "table ip nat {\n chain post {\n type nat hook postrouting priority 100;\n oifname \"outside\" masquerade\n}\n}\n",
              "10.80.2.2", ["10.80.1.1", "10.80.2.2", "10.80.2.254"])


def test_published_port(lab):
    """The server's address changes on its way in, as that of a published service."""
    peers.need("nft")
    one_event(lab, "table ip nat {\n chain pre {\n type nat hook prerouting priority -100;\n"
                   "ip daddr 10.80.1.254 tcp dport 443 dnat to 10.80.2.2\n}\n}\n",
              "10.80.1.254", ["10.80.1.1", "10.80.1.254", "10.80.2.2"])
