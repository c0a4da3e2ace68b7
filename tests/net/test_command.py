# SPDX-License-Identifier: BSD-2-Clause
"""hsmon [options] -- COMMAND: it, and only its handshakes."""
import os
import signal

from lab import cases, events, peers
from lab.monitor import EXIT, Hsmon
from lab.process import Process


def watching(ns, *command, args=(), **where):
    return Hsmon(["-o", "json", "-i", "lo", "-p", "443", *args, "--", *command], netns=ns, **where)


def shown(hsmon):
    """The handshakes; what the command itself wrote stands between them."""
    lines = [events.parse(line) for line in hsmon.out.lines if line.startswith(b"{")]
    return [e for e in lines if events.dataset(e) == "hsmon.handshake"]


def test_only_its_handshakes(lab):
    """Its children's, too; nobody else's; its output and its exit status come through."""
    peers.need("curl")
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    go, ready = lab.folder / "go", lab.folder / "ready"
    os.mkfifo(go)
    os.mkfifo(ready)
    script = f"echo > {ready}; read _ < {go}; curl -sk https://127.0.0.1/ > /dev/null; (sh -c 'curl -sk https://127.0.0.1/a' > " \
             "/dev/null) & wait; echo said; exit 7"
    hsmon = watching(ns, "sh", "-c", script)
    ready.read_text()
    assert b"watching" in hsmon.err.bytes(), f"it ran before hsmon did: {hsmon.told()}"
    peers.openssl_client(ns)
    go.write_text("\n")
    assert hsmon.wait() == 7, hsmon.told()
    assert b"said" in hsmon.out.lines, hsmon.told()
    found = shown(hsmon)
    assert [e["process"]["command_line"] for e in found] == ["curl -sk https://127.0.0.1/", "curl -sk https://127.0.0.1/a"], found
    assert all(e["event"]["outcome"] == "success" for e in found)


def test_one_call(lab):
    """As short as can be: everything is attached before it begins, and all is reported after its end."""
    peers.need("curl")
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = watching(ns, "curl", "-sSk", "-o", "/dev/null", "https://127.0.0.1/")
    assert hsmon.wait() == 0, hsmon.told()
    [event] = shown(hsmon)
    events.expect(event, process__name="curl", event__outcome="success", hsmon__capture__complete=True)


@cases(status=(["sh", "-c", "exit 3"], 3), signal=(["sh", "-c", "kill -TERM $$"], 128 + 15), nothing=(["true"], 0),
       not_there=(["/nonexistent/program"], 127), not_a_program=(["/etc/passwd"], 126))
def test_exit_status(lab, command, status):
    hsmon = watching(lab.netns(), *command)
    assert hsmon.wait() == status, hsmon.told()
    if status in (126, 127):
        assert f"hsmon: {command[0]}: ".encode() in hsmon.err.bytes(), hsmon.told()


def test_never_begins(lab):
    """What hsmon cannot watch is not run."""
    mark = lab.folder / "ran"
    hsmon = Hsmon(["-i", "nosuch0", "--", "touch", mark], netns=lab.netns())
    assert hsmon.wait() == EXIT["INTERFACE"], hsmon.told()
    assert not mark.exists()


def test_as_another_user(lab):
    hsmon = watching(lab.netns(), "id", "-un", args=["-u", "daemon"])
    assert hsmon.wait() == 0, hsmon.told()
    assert b"daemon" in hsmon.out.lines, hsmon.told()


def test_signals_are_as_they_were(lab):
    """Nothing of hsmon's own is inherited: signal masks, ignored signals, file descriptors."""
    script = "grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd"
    bare = Process(["sh", "-c", script])
    hsmon = watching(lab.netns(), "sh", "-c", script)
    assert bare.wait() == 0 and hsmon.wait() == 0, hsmon.told()
    wanted = bare.out.lines
    assert [line for line in hsmon.out.lines if not line.startswith(b"{")] == wanted, hsmon.told()


@cases(term=(signal.SIGTERM,), interrupt=(signal.SIGINT,))
def test_a_signal_is_for_the_command(lab, number):
    """It ends as it likes, and hsmon with it."""
    script = "trap 'echo trapped; exit 9' TERM INT; echo begun; while :; do sleep 0.05; done"
    hsmon = watching(lab.netns(), "sh", "-c", script)
    hsmon.await_line(hsmon.out, "begun")
    hsmon.kill(number)
    assert hsmon.wait() == 9, hsmon.told()
    assert b"trapped" in hsmon.out.lines, hsmon.told()


def test_it_outlives_the_watching(lab):
    """-c ends the watching, not the command; its exit status is still passed on."""
    peers.need("curl")
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    go = lab.folder / "go"
    os.mkfifo(go)
    script = f"curl -sk https://127.0.0.1/ > /dev/null; read _ < {go}; exit 4"
    hsmon = watching(ns, "sh", "-c", script, args=["-c", "1"])
    hsmon.await_line(hsmon.err, "^lost: ")
    assert hsmon.running() and len(shown(hsmon)) == 1
    go.write_text("\n")
    assert hsmon.wait() == 4, hsmon.told()
