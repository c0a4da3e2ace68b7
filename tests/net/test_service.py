# SPDX-License-Identifier: BSD-2-Clause
"""Under a service manager: it hears when hsmon is ready, that it lives, and that it ends; options come from a file."""
import os
import select
import signal
import socket

from lab import peers
from lab.process import Process, run
from lab.wait import until


class Manager:
    """The socket that sd_notify(3) speaks to."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []

    def start(self, ns, *args, **variables):
        setting = [f"{name}={value}" for name, value in {"NOTIFY_SOCKET": self.path, **variables}.items()]
        return Process(["env", *setting, os.environ["HSMON"], "--no-config", "-i", "lo", "-p", "443", *args], netns=ns)

    def await_message(self, start, seconds=10):
        def found():
            while select.select([self.socket], [], [], 0)[0]:
                self.heard.append(self.socket.recv(4096).decode())
            return any(m.startswith(start) for m in self.heard)
        until(found, f"{start} among {self.heard}", seconds)


def test_notify(lab):
    manager = Manager(lab.folder)
    hsmon = manager.start(lab.netns())
    manager.await_message("READY=1\nSTATUS=watching tcp port 443 on lo")
    hsmon.kill(signal.SIGTERM)
    manager.await_message("STOPPING=1")
    assert hsmon.wait(10) == 0, hsmon.told()
    assert not any("WATCHDOG" in m for m in manager.heard), manager.heard


def test_watchdog(lab):
    """The manager hears of hsmon as long as both processes live."""
    manager = Manager(lab.folder)
    hsmon = manager.start(lab.netns(), WATCHDOG_USEC=400000)
    for _ in range(3):
        manager.await_message("WATCHDOG=1")
        manager.heard.clear()
    [reader] = map(int, open(f"/proc/{hsmon.pid}/task/{hsmon.pid}/children", encoding="ascii").read().split())
    os.kill(reader, signal.SIGSTOP)
    # what was under way when it stopped may still come
    until(lambda: quiet_for(manager, 0.5), "the watchdog to fall silent", 10)
    os.kill(reader, signal.SIGCONT)
    manager.await_message("WATCHDOG=1")
    hsmon.kill(signal.SIGTERM)
    assert hsmon.wait(10) == 0, hsmon.told()


def quiet_for(manager, seconds):
    if select.select([manager.socket], [], [], seconds)[0]:
        manager.socket.recv(4096)
        return False
    return True


def test_configuration_file(lab):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    config = lab.folder / "hsmon.conf"
    config.write_text("# a service\nports 443\ninterface lo\noutput json\ncount 1\n", encoding="ascii")
    hsmon = Process([os.environ["HSMON"], "--config", config], netns=ns)
    hsmon.await_line(hsmon.err, "^hsmon: watching tcp port 443 on lo")
    peers.openssl_client(ns)
    assert hsmon.wait(10) == 0, hsmon.told()
    assert b'"hsmon.handshake"' in hsmon.out.bytes(), hsmon.told()


def test_check_configuration(lab):
    config, policy = lab.folder / "hsmon.conf", lab.folder / "policy"
    policy.write_text("minimum_version = \"1.2\";\n", encoding="ascii")
    config.write_text(f"policy {policy}\nports 443\n", encoding="ascii")
    checked = run([os.environ["HSMON"], "--config", config, "--check-config"], user=65534)
    assert checked.popen.returncode == 0 and b"in order" in checked.err.bytes(), checked.told()
    policy.write_text("minimum_version = \"1.2\";\nnonsense = 1;\n", encoding="ascii")
    checked = run([os.environ["HSMON"], "--config", config, "--check-config"], user=65534)
    assert checked.popen.returncode == 2 and b"line 2" in checked.err.bytes(), checked.told()
