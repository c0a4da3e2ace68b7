# SPDX-License-Identifier: BSD-2-Clause
"""Network namespaces of a test's own."""
import os
import re
import signal
import subprocess

PREFIX = "hsmon-"


def ip(*args, batch=None):
    done = subprocess.run(["ip", *args], input=batch, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(args)}: {done.stderr.strip()}"


def listed():
    try:
        return sorted(n for n in os.listdir("/run/netns") if n.startswith(PREFIX))
    except FileNotFoundError:
        return []


def remove(name):
    """Ends what still runs in it, then removes it and with it all its interfaces."""
    pids = subprocess.run(["ip", "netns", "pids", name], text=True, capture_output=True, check=False).stdout.split()
    for pid in pids:
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def remove_stale():
    """Those of runs that were killed."""
    for name in listed():
        owner = re.match(PREFIX + r"(\d+)-", name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            remove(name)


class Netns:
    def __init__(self, name):
        self.name = name
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")

    def __str__(self):
        return self.name

    def batch(self, *lines):
        ip("-n", self.name, "-batch", "-", batch="\n".join(lines) + "\n")


def veth(a, b, number=0):
    """Joins two namespaces: eth0 in each, .1 and .2 (::1 and ::2) of a network of their own."""
    name = f"eth{number}"
    ip("link", "add", name, "netns", a.name, "type", "veth", "peer", "name", name, "netns", b.name)
    for ns, host in ((a, 1), (b, 2)):
        ns.batch(f"addr add 10.77.{number}.{host}/24 dev {name}",
                 f"addr add fd77:{number}::{host}/64 dev {name} nodad",
                 f"link set {name} up")
