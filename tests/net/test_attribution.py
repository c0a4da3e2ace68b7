# SPDX-License-Identifier: BSD-2-Clause
"""Which process, user and container has each end of a connection."""
import os
import subprocess
import time

from lab import cases, events, peers, seconds, stacks
from lab.cgroup import Cgroup
from lab.monitor import EXIT, Hsmon
from lab.process import ENVIRONMENT, Process, run
from test_dtls import PORT as DTLS_PORT, openssl_client as dtls_client, openssl_server as dtls_server
from test_quic import PORT as QUIC_PORT, get as quic_get, got as quic_got, start_server as quic_server

CLIENTS = 1000
AT_ONCE = 4
CONTAINER = "5a" * 32
POD = "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b"


def watch(ns, *args, port="443"):
    return Hsmon.start("-i", "lo", "-p", str(port), *args, netns=ns)


def process_of(event, role):
    """What is said of that end: of pid, name, executable, command_line, user, container and what hsmon adds."""
    hsmon = event["hsmon"]
    if events.get(event, "hsmon.process.role") == role:
        return {**event["process"], "user": event["user"], "container": event.get("container", {}), **hsmon["process"]}
    assert events.get(event, "hsmon.peer_process.role") == role, f"no {role}: {event.get('process')}, {hsmon}"
    return hsmon["peer_process"]


def exe(pid):
    return os.readlink(f"/proc/{pid}/exe")


def test_both_ends(lab):
    ns = lab.netns()
    server = peers.openssl_server(ns, lab.pki.ec)
    hsmon = watch(ns)
    peers.need("curl")
    client = Process(["setpriv", "--reuid=daemon", "--clear-groups", "curl", "-sk", "https://127.0.0.1/"], netns=ns)
    assert client.wait() == 0, client.told()
    [event] = hsmon.finish(1)
    found = process_of(event, "client")
    netns = os.stat(f"/proc/{server.pid}/ns/net").st_ino
    assert event["process"]["pid"] == client.pid and found["name"] == "curl" and found["netns"] == netns, found
    assert found["executable"].endswith("/curl") and found["command_line"] == "curl -sk https://127.0.0.1/", found
    assert found["user"] == {"id": "1", "name": "daemon"}, found
    found = process_of(event, "server")
    assert found["pid"] == server.pid and found["executable"] == exe(server.pid) and found["user"]["name"] == "root", found
    assert found["command_line"].startswith("openssl s_server -accept 127.0.0.1:443 "), found


@cases(IPv6=("::1", "::1"), IPv4_of_an_IPv6_socket=("*", "127.0.0.1"))
def test_address_family(lab, listen, address):
    ns = lab.netns()
    server = peers.openssl_server(ns, lab.pki.ec, address=listen)
    hsmon = watch(ns)
    client = peers.openssl_client(ns, address=address)
    [event] = hsmon.finish(1)
    assert process_of(event, "client")["pid"] == client.pid
    assert process_of(event, "server")["pid"] == server.pid


def test_one_end_is_elsewhere(lab):
    """Each host names its own end; the other's is in another network namespace, and a host by itself."""
    client_ns, server_ns = lab.pair()
    server = peers.openssl_server(server_ns, lab.pki.ec, address="10.77.0.2")
    hsmon = Hsmon.start("-i", "eth0", "-p", "443", netns=server_ns)
    client = peers.openssl_client(client_ns, address="10.77.0.2")
    [event] = hsmon.finish(1)
    assert process_of(event, "server")["pid"] == server.pid
    assert process_of(event, "client")["pid"] == client.pid     # the kernel is one, after all
    assert process_of(event, "client")["netns"] != process_of(event, "server")["netns"]


class Clients:
    """Processes that live for a few milliseconds, several at a time: pid and what the server said, by name asked for."""

    def __init__(self, ns, command):
        self.ns, self.command, self.running, self.pid, self.said, self.lives = ns, command, {}, {}, {}, []

    def start(self, name):
        arguments = [os.fspath(c) for c in (*self.command, "127.0.0.1", "443", name)]
        popen = subprocess.Popen(arguments, stdout=subprocess.PIPE, env=ENVIRONMENT)
        self.running[name] = popen, time.monotonic()
        self.pid[name] = popen.pid

    def reap(self):
        name, (popen, began) = next(iter(self.running.items()))
        del self.running[name]
        self.said[name] = popen.communicate()[0].decode()
        self.lives.append(time.monotonic() - began)
        assert popen.returncode == 0, f"{name}: {popen.returncode}"


def enter(ns):
    """This process goes into the network namespace, so that what it starts need not."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{ns.name}", "rb") as file:
        assert not libc.setns(file.fileno(), 0x40000000), os.strerror(ctypes.get_errno())


@seconds(300)
def test_short_lived(lab):
    """A process for each connection, gone after some milliseconds; nginx's workers tell who they are."""
    command = stacks.built(lab, "brief")
    ns = lab.netns()
    server = peers.nginx_server(ns, lab.folder, lab.pki.ec, extra='location = / { return 200 "$pid\\n"; }')
    hsmon = watch(ns)
    enter(ns)
    clients = Clients(ns, command)
    for number in range(CLIENTS):
        clients.start(f"c{number}.example")
        if len(clients.running) == AT_ONCE:
            clients.reap()
    while clients.running:
        clients.reap()
    lab.note(f"median life {sorted(clients.lives)[CLIENTS // 2] * 1000:.1f} ms")
    wrong = []
    for event in hsmon.finish(CLIENTS, 60):
        name = event["tls"]["client"]["server_name"]
        client, worker = process_of(event, "client"), process_of(event, "server")
        wanted = " ".join(map(os.fspath, command)) + f" 127.0.0.1 443 {name}"
        if (client["pid"] != clients.pid[name] or client["command_line"] != wanted or client["executable"] != str(command[0]) or
                client["user"] != {"id": "0", "name": "root"} or client["name"] != "brief"):
            wrong.append((name, client))
        if (worker["pid"] != int(clients.said[name].split()[-1]) or worker["pid"] == server.pid or worker["name"] != "nginx" or
                worker["command_line"] != "nginx: worker process"):
            wrong.append((name, worker))
    assert not wrong, f"{len(wrong)} wrong: {wrong[:3]}"


# Listens, then becomes the parent of a server that gets the socket as file 3.
ACTIVATE = """
import os, socket, subprocess, sys
s = socket.create_server(("127.0.0.1", 443))
os.dup2(s.fileno(), 3)
print("listening", flush=True)
sys.exit(subprocess.run(sys.argv[1:], pass_fds=[3]).returncode)
"""

SERVE = """
import os, socket, ssl, sys
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(sys.argv[1], sys.argv[2])
listening = socket.socket(fileno=3)
print("pid", os.getpid(), flush=True)
while True:
    c = ctx.wrap_socket(listening.accept()[0], server_side=True)
    c.recv(1000)
    c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n")
    c.close()
"""


def test_passed_socket(lab):
    """Who listens is another process than who accepts."""
    ns = lab.netns()
    server = Process(["python3", "-c", ACTIVATE, "python3", "-c", SERVE, lab.pki.ec.chain_file, lab.pki.ec.key], netns=ns)
    pid = int(server.await_line(server.out, rb"^pid (\d+)")[1])
    hsmon = watch(ns)
    client = peers.openssl_client(ns)
    [event] = hsmon.finish(1)
    assert process_of(event, "server")["pid"] == pid != server.pid and process_of(event, "client")["pid"] == client.pid


def test_socket_activation(lab):
    peers.need("systemd-socket-activate")
    ns = lab.netns()
    server = Process(["systemd-socket-activate", "-l", "127.0.0.1:443", "python3", "-c", SERVE, lab.pki.ec.chain_file,
                      lab.pki.ec.key], netns=ns).await_listening(443)
    hsmon = watch(ns)
    client = peers.openssl_client(ns)
    [event] = hsmon.finish(1)
    found = process_of(event, "server")
    # it becomes the service itself: the program is another one than that which listened
    assert found["pid"] == server.pid and "python3" in found["executable"] and "-c import os, socket, ssl" in \
        " ".join(found["command_line"].split()), found
    assert process_of(event, "client")["pid"] == client.pid


CONNECTED = """
import socket, ssl, sys
c = socket.create_connection(("127.0.0.1", 443))
print("connected", flush=True)
sys.stdin.read()
ctx = ssl._create_unverified_context()
ctx.wrap_socket(c).close()
"""


def test_connected_before(lab):
    """The handshake comes when hsmon watches; the connection was there before."""
    ns = lab.netns()
    server = peers.openssl_server(ns, lab.pki.ec)
    client = Process(["python3", "-c", CONNECTED, "its argument"], netns=ns, stdin=None)
    client.await_line(client.out, "connected")
    program = exe(client.pid)
    hsmon = watch(ns)
    client.feed(b"")
    [event] = hsmon.finish(1)
    found = process_of(event, "client")
    assert found["pid"] == client.pid and found["executable"] == program and found["user"]["name"] == "root", found
    assert found["command_line"].startswith("python3 -c ") and found["command_line"].endswith(" its argument"), found
    assert process_of(event, "server")["pid"] == server.pid


def test_server_that_never_reads(lab):
    """It accepts and hangs up: named when it closes."""
    ns = lab.netns()
    script = "import socket\ns = socket.create_server(('127.0.0.1', 443))\nwhile True: c, _ = s.accept(); c.shutdown(1); c.recv(9999)"
    server = Process(["python3", "-c", script], netns=ns).await_listening(443)
    hsmon = watch(ns)
    peers.openssl_client(ns)
    [event] = hsmon.finish(1)
    assert event["event"]["outcome"] == "failure" and process_of(event, "server")["pid"] == server.pid


def test_reader_in_a_thread_and_renamed(lab):
    """Name and id are the process's, not those of the thread that connects."""
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = watch(ns)
    script = """
import socket, ssl, threading
open("/proc/self/comm", "w").write("renamed")
def connect():
    open(f"/proc/self/task/{threading.get_native_id()}/comm", "w").write("worker-1")
    ctx = ssl._create_unverified_context()
    ctx.wrap_socket(socket.create_connection(("127.0.0.1", 443))).close()
thread = threading.Thread(target=connect)
thread.start()
thread.join()
"""
    client = run(["python3", "-c", script], netns=ns, check=True)
    [event] = hsmon.finish(1)
    found = process_of(event, "client")
    assert found["pid"] == client.pid and found["name"] == "renamed", found


@cases(docker=(f"docker-{CONTAINER}.scope", {"id": CONTAINER, "runtime": "docker"}, None, None),
       pod=(f"kubepods-burstable-pod{POD.replace('-', '_')}.slice/cri-containerd-{CONTAINER}.scope",
            {"id": CONTAINER, "runtime": "containerd"}, None, POD),
       service=("web-test.service/inner", {"name": "web-test.service", "runtime": "systemd"}, "web-test.service", None))
def test_container(lab, path, container, unit, pod):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = watch(ns)
    with Cgroup(path) as group:
        script = f"echo $$ > {group.path}/cgroup.procs; exec openssl s_client -connect 127.0.0.1:443"
        client = run(["sh", "-c", script], netns=ns)
        [event] = hsmon.finish(1)
        found = process_of(event, "client")
        assert found["pid"] == client.pid and found["container"] == container, found
        assert found["cgroup"] == group.name and found.get("unit") == unit and found.get("pod_uid") == pod, found
        assert "container" not in process_of(event, "server") or process_of(event, "server")["container"] != container


def test_quic(lab):
    ns = lab.netns()
    server = quic_server(lab, ns, lab.pki.ec)
    hsmon = watch(ns, port=QUIC_PORT)
    client = quic_get(lab, ns)
    assert quic_got(client), client.told()
    [event] = hsmon.finish(1)
    assert process_of(event, "server")["pid"] == server.pid, process_of(event, "server")
    assert process_of(event, "client")["name"] == "gtlsclient" and "/index.html" in process_of(event, "client")["command_line"]


def test_dtls(lab):
    ns = lab.netns()
    server = dtls_server(ns, lab.pki.ec)
    hsmon = watch(ns, port=DTLS_PORT)
    client = dtls_client(ns)
    [event] = hsmon.finish(1)
    assert process_of(event, "server")["pid"] == server.pid, process_of(event, "server")
    assert process_of(event, "client")["pid"] == client.pid


@cases(pid=("--pid",), comm=("--comm",), user=("--user",), user_by_number=("--user-number",))
def test_filter(lab, which):
    ns = lab.netns()
    server = peers.openssl_server(ns, lab.pki.ec)
    other = peers.openssl_server(ns, lab.pki.ec, port=8443)
    args = {"--pid": ["--pid", str(other.pid)], "--comm": ["--comm", "cu?l"], "--user": ["--user", "daemon"],
            "--user-number": ["--user", "1"]}[which]
    hsmon = Hsmon.start("-i", "lo", "-p", "443,8443", *args, netns=ns)
    peers.need("curl")
    for port in (443, 8443, 443):
        peers.openssl_client(ns, port=port)
    as_daemon = ["setpriv", "--reuid=daemon", "--clear-groups", "curl", "-sk", "https://127.0.0.1/"]
    assert run(as_daemon, netns=ns).wait() == 0
    [event] = hsmon.finish(1)
    wanted = other if which == "--pid" else server
    assert process_of(event, "server")["pid"] == wanted.pid and (process_of(event, "client")["name"] == "curl") == (which != "--pid")


def test_filter_by_container(lab):
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = watch(ns, "--container", CONTAINER[:12])
    with Cgroup(f"docker-{CONTAINER}.scope") as group:
        peers.openssl_client(ns)
        script = f"echo $$ > {group.path}/cgroup.procs; exec openssl s_client -connect 127.0.0.1:443"
        client = run(["sh", "-c", script], netns=ns)
        [event] = hsmon.finish(1)
        assert process_of(event, "client")["pid"] == client.pid


@cases(no_such_user=(["--user", "nosuchuser"], "nosuchuser"), file=(["--pid", "1", "-r", "x.pcap"], "--pid"),
       command_and_file=(["-r", "x.pcap", "--", "true"], "command"), no_command=(["--"], "--"),
       user_without_command=(["-u", "nobody"], "-u"), pid=(["--pid", "0"], "'0'"))
def test_refused(lab, args, words):
    hsmon = Hsmon(args, netns=lab.netns())
    ended = hsmon.wait()
    assert ended == EXIT["USAGE"], f"exit status {ended}: {hsmon.told()}"
    assert len(hsmon.err.lines) == 1 and words in hsmon.err.text() and not hsmon.out.lines, hsmon.told()


def test_columns(lab):
    """Text: a column with a filter, lines with -v."""
    ns = lab.netns()
    server = peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "-v", "--comm", "*", netns=ns, output="text")
    client = peers.openssl_client(ns)
    hsmon.await_line(hsmon.out, rf"^\d\d:\d\d:\d\d  openssl \({client.pid}\) ")
    hsmon.stop()
    assert f"client process:     openssl ({client.pid}), user root" in hsmon.out.text(), hsmon.told()
    assert f"server process:     openssl ({server.pid}), user root" in hsmon.out.text(), hsmon.told()
    assert "openssl s_client -connect 127.0.0.1:443" in hsmon.out.text(), hsmon.told()
