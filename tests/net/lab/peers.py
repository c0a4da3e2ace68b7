# SPDX-License-Identifier: BSD-2-Clause
"""Servers and clients that are not ours: openssl, GnuTLS, nginx, curl."""
import re
import shutil

from lab import Skip
from lab.pki import NAME
from lab.process import Process, run

OPENSSL_VERSION = {"1.0": "-tls1", "1.1": "-tls1_1", "1.2": "-tls1_2", "1.3": "-tls1_3"}
GNUTLS_PRIORITY = {"1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2", "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3"}
CURL_VERSION = {"1.2": "1.2", "1.3": "1.3"}
REQUEST = b"GET / HTTP/1.0\r\n\r\n"


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")


def bracketed(address):
    return f"[{address}]" if ":" in address else address


def openssl_version_args(version):
    """Nothing for None: what both sides like best. OpenSSL 3 speaks TLS 1.0 and 1.1 at security level 0 only."""
    if version is None:
        return []
    old = ["-cipher", "DEFAULT:@SECLEVEL=0"] if version in ("1.0", "1.1") else []
    return [OPENSSL_VERSION[version], *old]


def openssl_own(pair):
    """Shows that certificate and those above it; the root stays at home."""
    above = ["-cert_chain", pair.above_file] if pair.above_file.stat().st_size else []
    return ["-cert", pair.cert, "-key", pair.key, *above]


def openssl_server(netns, pair, port=443, version=None, address="127.0.0.1", args=()):
    server = Process(["openssl", "s_server", "-accept", f"{bracketed(address)}:{port}", *openssl_own(pair), "-www",
                      *openssl_version_args(version), *args], netns=netns)
    return server.await_listening(port)


def openssl_client(netns, port=443, version=None, address="127.0.0.1", name=NAME, args=()):
    """Connects, asks for a page, waits for the server to close. -ign_eof: else the end of its input ends it at once."""
    sni = ["-servername", name] if name is not None else ["-noservername"]
    return run(["openssl", "s_client", "-connect", f"{bracketed(address)}:{port}", *sni, "-ign_eof",
                *openssl_version_args(version), *args], netns=netns, stdin=REQUEST)


def openssl_shook_hands(client):
    return re.search(r"^New, (TLSv|SSLv)[\d.]+, Cipher is [A-Z]", client.out.text(), re.M) is not None


def openssl_alert_code(*processes):
    """The number of the alert that one of the peers says it got."""
    for process in processes:
        found = re.search(r"SSL alert number (\d+)", process.err.text() + process.out.text())
        if found:
            return int(found[1])
    return None


def gnutls_server(netns, pair, port=443, version="1.2", args=()):
    need("gnutls-serv")
    server = Process(["gnutls-serv", "--http", "--port", str(port), "--x509certfile", pair.chain_file,
                      "--x509keyfile", pair.key, "--priority", GNUTLS_PRIORITY[version], *args], netns=netns)
    return server.await_listening(port)


def gnutls_client(netns, pki, port=443, version="1.2", address="127.0.0.1", args=()):
    need("gnutls-cli")
    return run(["gnutls-cli", "--port", str(port), "--x509cafile", pki.root.cert, "--sni-hostname", NAME,
                "--verify-hostname", NAME, "--priority", GNUTLS_PRIORITY[version], *args, address],
               netns=netns, stdin=REQUEST)


NGINX = """
daemon off;
master_process on;
worker_processes 2;
user root;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 0.0.0.0:{port} ssl backlog=4096;
        listen [::]:{port} ssl backlog=4096;
        server_name _;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache off;
        ssl_session_tickets off;
        {extra}
        location / {{ return 200 "hello\\n"; }}
    }}
}}
"""


def nginx_server(netns, folder, pair, port=443, extra=""):
    need("nginx")
    folder = folder / f"nginx-{port}"
    folder.mkdir()
    conf = folder / "nginx.conf"
    conf.write_text(NGINX.format(folder=folder, port=port, chain=pair.chain_file, key=pair.key, extra=extra))
    server = Process(["nginx", "-e", "stderr", "-p", folder, "-c", conf], netns=netns)
    return server.await_listening(port)


def curl(netns, pki, port=443, address="127.0.0.1", version="1.2", args=()):
    need("curl")
    return run(["curl", "-sS", "--max-time", "10", "--tlsv" + CURL_VERSION[version], "--tls-max", CURL_VERSION[version],
                "--cacert", pki.root.cert, "--resolve", f"{NAME}:{port}:{address}", *args, f"https://{NAME}:{port}/"],
               netns=netns)
