# SPDX-License-Identifier: BSD-2-Clause
"""Names from the wire that try to reach the terminal."""
import re

from lab import cases, events, peers
from lab.monitor import Hsmon

ESCAPES = "a\x1b]0;owned\x07\x1b[31m\x7fb"
C1 = "c\u009b31md\u0085e"
BIDI = "f\u202e\u2066txt.exe\u200bg"
# control characters of C0, DEL and C1 (in UTF-8), and those that turn the direction of text
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069\ufffd]")


def harmful(output):
    return HARMFUL.search(output.decode("utf-8", "replace"))


@cases(text=([],), verbose=(["-v"],), json=(["-o", "json"],))
def test_names_are_escaped(lab, options):
    pki, ns = lab.pki, lab.netns()
    evil = pki.leaf(f"evil-{lab.prefix}", subject=f"/O=o{C1}/OU={BIDI}/CN={ESCAPES}", names=f"DNS:x{ESCAPES}y")
    peers.openssl_server(ns, evil, version="1.2")
    hsmon = Hsmon([*options, "-i", "lo", "-p", "443", "-c", "2"], netns=ns)
    hsmon.await_line(hsmon.err, "^hsmon: watching")
    assert peers.openssl_shook_hands(peers.openssl_client(ns, name=ESCAPES))
    peers.openssl_client(ns, name=b"raw\xff\xfe\x1b[2J.example".decode("utf-8", "surrogateescape"))
    assert hsmon.wait(10) == 0, hsmon.told()
    for what, stream in (("stdout", hsmon.out), ("stderr", hsmon.err)):
        found = harmful(stream.bytes())
        assert not found, f"{what} has {found[0]!r} raw: {stream.bytes()!r}"
    assert b"owned" in hsmon.out.bytes(), "the name itself is not shown"
    if options == ["-o", "json"]:
        first = hsmon.handshakes()[0]
        assert events.chain(first) == evil.chain_sha256
        assert "owned" in first["server"]["domain"]
