# SPDX-License-Identifier: BSD-2-Clause
"""The process that reads packets can do nothing else; both are small."""
import os
import struct

from lab import Skip, cases, peers
from lab.monitor import EXIT, Hsmon, process_status
from lab.process import run


def reader_of(hsmon):
    """The one of the two processes that is not root."""
    others = [p for p in hsmon.family() if process_status(p)["Uid"].split()[0] != "0"]
    assert len(others) == 1, f"{len(others)} of the processes {hsmon.family()} are not root"
    return others[0]


def test_reader_is_powerless(lab):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    peers.openssl_client(ns)
    hsmon.await_handshakes(1)
    reader = reader_of(hsmon)
    status = process_status(reader)
    for name in ("Uid", "Gid"):
        ids = status[name].split()
        assert "0" not in ids, f"{name} {ids}"
    assert status.get("Groups", "").split() in ([], [status["Gid"].split()[0]]), f"Groups {status['Groups']}"
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"):
        assert int(status[name], 16) == 0, f"{name} {status[name]}"
    assert status["NoNewPrivs"] == "1"
    if not os.environ.get("HSMON_SANITIZED"):      # a sanitizer's system calls are not foreseen
        assert status["Seccomp"] == "2", "no seccomp filter"
    hsmon.stop()


def test_reader_alone_reads(lab):
    """The events come from it: while the privileged process is stopped they go on."""
    import signal
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    reader = reader_of(hsmon)
    privileged = [p for p in hsmon.family() if p != reader]
    for pid in privileged:
        os.kill(pid, signal.SIGSTOP)
    peers.openssl_client(ns)
    hsmon.await_handshakes(1)
    for pid in privileged:
        os.kill(pid, signal.SIGCONT)
    hsmon.finish(1)


def test_memory_when_idle(lab):
    if os.environ.get("HSMON_SANITIZED"):
        raise Skip("a sanitizer's shadow memory counts")
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", netns=ns)
    peers.openssl_client(ns)
    hsmon.await_handshakes(1)
    resident = [int(process_status(p)["VmRSS"].split()[0]) for p in hsmon.family()]
    lab.note(f"resident: {' + '.join(f'{kb / 1024:.1f}' for kb in resident)} MB")
    assert sum(resident) < 30 * 1024, f"resident kB: {resident}"
    hsmon.stop()


@cases(no_setuid=("-setuid,-setgid",), nothing=("-all",))
def test_root_that_must_stay_root(lab, caps):
    """As in a container: a capture is read all the same, with a warning; the network is not."""
    capture = lab.folder / "empty.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    bounded = ["setpriv", f"--inh-caps={caps}", f"--bounding-set={caps}", os.environ["HSMON"]]
    done = run([*bounded, "-r", capture], check=True)
    assert done.err.text().count("root here may not become user") == 1, done.told()
    live = run([*bounded, "-i", "lo", "-d", "1"], netns=lab.netns())
    assert live.wait() == EXIT["PRIVILEGE"], live.told()
