#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""CPU time per handshake when a capture is read: reader.py HSMON FOLDER [HANDSHAKES]

The capture holds full TLS 1.2 handshakes with a chain of three certificates, each with a random of its own; it is made once, in
FOLDER. Programs run in turn, several times; medians of user and system time, and the largest resident set."""
import os
import shutil
import statistics
import struct
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "shapes"))
import handshake as tls  # noqa: E402
import packets as pk  # noqa: E402

ROUNDS = 5


def chain(folder):
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=folder)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj", "/O=Bench/CN=Root")
    issuer = "root"
    for name, subject, extension in (("middle", "Intermediate", "basicConstraints=CA:TRUE"),
                                     ("leaf", tls.NAME, f"subjectAltName=DNS:{tls.NAME}")):
        (folder / "extension").write_text(extension + "\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/O=Bench/CN={subject}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial",
                "-out", f"{name}.pem", "-days", "90", "-extfile", "extension")
        issuer = name
    (folder / "chain.pem").write_text("".join((folder / f"{n}.pem").read_text() for n in ("leaf", "middle", "root")))
    return folder / "chain.pem", folder / "leaf.key", folder / "root.pem"


def make(folder, cnt):
    path = folder / f"handshakes-{cnt}.pcap"
    if path.exists():
        return path
    hs = tls.Handshake(*chain(folder))
    with open(path.with_suffix(".part"), "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        written = 0
        for i in range(cnt):
            conn = pk.Connection(client=f"10.{1 + i // 65536}.{i // 256 % 256}.{i % 256}", sport=20000 + i % 40000,
                                 isn=(i * 7919, i * 104729))
            conn.open()
            for side, data in hs.flights:
                if data is hs.client_hello:
                    data = data[:11] + os.urandom(32) + data[43:]
                conn.send(side, data, [1448] * ((len(data) - 1) // 1448))
            conn.close()
            for frame in conn.frames:
                micros = written * 20
                out.write(struct.pack("<IIII", 1795000000 + micros // 1000000, micros % 1000000, len(frame), len(frame)) + frame)
                written += 1
    path.with_suffix(".part").rename(path)
    return path


def cost(command):
    """CPU seconds and KiB of one run."""
    pid = os.fork()
    if not pid:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.execvp(command[0], command)
    _, status, used = os.wait4(pid, 0)
    assert status == 0, f"{command}: status {status}"
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def main():
    hsmon, folder, cnt = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 20000
    folder.mkdir(parents=True, exist_ok=True)
    path = str(make(folder, cnt))
    programs = {"hsmon, JSON": [hsmon, "-r", path, "-p", "443", "-o", "json"], "hsmon, text": [hsmon, "-r", path, "-p", "443"],
                "hsmon, -v": [hsmon, "-r", path, "-p", "443", "-v"]}
    if shutil.which("tcpdump"):
        programs["tcpdump, to nowhere"] = ["tcpdump", "-r", path, "-w", "/dev/null"]
    figures = {name: [] for name in programs}
    for name in programs:
        cost(programs[name])                     # warm-up: the file is in the page cache
    for _ in range(ROUNDS):
        for name, command in programs.items():
            figures[name].append(cost(command))
    print(f"{cnt} full TLS 1.2 handshakes, three certificates each; median of {ROUNDS}, in turn")
    print(f"{'':24}us a handshake   MiB")
    for name, runs in figures.items():
        print(f"{name:24}{statistics.median(r[0] for r in runs) / cnt * 1e6:14.1f}{max(r[1] for r in runs) / 1024:6.0f}")


if __name__ == "__main__":
    main()
