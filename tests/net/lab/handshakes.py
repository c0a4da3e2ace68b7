#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Many handshakes: handshakes.py COUNT THREADS ADDRESS PORT [VERSION...]

Prints one line for each: version and the client's port. The versions take turns."""
import itertools
import socket
import ssl
import sys
import threading

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(version):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = made.maximum_version = VERSIONS[version]
    return made


def shake_hands(made, address, port, name):
    with socket.create_connection((address, port), timeout=20) as plain:
        number = plain.getsockname()[1]
        with made.wrap_socket(plain, server_hostname=name) as tls:
            # the answer proves that the server, too, has finished
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while tls.recv(4096):
                pass
    return number


def main():
    count, threads, address, port = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    turns = itertools.cycle([(v, context(v)) for v in sys.argv[5:] or ["1.2"]])
    todo = iter([(i, *next(turns)) for i in range(count)])
    lock, done, failed = threading.Lock(), [], []

    def work():
        while True:
            with lock:
                one = next(todo, None)
            if one is None or failed:
                return
            try:
                done.append((one[1], shake_hands(one[2], address, port, f"n{one[0]}.server.example")))
            except OSError as why:
                failed.append(why)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    for version, number in done:
        print(version, number)
    if failed:
        sys.exit(f"a handshake failed: {failed[0]}")


if __name__ == "__main__":
    main()
