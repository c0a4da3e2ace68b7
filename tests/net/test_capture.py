# SPDX-License-Identifier: BSD-2-Clause
"""A capture and a live run of the same traffic give the same events."""
import json
import re
from datetime import datetime

from lab import cases, events, peers
from lab.monitor import Hsmon
from lab.process import Process, run

# What only a live run knows, or what differs by what it is: the order of output, this host's part in it.
LIVE_ONLY = {"event.sequence", "network.direction", "observer", "hsmon.interfaces", "host", "process", "user", "container",
             "hsmon.process", "hsmon.peer_process"}
# tcpdump's clock is read a moment apart from ours: equal within this.
SLACK_US = 50000
TIMES = re.compile(r"(^@timestamp|event\.start|event\.end|event\.duration|\.t_us|hsmon\.timing\.\w+)$")


class Tcpdump(Process):
    def __init__(self, netns, interface, path):
        # to its standard output: it may give up root before it opens a file, and -Z root crashes some builds
        command = f"exec tcpdump -i {interface} -s 0 -U -B 16384 --immediate-mode -w - >{path}"
        super().__init__(["sh", "-c", command], netns=netns)
        self.await_line(self.err, "listening on")

    def finish(self):
        import signal
        self.kill(signal.SIGINT)
        assert self.wait() == 0, self.told()
        assert re.search(r"^0 packets dropped by kernel", self.err.text(), re.M), self.told()


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield f"{path}#", len(value)
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{number}]")
    else:
        yield path, value


def left_out(path):
    return any(path == name or path.startswith((name + ".", name + "#", name + "[")) for name in LIVE_ONLY)


def microseconds(path, value):
    if isinstance(value, str):
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() * 1e6
    return value / 1000 if path == "event.duration" else value


def differences(live, file):
    a, b = dict(leaves(live)), dict(leaves(file))
    for path in sorted(a.keys() | b.keys()):
        if left_out(path):
            continue
        if path in a and path in b:
            if a[path] == b[path]:
                continue
            if TIMES.search(path) and abs(microseconds(path, a[path]) - microseconds(path, b[path])) <= SLACK_US:
                continue
        yield f"{path}: live {a.get(path, '-')!r}, file {b.get(path, '-')!r}"


def mixed_traffic(lab, client_ns, server_ns, address):
    """A bit of everything, one after another; how many handshakes."""
    pki = lab.pki
    verify = ["-verify_return_error", "-CAfile", pki.root.cert]
    mutual = ["-Verify", "3", "-verify_return_error", "-CAfile", pki.root.cert]
    servers = [(pki.rsa, None, ()), (pki.ec, "1.2", mutual), (pki.expired, "1.2", ()), (pki.ec, "1.3", ())]
    for number, (pair, version, args) in enumerate(servers):
        peers.openssl_server(server_ns, pair, port=443 + number, version=version, address=address, args=args)
    own = peers.openssl_own(pki.client)
    session = lab.folder / "session"
    clients = [(443, "1.0", ()), (443, "1.2", ["-sess_out", session]), (443, "1.2", ["-sess_in", session]), (443, "1.3", ()),
               (444, "1.2", own), (444, "1.2", ()), (445, "1.2", verify), (446, "1.3", ()), (446, "1.2", ())]
    for port, version, args in clients:
        peers.openssl_client(client_ns, port=port, version=version, address=address, args=args)
    return len(clients)


@cases(loopback=("lo", "127.0.0.1"), veth=("eth0", "10.77.0.2"), IPv6=("eth0", "fd77::2"))
def test_same_events(lab, interface, address):
    client_ns, server_ns = lab.pair()
    if interface == "lo":
        client_ns = server_ns
    path = lab.folder / "traffic.pcap"
    dump = Tcpdump(server_ns, interface, path)
    hsmon = Hsmon.start("-i", interface, "-p", "443-446", netns=server_ns)
    count = mixed_traffic(lab, client_ns, server_ns, address)
    live = hsmon.finish(count)
    dump.finish()
    file = Hsmon.read_file(path, "-p", "443-446").handshakes()
    assert len(file) == count, f"{len(file)} handshakes in the file, {count} live"
    by_id = {e["event"]["id"]: e for e in file}
    assert len(by_id) == count, "event.id is not unique"
    wrong = []
    for event in live:
        same = by_id.get(event["event"]["id"])
        if same is None:
            wrong.append(f"no event with id {event['event']['id']} in the file: {json.dumps(event)}")
        else:
            wrong += [f"{event['client']['port']}: {d}" for d in differences(event, same)]
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:40])


def test_ways_to_read(lab):
    """A file by name and from standard input, pcap and pcapng, as nobody: the same bytes out."""
    peers.need("editcap")
    ns = lab.netns()
    path = lab.folder / "traffic.pcap"
    dump = Tcpdump(ns, "lo", path)
    mixed_traffic(lab, ns, ns, "127.0.0.1")
    dump.finish()
    path.chmod(0o644)
    lab.folder.chmod(0o755)
    ng = lab.folder / "traffic.pcapng"
    run(["editcap", "-F", "pcapng", path, ng], check=True)
    ng.chmod(0o644)
    named = Hsmon.read_file(path, "-p", "443-446")
    assert len(named.handshakes()) == 9

    def without_stats(hsmon):
        return [line for line in hsmon.out.lines if b'"hsmon.handshake"' in line]

    stdin = Hsmon(["-o", "json", "-r", "-", "-p", "443-446"], stdin=path.read_bytes())
    assert stdin.wait() == 0, stdin.told()
    assert without_stats(stdin) == without_stats(named), "standard input gives other events"
    assert without_stats(Hsmon.read_file(ng, "-p", "443-446")) == without_stats(named), "pcapng gives other events"


def test_agrees_with_another_dissector(lab):
    """tshark on the same capture: names, versions, suites and certificates."""
    peers.need("tshark")
    ns = lab.netns()
    path = lab.folder / "traffic.pcap"
    dump = Tcpdump(ns, "lo", path)
    mixed_traffic(lab, ns, ns, "127.0.0.1")
    dump.finish()
    ours = {e["client"]["port"]: e for e in Hsmon.read_file(path, "-p", "443-446").handshakes()}
    theirs = run(["tshark", "-n", "-r", path, *(a for p in range(444, 447) for a in ("-d", f"tcp.port=={p},tls")),
                  "-Y", "tls.handshake.type == 2", "-T", "fields", "-e", "tcp.dstport", "-e", "tls.handshake.ciphersuite",
                  "-e", "tls.handshake.extensions.supported_version", "-e", "tls.handshake.version", "-e",
                  "tls.handshake.certificate"], check=True, seconds=50)
    rows = [line.split("\t") for line in theirs.out.text().splitlines()]
    answered = [e for e in ours.values() if "server_hello" in events.step_names(e)]
    assert len(rows) == len(answered) == 7, theirs.told()       # no version in common: two of nine break before ServerHello
    versions = {"0x0301": "1.0", "0x0302": "1.1", "0x0303": "1.2", "0x0304": "1.3"}
    import hashlib
    for port, _, selected, legacy, certificates in rows:
        event = ours[int(port)]
        events.expect(event, tls__version=versions[(selected or legacy).split(",")[0]])
        hashes = [hashlib.sha256(bytes.fromhex(c)).hexdigest().upper() for c in certificates.split(",") if c]
        if hashes:      # a Certificate in the same packet as ServerHello
            assert events.chain(event) == hashes
