# SPDX-License-Identifier: BSD-2-Clause
"""How hsmon ends: by count, by time, by signal, by force; and that nothing of it stays attached."""
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lab import attached, cases, events, peers
from lab.monitor import EXIT, Hsmon, process_status
from lab.process import Process
from lab.wait import until


def nothing_attached(ns):
    return not any(attached.in_netns(ns).values())


def test_count(lab):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "-c", "2", netns=ns)
    for _ in range(2):
        assert hsmon.running()
        peers.openssl_client(ns)
    assert hsmon.wait(5) == 0, hsmon.told()
    assert len(hsmon.handshakes()) == 2
    assert nothing_attached(ns), attached.in_netns(ns)


def test_duration(lab):
    ns = lab.netns()
    began = time.monotonic()
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "-d", "1", netns=ns)
    assert hsmon.wait(10) == 0, hsmon.told()
    took = time.monotonic() - began
    assert took >= 1, f"ended after {took:.2f} s"
    assert nothing_attached(ns), attached.in_netns(ns)


def test_duration_reports_what_is_unfinished(lab):
    """A connection whose server stays silent is an event when the time is over."""
    import socket
    import sys
    from lab.process import Process
    ns = lab.netns()
    silent = Process([sys.executable, "-c", "import socket, signal\ns = socket.create_server(('127.0.0.1', 443))\n"
                      "c, _ = s.accept()\nc.recv(16384)\nprint('got', flush=True)\nsignal.pause()\n"], netns=ns)
    silent.await_listening(443)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "-d", "2", netns=ns)
    Process(["openssl", "s_client", "-connect", "127.0.0.1:443", "-servername", "silent.example"], netns=ns, stdin=None)
    silent.await_line(silent.out, "got")
    assert hsmon.wait(10) == 0, hsmon.told()
    [event] = hsmon.handshakes()
    events.expect(event, server__domain="silent.example")
    assert event["event"]["outcome"] in ("unknown", "failure")
    del socket


@cases(SIGINT=(signal.SIGINT, "auto"), SIGTERM=(signal.SIGTERM, "auto"), SIGTERM_clsact=(signal.SIGTERM, "clsact"))
def test_signal(lab, number, attach):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "--attach", attach, netns=ns)
    assert not nothing_attached(ns), "the check for what is attached does not see a running hsmon"
    peers.openssl_client(ns)
    hsmon.await_handshakes(1)
    family = hsmon.family()
    hsmon.stop(number)
    assert events.dataset(hsmon.events()[-1]) == "hsmon.stats", "hsmon.stats is not last"
    assert len(hsmon.err.lines) > 1, "no closing summary on stderr"
    assert nothing_attached(ns), attached.in_netns(ns)
    until(lambda: not any(os.path.exists(f"/proc/{p}") for p in family), "the end of both processes", 2)


def alive(pid):
    try:
        return process_status(pid)["State"][0] not in "ZX"
    except FileNotFoundError:
        return False


@cases(both=("both", "auto"), the_one_that_was_started=("first", "auto"), the_other=("second", "auto"),
       both_clsact=("both", "clsact"), the_other_clsact=("second", "clsact"))
def test_kill_9(lab, who, attach):
    """Nobody tidies up after SIGKILL: at the latest the next start does."""
    ns = lab.netns()
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "--attach", attach, netns=ns)
    family = hsmon.family()
    assert len(family) == 2, f"processes {family}"
    for pid in {"both": family, "first": family[:1], "second": family[1:]}[who]:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(alive(p) for p in family), "the end of both processes", 5)
    if who == "second":
        status = hsmon.wait()
        assert status != 0, "exit status 0 although the reader was killed"
        lab.note(f"exit status {status} when the second process is killed")
        assert status in (EXIT["READER"], EXIT["FAILURE"]), hsmon.told()
    if nothing_attached(ns):
        lab.note("nothing stayed attached")
    # it must work again, and leave nothing behind then
    peers.openssl_server(ns, lab.pki.ec)
    again = Hsmon.start("-i", "lo", "-p", "443", "--attach", attach, netns=ns)
    peers.openssl_client(ns)
    again.finish(1)
    assert nothing_attached(ns), attached.in_netns(ns)


def test_closed_output(lab):
    """Nobody reads its output any more (hsmon | head -1): it ends, and detaches."""
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    from lab.process import Process
    script = f"exec {os.environ['HSMON']} -i lo -p 443 -o json | head -n 1"
    both = Process(["sh", "-c", script], netns=ns)
    both.await_line(both.err, "^hsmon: watching")
    for _ in range(2):
        peers.openssl_client(ns)
    both.wait(10)
    until(lambda: nothing_attached(ns), "hsmon to detach", 5)


def test_start_to_first_event(lab):
    """Measured and shown, not judged: the machine may be busy."""
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "-c", "1", netns=ns)
    peers.openssl_client(ns)
    assert hsmon.wait(10) == 0
    banner, event = hsmon.err.times[0] - hsmon.started, hsmon.out.times[0] - hsmon.started
    lab.note(f"start to watching {banner * 1000:.0f} ms, start to first event {event * 1000:.0f} ms (with a new openssl s_client "
             "between them)")


def test_hangup(lab):
    """The terminal goes: so does hsmon, unless it was started with nohup."""
    ns = lab.netns()
    Hsmon.start("-i", "lo", netns=ns).stop(signal.SIGHUP)
    nohup = Process(["sh", "-c", f"trap '' HUP; exec {os.environ['HSMON']} -i lo"], netns=ns)
    nohup.await_line(nohup.err, "^hsmon: watching")
    nohup.kill(signal.SIGHUP)
    nohup.kill(signal.SIGTERM)
    assert nohup.wait(10) == 0, nohup.told()
    assert nothing_attached(ns), attached.in_netns(ns)


def fill(pipe):
    """Until not one byte more fits. A pipe without a free page is not full: small writes go on into its last one."""
    again = os.open(f"/proc/self/fd/{pipe}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(again, b"x")
    except BlockingIOError:
        os.close(again)


def test_output_that_nobody_reads(lab):
    """A full pipe: a first signal detaches, a second one ends it; the status tells that events were lost."""
    ns = lab.netns()
    out, back = os.pipe()
    fcntl.fcntl(back, fcntl.F_SETPIPE_SZ, 4096)
    hsmon = subprocess.Popen(["nsenter", f"--net=/run/netns/{ns}", os.environ["HSMON"], "-i", "lo", "-o", "json",
                              "--stats-interval", "1"], stdout=back, stderr=subprocess.PIPE)
    hsmon.stderr.readline()
    fill(back)
    reader = int(Path(f"/proc/{hsmon.pid}/task/{hsmon.pid}/children").read_text().split()[0])
    until(lambda: "pipe" in Path(f"/proc/{reader}/wchan").read_text(), "the reader to be stuck", 5)
    hsmon.send_signal(signal.SIGTERM)
    until(lambda: nothing_attached(ns), "hsmon to detach", 5)
    assert hsmon.poll() is None
    hsmon.send_signal(signal.SIGTERM)
    assert hsmon.wait(10) == EXIT["READER"]
    assert not alive(reader)
    os.close(out)
    os.close(back)


def test_children_that_nobody_waits_for(lab):
    """Started with SIGCHLD ignored, as some supervisors do, the reader's failure is hsmon's all the same."""
    done = subprocess.run(["nsenter", f"--net=/run/netns/{lab.netns()}", sys.executable, "-c",
                           "import os, signal, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nos.execv(sys.argv[1], sys.argv[1:])",
                           os.environ["HSMON"], "-i", "lo", "-o", "json", "-d", "1"],
                          stdout=open("/dev/full", "wb"), stderr=subprocess.PIPE, timeout=20, check=False)
    assert done.returncode == EXIT["OUTPUT"], done
