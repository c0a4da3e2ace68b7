# SPDX-License-Identifier: BSD-2-Clause
"""Where hsmon can be hung up, and what it then sees."""
import os
import subprocess

from lab import Skip, attached, cases, netns, peers
from lab.monitor import EXIT, Hsmon
from lab.process import Process
from lab.wait import until


def ours(ns, interface):
    return [hook for hook, _ in attached.in_netns(ns).get(interface, []) if hook != "qdisc"]


def in_netns(ns, *command):
    subprocess.run(["ip", "netns", "exec", ns.name, *command], check=True, capture_output=True)


@cases(name=("name",), pid=("pid",), path=("path",))
def test_another_namespace(lab, how):
    """hsmon stays outside and watches all that is up inside."""
    outside, ns = lab.netns("o"), lab.netns("a")
    server = peers.openssl_server(ns, lab.pki.ec)
    where = {"name": ns.name, "pid": str(server.pid), "path": f"/proc/{server.pid}/ns/net"}[how]
    hsmon = Hsmon.start("-p", "443", "--netns", where, netns=outside)
    assert len(ours(ns, "lo")) == 2 and not ours(outside, "lo")
    peers.openssl_client(ns)
    [event] = hsmon.finish(1)
    assert event["hsmon"]["interfaces"] == ["lo"]
    assert not ours(ns, "lo")


@cases(name=("nosuch-ns", "INTERFACE", "no network namespace 'nosuch-ns'"), pid=("999999999", "INTERFACE", "no process 999999999"),
       path=("/nonexistent/ns", "INTERFACE", "No such file"), file=("/proc/self/status", "USAGE", "no network namespace"),
       folder=("/proc/self", "USAGE", "no network namespace"), empty=("", "USAGE", "''"),
       other_kind=("/proc/self/ns/mnt", "USAGE", "no network namespace"))
def test_no_such_namespace(lab, where, status, words):
    hsmon = Hsmon(["--netns", where], netns=lab.netns())
    ended = hsmon.wait()
    assert ended == EXIT[status], f"exit status {ended}: {hsmon.told()}"
    assert len(hsmon.err.lines) == 1 and words in hsmon.err.text() and not hsmon.out.lines, hsmon.told()


def test_namespace_and_file_exclude_each_other(_lab):
    hsmon = Hsmon(["--netns", "a", "-r", "b.pcap"])
    assert hsmon.wait() == EXIT["USAGE"], hsmon.told()
    assert "--netns" in hsmon.err.text()


def test_globs(lab):
    """-i with a pattern: those there are, and those that come; nothing else; a rename keeps what is attached."""
    ns, other = lab.pair()
    netns.veth(ns, other, 1)
    hsmon = Hsmon.start("-i", "eth[1-9]*", "-p", "443", netns=ns)
    assert len(ours(ns, "eth1")) == 2 and not ours(ns, "eth0") and not ours(ns, "lo")
    netns.veth(ns, other, 2)
    until(lambda: len(ours(ns, "eth2")) == 2, "hsmon on eth2", 5)
    ns.batch("link set eth2 down", "link set eth2 name wan", "addr replace 10.77.2.1/24 dev wan", "link set wan up")
    peers.openssl_server(other, lab.pki.ec, address="0.0.0.0")
    for network in (0, 1, 2):
        peers.openssl_client(ns, address=f"10.77.{network}.2")
    found = {e["server"]["ip"]: e["hsmon"]["interfaces"] for e in hsmon.finish(2)}
    assert found == {"10.77.1.2": ["eth1"], "10.77.2.2": ["wan"]}, found


# Joins tun0 of the two namespaces that are its arguments by copying packets: devices without Ethernet header.
TUNNEL = """
import ctypes, fcntl, os, select, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def tun(ns):
    if libc.setns(os.open("/run/netns/" + ns, os.O_RDONLY), 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, 0x400454ca, struct.pack("16sH22x", b"tun0", 0x1001))    # TUNSETIFF, IFF_TUN | IFF_NO_PI
    return device
a, b = (tun(ns) for ns in sys.argv[1:3])
print("ready", flush=True)
while True:
    for ready in select.select([a, b], [], [])[0]:
        try:
            os.write(b if ready == a else a, os.read(ready, 65536))
        except OSError:
            pass        # the other one is not up yet
"""


@cases(auto=("auto",), clsact=("clsact",))
def test_without_ethernet_header(lab, attach):
    if not os.path.exists("/dev/net/tun"):
        raise Skip("this kernel has no /dev/net/tun")
    a, b = lab.netns("a"), lab.netns("b")
    joined = Process(["python3", "-c", TUNNEL, a.name, b.name])
    joined.await_line(joined.out, "ready")
    a.batch("addr add 10.78.0.1/24 dev tun0", "addr add fd78::1/64 dev tun0 nodad", "link set tun0 up")
    b.batch("addr add 10.78.0.2/24 dev tun0", "addr add fd78::2/64 dev tun0 nodad", "link set tun0 up")
    peers.openssl_server(b, lab.pki.ec, address="10.78.0.2")
    peers.openssl_server(b, lab.pki.ec, address="fd78::2", port=8443)
    hsmon = Hsmon.start("-p", "443,8443", "--attach", attach, netns=b)
    assert len(ours(b, "tun0")) == 2
    peers.openssl_client(a, address="10.78.0.2")
    peers.openssl_client(a, address="fd78::2", port=8443)
    for event in hsmon.finish(2):
        assert event["hsmon"]["interfaces"] == ["tun0"], event["hsmon"]["interfaces"]
        assert event["event"]["outcome"] == "success"


@cases(auto=("auto",), clsact=("clsact",))
def test_bridge(lab, attach):
    """A handshake that crosses a port, the bridge's other port: one event that names both."""
    client, middle, server = lab.netns("a"), lab.netns("m"), lab.netns("b")
    for ns, name, host in ((client, "port1", 1), (server, "port2", 2)):
        netns.ip("link", "add", name, "netns", middle.name, "type", "veth", "peer", "name", "eth0", "netns", ns.name)
        ns.batch(f"addr add 10.79.0.{host}/24 dev eth0", "link set eth0 up")
    middle.batch("link add br0 type bridge", "link set br0 up", "link set port1 master br0", "link set port2 master br0",
                 "link set port1 up", "link set port2 up")
    peers.openssl_server(server, lab.pki.ec, address="0.0.0.0")
    hsmon = Hsmon.start("-p", "443", "--attach", attach, netns=middle)
    peers.openssl_client(client, address="10.79.0.2")
    [event] = hsmon.finish(1)
    assert sorted(event["hsmon"]["interfaces"]) == ["port1", "port2"], event["hsmon"]["interfaces"]
    assert event["event"]["outcome"] == "success"


def test_bridge_with_an_address(lab):
    """The server is the bridge's own: the port and the bridge see it."""
    client, ns = lab.netns("a"), lab.netns("b")
    netns.ip("link", "add", "port1", "netns", ns.name, "type", "veth", "peer", "name", "eth0", "netns", client.name)
    client.batch("addr add 10.79.0.1/24 dev eth0", "link set eth0 up")
    ns.batch("link add br0 type bridge", "link set br0 up", "link set port1 master br0", "link set port1 up",
             "addr add 10.79.0.2/24 dev br0")
    peers.openssl_server(ns, lab.pki.ec, address="0.0.0.0")
    hsmon = Hsmon.start("-p", "443", netns=ns)
    peers.openssl_client(client, address="10.79.0.2")
    [event] = hsmon.finish(1)
    assert sorted(event["hsmon"]["interfaces"]) == ["br0", "port1"], event["hsmon"]["interfaces"]


def test_stranger_ahead(lab):
    """A filter that comes later but runs first is named, once; handshakes are reported all the same."""
    ns = lab.netns()
    peers.openssl_server(ns, lab.pki.ec)
    hsmon = Hsmon.start("-i", "lo", "-p", "443", "--attach", "clsact", netns=ns)
    assert "ahead" not in hsmon.err.text(), hsmon.told()
    in_netns(ns, "tc", "filter", "add", "dev", "lo", "ingress", "pref", "1", "bpf", "bytecode", "1,6 0 0 0", "flowid", "1:1")
    hsmon.await_line(hsmon.err, "lo: bpf filter of priority 1 runs ahead of hsmon at ingress")
    peers.openssl_client(ns)
    hsmon.finish(1)
    assert hsmon.err.text().count("ahead") == 1, hsmon.told()


def mirror(ns, device, to):
    """All packets of a device, both ways, also to another one."""
    in_netns(ns, "tc", "qdisc", "add", "dev", device, "clsact")
    for hook in ("ingress", "egress"):
        in_netns(ns, "tc", "filter", "add", "dev", device, hook, "protocol", "all", "u32", "match", "u32", "0", "0",
                 "action", "mirred", "egress", "mirror", "dev", to)


@cases(native=("xdp",), generic=("xdpgeneric",))
def test_mirror_port(lab, attach):
    """Both directions of others' handshakes come in at a tap: reported, hsmon's host is neither end."""
    client, server = lab.pair()
    tap = lab.netns("t")
    netns.ip("link", "add", "tap0", "netns", server.name, "type", "veth", "peer", "name", "tap0", "netns", tap.name)
    server.batch("link set tap0 up")
    tap.batch("link set tap0 up")
    try:
        mirror(server, "eth0", "tap0")
    except subprocess.CalledProcessError as why:
        raise Skip("this kernel cannot mirror packets (act_mirred, cls_u32)") from why
    peers.openssl_server(server, lab.pki.ec, address="10.77.0.2", version="1.2")
    hsmon = Hsmon.start("-i", "tap0", "-p", "443", "--attach", attach, netns=tap)
    shown = subprocess.run(["ip", "-n", tap.name, "link", "show", "tap0"], capture_output=True, text=True, check=True).stdout
    assert f" {attach} " in shown, shown
    assert ("halves its throughput" in hsmon.err.text()) == (attach == "xdp"), hsmon.told()
    for _ in range(3):
        peers.openssl_client(client, address="10.77.0.2", version="1.2")
    for event in hsmon.finish(3):
        assert event["event"]["outcome"] == "success" and event["tls"]["version"] == "1.2"
        assert event["client"]["ip"] == "10.77.0.1" and event["hsmon"]["interfaces"] == ["tap0"]
        assert event["tls"]["server"]["subject"], "no certificate"
        assert event["hsmon"]["capture"]["complete"]
        assert event["network"].get("direction", "unknown") in ("unknown", "external"), event["network"]
    shown = subprocess.run(["ip", "-n", tap.name, "link", "show", "tap0"], capture_output=True, text=True, check=True).stdout
    assert "xdp" not in shown, shown


def test_xdp_is_gone_after_kill(lab):
    ns, _ = lab.pair()
    hsmon = Hsmon.start("-i", "eth0", "-p", "443", "--attach", "xdp", netns=ns)
    hsmon.kill()
    hsmon.wait()

    def gone():
        shown = subprocess.run(["ip", "-n", ns.name, "link", "show", "eth0"], capture_output=True, text=True, check=True)
        return "xdp" not in shown.stdout
    until(gone, "an interface without XDP")


def cgroup2():
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            if line.split()[2] == "cgroup2":
                return line.split()[1]
    raise Skip("cgroups of version 2 are not mounted")


class Cgroup:
    """A cgroup of the test's own."""

    def __init__(self, name):
        self.path = f"{cgroup2()}/hsmon-test-{os.getpid()}-{name}"
        try:
            os.mkdir(self.path)
        except OSError as why:
            raise Skip(f"no cgroup can be made: {why.strerror}") from why

    def __enter__(self):
        return self

    def __exit__(self, *_):
        def removed():
            with open(f"{self.path}/cgroup.procs", encoding="ascii") as file:
                for pid in file.read().split():
                    os.kill(int(pid), 9)
            try:
                os.rmdir(self.path)
            except OSError:
                return False
            return True
        until(removed, "an empty cgroup")

    def take(self, process):
        with open(f"{self.path}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(process.pid))


@cases(cgroup=("--cgroup", "slice"), unit=("--unit", "web.service"))
def test_one_cgroup_only(lab, option, name):
    """Two servers side by side: only the handshakes of the one in the cgroup."""
    client, ns = lab.pair()
    with Cgroup(name) as group:
        # a server's listening socket belongs to the cgroup in which it was made
        script = f"echo $$ > {group.path}/cgroup.procs; exec openssl s_server -accept 10.77.0.2:443 -www " \
                 f"-cert {lab.pki.ec.chain_file} -key {lab.pki.ec.key}"
        Process(["sh", "-c", script], netns=ns.name).await_listening(443)
        peers.openssl_server(ns, lab.pki.ec, address="10.77.0.2", port=8443)
        where = group.path if option == "--cgroup" else os.path.basename(group.path)
        hsmon = Hsmon.start("-p", "443,8443", option, where, netns=ns)
        for port in (8443, 443, 8443):
            peers.openssl_client(client, address="10.77.0.2", port=port)
        [event] = hsmon.finish(1)
        assert event["server"]["port"] == 443 and event["event"]["outcome"] == "success"
        assert event["hsmon"]["interfaces"] == ["eth0"] and event["hsmon"]["capture"]["complete"]
        assert not any(attached.in_netns(ns).values()), attached.in_netns(ns)


@cases(cgroup=(["--cgroup", "nosuch/cgroup"], "INTERFACE", "nosuch/cgroup"), unit=(["--unit", "nosuch"], "INTERFACE", "nosuch"),
       no_cgroup=(["--cgroup", "/tmp"], "INTERFACE", "/tmp"), both=(["--cgroup", "a", "--unit", "b"], "USAGE", "--unit"),
       interface=(["--cgroup", "a", "-i", "lo"], "USAGE", "-i"), attach=(["--unit", "a", "--attach", "tcx"], "USAGE", "--attach"),
       xdp_everywhere=(["--attach", "xdp"], "USAGE", "-i"), file=(["-r", "x.pcap", "--cgroup", "a"], "USAGE", "--cgroup"))
def test_refused(lab, args, status, words):
    cgroup2()
    hsmon = Hsmon(args, netns=lab.netns())
    ended = hsmon.wait()
    assert ended == EXIT[status], f"exit status {ended}: {hsmon.told()}"
    assert len(hsmon.err.lines) == 1 and words in hsmon.err.text() and not hsmon.out.lines, hsmon.told()
