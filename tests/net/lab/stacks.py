# SPDX-License-Identifier: BSD-2-Clause
"""Peers on other TLS libraries: small programs of tests/net/stacks with one command line, built once for a run."""
import fcntl
import os
import re
import subprocess
from pathlib import Path

from lab import Skip
from lab.peers import need
from lab.pki import NAME
from lab.process import ENVIRONMENT, Process, run
from lab.wait import until

SOURCES = Path(__file__).resolve().parents[1] / "stacks"
ALPN = "http/1.1"
LIBRARIES = {
    "NSS": ("nss.c", "libnss3-dev", ["-I/usr/include/nss", "-I/usr/include/nspr", "-I/usr/include/nss3", "-I/usr/include/nspr4",
                                     "-lssl3", "-lnss3", "-lnssutil3", "-lnspr4"]),
    "mbedTLS": ("mbedtls.c", "libmbedtls-dev", ["-lmbedtls", "-lmbedx509", "-lmbedcrypto"]),
    "brief": ("brief.c", "libssl-dev", ["-lssl", "-lcrypto"]),
    "wolfSSL": ("wolfssl.c", "libwolfssl-dev", ["-lwolfssl"]),
}
# a short life: no time for the optimising compiler, none for a collector with threads
JAVA = ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"]


def compile_c(source, package, flags, out):
    need("gcc")
    done = subprocess.run(["gcc", "-O1", "-Wall", "-Wextra", "-o", out, SOURCES / source, *flags], env=ENVIRONMENT,
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    lacking = re.search(r"fatal error: (\S+): No such file", done.stderr) or re.search(r"#error \"?(needs [^\"\n]+)", done.stderr)
    if lacking:
        raise Skip(f"{package} is not installed ({lacking[1]})")
    raise AssertionError(f"{source} does not compile: {done.stderr}")


def compile_go(folder, out):
    need("go")
    environment = {**ENVIRONMENT, "GOCACHE": str(folder / "go-cache"), "GO111MODULE": "off", "GOTOOLCHAIN": "local",
                   "GOPROXY": "off", "CGO_ENABLED": "0"}
    subprocess.run(["go", "build", "-o", out, SOURCES / "peer.go"], env=environment, check=True)


def compile_java(out):
    need("javac", "java")
    subprocess.run(["javac", "-d", out, SOURCES / "Peer.java"], env=ENVIRONMENT, check=True)


def built(lab, stack):
    """The command that the stack's program is, without its options. The first test of a run that wants it builds it."""
    folder = lab.pki.folder / "stacks"
    folder.mkdir(exist_ok=True)
    out = folder / stack
    with open(folder / f"{stack}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            making = folder / f"{stack}.making"
            if stack == "Go":
                compile_go(folder, making)
            elif stack == "Java":
                compile_java(making)
            else:
                compile_c(*LIBRARIES[stack], making)
            os.rename(making, out)
    return [*JAVA, "-cp", out, "Peer"] if stack == "Java" else [out]


def options(version, pair=None, root=None, alpn=None, udp=False, port=443):
    args = ["-p", str(port), "-v", version]
    if pair:
        args += ["-C", pair.chain_file, "-K", pair.key]
    if root:
        args += ["-A", root.cert]
    if alpn:
        args += ["-l", alpn]
    return [*args, "-u"] if udp else args


def server(lab, ns, stack, pair, version, demand_root=None, **more):
    """demand_root: asks for a client certificate, which must descend from it."""
    demand = ["-m"] if demand_root else []
    process = Process([*built(lab, stack), "-s", *demand, *options(version, pair, demand_root, **more)], netns=ns)
    port = more.get("port", 443)
    return await_bound(process, port) if more.get("udp") else process.await_listening(port)


def client(lab, ns, stack, root, version, pair=None, name=NAME, **more):
    return run([*built(lab, stack), "-n", name, *options(version, pair, root, **more)], netns=ns)


def shook_hands(process):
    return re.search("^ok ", process.out.text(), re.M) is not None


def await_bound(process, port, seconds=10.0):
    """Until a UDP socket of the process's namespace has the port."""
    needle = re.compile(rf"^ *\d+: [0-9A-F]+:{port:04X} ", re.M)

    def bound():
        if not process.running():
            raise AssertionError(f"the server ended: {process.told()}")
        return any(needle.search(Path(f"/proc/{process.pid}/net/{table}").read_text(encoding="ascii"))
                   for table in ("udp", "udp6"))

    until(bound, f"a server on UDP port {port}", seconds)
    return process


# All that RFC 5280 section 4.2.1 demands of an issuer: wolfSSL takes no other.
STRICT_ISSUER = ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                 "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid")


def certificates(lab, stack):
    """(a server's, a client's) with an intermediate above each."""
    pki, label = lab.pki, lab.prefix
    if stack != "wolfSSL":
        return pki.rsa, pki.client
    issuer = pki._sign(f"{label}strict", "/O=hsmon/CN=Test Strict", "ec", pki.root, STRICT_ISSUER)
    return (pki.leaf(f"{label}server", issuer=issuer, key="rsa"),
            pki.leaf(f"{label}client", subject="/O=hsmon/CN=Client Example", names="DNS:client.example", issuer=issuer))


def knowing(folder, name, address, args):
    """The command, in a mount namespace of its own where the hosts file has the name: for clients that cannot be told."""
    hosts = folder / "hosts"
    hosts.write_text(f"{address} {name}\n")
    return ["unshare", "--mount", "sh", "-c", f'mount --bind "{hosts}" /etc/hosts && exec "$@"', "sh", *args]
