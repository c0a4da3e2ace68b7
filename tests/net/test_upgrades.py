# SPDX-License-Identifier: BSD-2-Clause
"""TLS that begins after clear text: mail, news, chat, directories, databases, proxies."""
import sys

from lab import cases, events, peers, stacks
from lab.monitor import Hsmon
from lab.pki import NAME
from lab.process import Process, run

UPGRADE = stacks.SOURCES / "upgrade.py"
CIPHER = ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
# openssl's name of the protocol: (our server's, port, what is reported)
STARTTLS = {
    "smtp": ("smtp", 25, "smtp"), "lmtp": ("smtp", 25, "smtp"), "imap": ("imap", 143, "imap"), "pop3": ("pop3", 110, "pop3"),
    "ftp": ("ftp", 21, "ftp"), "nntp": ("nntp", 119, "nntp"), "sieve": ("sieve", 4190, "sieve"), "irc": ("irc", 6667, "irc"),
    "xmpp": ("xmpp", 5222, "xmpp"), "xmpp-server": ("xmpp", 5269, "xmpp"), "ldap": ("ldap", 389, "ldap"),
    "postgres": ("postgresql", 5432, "postgresql"), "mysql": ("mysql", 3306, "mysql"),
}
STARTTLS_CASES = {name.replace("-", "_"): (name,) for name in STARTTLS}


def start_server(ns, pair, protocol, port):
    return Process([sys.executable, UPGRADE, "server", protocol, str(port), pair.chain_file, pair.key],
                   netns=ns).await_listening(port)


def client(ns, pki, protocol, port, version="1.2", root=None):
    return run([sys.executable, UPGRADE, "client", protocol, str(port), (root or pki.root).cert, version, NAME], netns=ns)


def proxy(ns, kind, port, target):
    return Process([sys.executable, UPGRADE, "proxy", kind, str(port), str(target)], netns=ns).await_listening(port)


def openssl(ns, protocol, port, version="1.2", args=(), stdin=b"QUIT\r\n"):
    cipher = ["-cipher", CIPHER[0]] if version == "1.2" else ["-ciphersuites", "TLS_AES_128_GCM_SHA256"]
    return run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-starttls", protocol, "-servername", NAME,
                peers.OPENSSL_VERSION[version], *cipher, *args], netns=ns, stdin=stdin)


def watch(ns, *args):
    """Without -p: the ports of these services are among those that are watched anyway."""
    return Hsmon.start("-i", "lo", *args, netns=ns)


def check(event, pair, upgraded_from, version="1.2", **more):
    fields = {"event__outcome": "success", "tls__version": version, "tls__version_protocol": "tls", "network__protocol": "tls",
              "tls__client__server_name": NAME, "hsmon__upgraded_from": upgraded_from, "tls__established": True,
              "hsmon__cert__visibility": "wire" if version == "1.2" else "encrypted", "hsmon__capture__complete": True,
              "tls__server__hash__sha256": pair.sha256 if version == "1.2" else None}
    events.expect(event, **{**fields, **more})
    if version == "1.2":
        assert events.chain(event) == pair.chain_sha256


@cases(**STARTTLS_CASES)
def test_starttls(lab, name):
    ns, pair = lab.netns(), lab.pki.rsa
    protocol, port, reported = STARTTLS[name]
    start_server(ns, pair, protocol, port)
    hsmon = watch(ns)
    s_client = openssl(ns, name, port)
    assert peers.openssl_shook_hands(s_client), s_client.told()
    [event] = hsmon.finish(1)
    check(event, pair, reported, tls__cipher=CIPHER[1], server__port=port)


@cases(smtp=("smtp",), imap=("imap",), postgres=("postgres",))
def test_starttls_TLS_1_3(lab, name):
    ns, pair = lab.netns(), lab.pki.rsa
    protocol, port, reported = STARTTLS[name]
    start_server(ns, pair, protocol, port)
    hsmon = watch(ns)
    s_client = openssl(ns, name, port, version="1.3")
    assert peers.openssl_shook_hands(s_client), s_client.told()
    [event] = hsmon.finish(1)
    check(event, pair, reported, "1.3", tls__cipher="TLS_AES_128_GCM_SHA256")


@cases(smtp=("smtp", 587), imap=("imap", 143), pop3=("pop3", 110), ftp=("ftp", 21))
def test_python_client(lab, protocol, port):
    ns, pair = lab.netns(), lab.pki.ec
    start_server(ns, pair, protocol, port)
    hsmon = watch(ns)
    done = client(ns, lab.pki, protocol, port)
    assert stacks.shook_hands(done) and done.popen.returncode == 0, done.told()
    [event] = hsmon.finish(1)
    check(event, pair, protocol)


@cases(chosen=("-p", "2525"), any=("-p", "any"))
def test_unusual_port(lab, *choice):
    ns, pair = lab.netns(), lab.pki.ec
    start_server(ns, pair, "smtp", 2525)
    hsmon = watch(ns, *choice)
    done = client(ns, lab.pki, "smtp", 2525)
    assert stacks.shook_hands(done), done.told()
    [event] = hsmon.finish(1)
    check(event, pair, "smtp", server__port=2525)


def test_refused_certificate(lab):
    ns, pair = lab.netns(), lab.pki.rsa
    start_server(ns, pair, "smtp", 25)
    hsmon = watch(ns)
    done = client(ns, lab.pki, "smtp", 25, root=lab.pki.other_root)
    assert not stacks.shook_hands(done), done.told()
    [event] = hsmon.finish(1)
    events.expect(event, event__outcome="failure", hsmon__upgraded_from="smtp", hsmon__end__by="client", hsmon__end__how="alert",
                  hsmon__alert__from="client", hsmon__alert__description="unknown_ca", tls__client__server_name=NAME)
    assert events.chain(event) == pair.chain_sha256


def test_mail_in_clear_is_no_event(lab):
    """A whole session without STARTTLS; the handshake after it shows that nothing came of it."""
    ns, pair = lab.netns(), lab.pki.ec
    start_server(ns, pair, "smtp-without", 25)
    start_server(ns, pair, "smtp", 587)
    hsmon = watch(ns)
    run([sys.executable, "-c", "import smtplib\nc = smtplib.SMTP('127.0.0.1', 25)\nc.ehlo()\nc.quit()\n"], netns=ns, check=True)
    done = client(ns, lab.pki, "smtp", 587)
    assert stacks.shook_hands(done), done.told()
    [event] = hsmon.finish(1)
    check(event, pair, "smtp", server__port=587)


@cases(http_upgrade=("http-upgrade", 8443, "http-upgrade"), rdp=("rdp", 3389, "rdp"))
def test_raw(lab, protocol, port, reported):
    ns, pair = lab.netns(), lab.pki.ec
    start_server(ns, pair, protocol, port)
    hsmon = watch(ns, "-p", str(port))
    done = client(ns, lab.pki, protocol, port)
    assert stacks.shook_hands(done), done.told()
    [event] = hsmon.finish(1)
    check(event, pair, reported)


def test_connect_openssl(lab):
    ns, pair = lab.netns(), lab.pki.rsa
    peers.openssl_server(ns, pair)
    proxy(ns, "connect", 3128, 443)
    hsmon = watch(ns, "-p", "3128")
    done = peers.openssl_client(ns, version="1.2", args=["-proxy", "127.0.0.1:3128"])
    assert peers.openssl_shook_hands(done), done.told()
    [event] = hsmon.finish(1)
    check(event, pair, "http-connect", server__port=3128)


@cases(connect=("connect", ["-x", "http://127.0.0.1:3128", "--proxytunnel"], "http-connect"),
       socks5=("socks5", ["-x", "socks5h://127.0.0.1:3128"], "socks5"))
def test_proxy_curl(lab, kind, args, reported):
    ns, pair = lab.netns(), lab.pki.ec
    peers.nginx_server(ns, lab.folder, pair)
    proxy(ns, kind, 3128, 443)
    hsmon = watch(ns, "-p", "3128")
    done = peers.curl(ns, lab.pki, args=args)
    assert done.out.text() == "hello", done.told()
    [event] = hsmon.finish(1)
    check(event, pair, reported, server__port=3128, tls__next_protocol="http/1.1")


# an address of nginx's own takes the preamble
PROXY_LISTEN = """
    }}
    server {{
        listen 127.0.0.1:8443 ssl proxy_protocol;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_tickets off;
"""


def nginx_behind_proxy(lab, ns, pair):
    return peers.nginx_server(ns, lab.folder, pair, extra=PROXY_LISTEN.format(chain=pair.chain_file, key=pair.key))


def test_proxy_protocol_curl(lab):
    """Version 1, with curl's own addresses in it."""
    ns, pair = lab.netns(), lab.pki.ec
    nginx_behind_proxy(lab, ns, pair)
    hsmon = watch(ns, "-p", "8443")
    done = peers.curl(ns, lab.pki, port=8443, args=["--haproxy-protocol"])
    assert done.out.text() == "hello", done.told()
    [event] = hsmon.finish(1)
    check(event, pair, "proxy-protocol", hsmon__proxy__source__ip="127.0.0.1", hsmon__proxy__destination__ip="127.0.0.1",
          hsmon__proxy__source__port=event["client"]["port"], hsmon__proxy__destination__port=8443)


@cases(version_1=("proxy-v1", "192.0.2.7"), version_1_IPv6=("proxy-v1-IPv6", "2001:db8::7"),
       version_2=("proxy-v2", "192.0.2.7"), version_2_IPv6=("proxy-v2-IPv6", "2001:db8::7"), local=("proxy-v2-local", None))
def test_proxy_protocol(lab, kind, source):
    ns, pair = lab.netns(), lab.pki.ec
    nginx_behind_proxy(lab, ns, pair)
    hsmon = watch(ns, "-p", "8443")
    done = client(ns, lab.pki, kind, 8443)
    assert stacks.shook_hands(done), done.told()
    [event] = hsmon.finish(1)
    check(event, pair, "proxy-protocol", hsmon__proxy__source__ip=source, hsmon__proxy__source__port=source and 56324,
          hsmon__proxy__destination__port=source and 443, client__ip="127.0.0.1")


HAPROXY = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 20s
    timeout server 20s
listen in
    bind 127.0.0.1:9443
    server nginx 127.0.0.1:8443 send-proxy-v2
"""


def test_proxy_protocol_haproxy(lab):
    peers.need("haproxy")
    ns, pair = lab.netns(), lab.pki.ec
    nginx_behind_proxy(lab, ns, pair)
    conf = lab.folder / "haproxy.cfg"
    conf.write_text(HAPROXY)
    Process(["haproxy", "-db", "-f", conf], netns=ns).await_listening(9443)
    hsmon = watch(ns, "-p", "8443")
    done = peers.curl(ns, lab.pki, port=9443)
    assert done.out.text() == "hello", done.told()
    [event] = hsmon.finish(1)
    check(event, pair, "proxy-protocol", hsmon__proxy__source__ip="127.0.0.1", hsmon__proxy__destination__port=9443)
    assert event["hsmon"]["proxy"]["source"]["port"] != event["client"]["port"]
