# SPDX-License-Identifier: BSD-2-Clause
"""Every schema against the lists of names and types that its readers publish (fields/*.tsv), on the same real traffic."""
import base64
import csv
import hashlib
import io
import json
import re
from ipaddress import ip_address
from pathlib import Path

from lab import events
from lab.monitor import Hsmon
from test_capture import Tcpdump, mixed_traffic

FIELDS = Path(__file__).resolve().parent / "fields"
# What is no name of ECS and stands outside of hsmon.*
ECS_OWN = {"tls.client.ja4"}


def published(name):
    lines = (FIELDS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and line[0] != "#"]


def captured(lab):
    ns = lab.netns()
    path = lab.folder / "traffic.pcap"
    dump = Tcpdump(ns, "lo", path)
    count = mixed_traffic(lab, ns, ns, "127.0.0.1")
    dump.finish()
    return path, count


def lines_of(path, schema, *args):
    hsmon = Hsmon(["-o", "json", "--schema", schema, "-r", path, "-p", "443-446", *args])
    assert hsmon.wait(60) == 0, hsmon.told()
    return [events.parse(line) for line in hsmon.out.lines]


def leaves(value, path=""):
    """Paths and values; a list's entries have the list's path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def is_date(value):
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", value)


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_ip(value):
    return str(ip_address(value)) == value


ECS_TYPES = {"keyword": lambda v: isinstance(v, str) or is_int(v), "wildcard": lambda v: isinstance(v, str), "long": is_int, "ip": is_ip,
             "date": is_date, "boolean": lambda v: isinstance(v, bool), "float": lambda v: isinstance(v, float)}
ZEEK_TYPES = {"time": lambda v: isinstance(v, float), "string": lambda v: isinstance(v, str), "addr": is_ip,
              "port": lambda v: is_int(v) and 0 <= v < 65536, "bool": lambda v: isinstance(v, bool), "count": lambda v: is_int(v) and v >= 0}
OTEL_TYPES = {"string": lambda v: isinstance(v, str), "int": is_int, "boolean": lambda v: isinstance(v, bool)}


def test_ecs(lab):
    path, count = captured(lab)
    known = dict(published("ecs"))
    lines = lines_of(path, "ecs", "--der")
    assert sum(events.dataset(e) == "hsmon.handshake" for e in lines) == count
    wrong, seen = [], set()
    for name, value in (leaf for line in lines for leaf in leaves(line)):
        seen.add(name)
        if name.startswith("hsmon.") or name in ECS_OWN:
            continue
        if name not in known or not ECS_TYPES[known[name]](value):
            wrong.append(f"{name} = {value!r}: {known.get(name, 'not in ECS')}")
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert seen >= {"tls.client.x509.subject.common_name", "tls.server.certificate_chain", "event.reason"}, sorted(seen)


def by_port(lines, name):
    return {line[name]: line for line in lines if name in line}


def check_zeek(line, known):
    log = line["_path"]
    for name, value in line.items():
        if name == "_path":
            continue
        kind = known[log][name]
        inner = re.fullmatch(r"vector\[(\w+)\]", kind)
        if inner:
            assert isinstance(value, list) and value and all(ZEEK_TYPES[inner[1]](v) for v in value), (name, value)
        else:
            assert ZEEK_TYPES[kind](value), (log, name, value)


def test_zeek(lab):
    path, count = captured(lab)
    known = {}
    for log, name, kind in published("zeek"):
        known.setdefault(log, {})[name] = kind
    lines = lines_of(path, "zeek", "--der", "--ca-file", lab.pki.root.cert)
    for line in lines:
        check_zeek(line, known)
    ssl = by_port([line for line in lines if line["_path"] == "ssl"], "id.orig_p")
    x509 = [line for line in lines if line["_path"] == "x509"]
    ecs = by_port([dict(e, port=e["client"]["port"]) for e in lines_of(path, "ecs") if "client" in e], "port")
    assert len(ssl) == count and ssl.keys() == ecs.keys()
    assert {line["_path"] for line in lines} == {"ssl", "x509", "known_certs", "stats"}
    # Each certificate once, after the first handshake that has it; both ways to join lead to it.
    by_fingerprint, by_id = {line["fingerprint"]: line for line in x509}, {line["id"]: line for line in x509}
    assert len(by_fingerprint) == len(by_id) == len(x509) > 0
    for port, line in ssl.items():
        event = ecs[port]
        for zeek, side in (("", "server"), ("client_", "client")):
            wanted = [sha256.lower() for sha256 in events.chain(event, side)]
            assert line.get(zeek + "cert_chain_fps", []) == wanted, line
            assert [by_id[i]["fingerprint"] for i in line.get(zeek + "cert_chain_fuids", [])] == wanted
        assert re.fullmatch(r"C[0-9A-Za-z]{17}", line["uid"])
        version = events.get(event, "tls.version")
        assert line.get("version") == (version and "TLSv" + version.replace(".", "")), line
        assert line.get("ssl_history") == events.get(event, "hsmon.history")
        assert line.get("ja3") == events.get(event, "tls.client.ja3") and line.get("cipher") == events.get(event, "tls.cipher")
    for line in x509:
        assert hashlib.sha256(base64.b64decode(line["cert"])).hexdigest() == line["fingerprint"]
        assert line["certificate.subject"].count("=") >= 1 and ", " not in line["certificate.subject"]
    leaf = next(line for line in x509 if line.get("host_cert") and line["certificate.key_type"] == "rsa")
    assert leaf["certificate.exponent"] == "65537" and leaf["certificate.sig_alg"] == "ecdsa-with-SHA256" and leaf["san.dns"], leaf
    assert any(line["client_cert"] for line in x509) and any(line["basic_constraints.ca"] for line in x509)
    assert {line["resumed"] for line in ssl.values() if "resumed" in line} == {True, False}
    assert any(line.get("validation_status") == "certificate has expired" for line in ssl.values())


def test_eve(lab):
    path, count = captured(lab)
    known = dict(published("eve"))
    lines = lines_of(path, "eve", "--der")
    for name, value in (leaf for line in lines for leaf in leaves(line)):
        text = value if isinstance(value, str) else json.dumps(value)
        assert name in known and re.fullmatch(known[name], text, re.S), f"{name} = {text}: {known.get(name, 'not in EVE')}"
    tls = by_port([line for line in lines if line["event_type"] == "tls"], "src_port")
    ecs = by_port([dict(e, port=e["client"]["port"]) for e in lines_of(path, "ecs") if "client" in e], "port")
    assert len(tls) == count and [line["event_type"] for line in lines].count("stats") == 1
    for port, line in tls.items():
        event, said = ecs[port], line["tls"]
        assert line["flow_id"] == int(event["event"]["id"][:13], 16)
        sha1 = events.get(event, "tls.server.hash.sha1")
        assert said.get("fingerprint") == (sha1 and ":".join(re.findall("..", sha1.lower()))), line
        assert said.get("session_resumed") == (True if events.get(event, "tls.resumed") else None)
        if "chain" in said:
            assert hashlib.sha1(base64.b64decode(said["chain"][0])).hexdigest().upper() == sha1
        for side, digest in (("ja3", "tls.client.ja3"), ("ja3s", "tls.server.ja3s")):
            if side in said:
                assert hashlib.md5(said[side]["string"].encode()).hexdigest() == said[side]["hash"] == events.get(event, digest)
    assert any("client" in line["tls"] for line in tls.values()) and any("session_resumed" in line["tls"] for line in tls.values())


def test_otel(lab):
    path, count = captured(lab)
    known = dict(published("otel"))
    lines = lines_of(path, "otel")
    assert [line["EventName"] for line in lines].count("hsmon.handshake") == count
    for line in lines:
        assert line.keys() <= {"Timestamp", "EventName", "SeverityText", "SeverityNumber", "Body", "Attributes", "Resource"}
        assert line["Timestamp"].isdecimal() and line["Resource"]["service.name"] == "hsmon"
        for name, value in (line["Attributes"] | line["Resource"]).items():
            if name.startswith("hsmon."):
                continue
            kind = known[name]
            values = value if kind.endswith("[]") else [value]
            assert all(OTEL_TYPES[kind.removesuffix("[]")](v) for v in values), (name, value)
    failed = [line for line in lines if line["SeverityText"] == "WARN"]
    assert failed and all(line["Attributes"]["error.type"] and line["Body"] and line["SeverityNumber"] == 13 for line in failed)


def csv_rows(path, *args):
    hsmon = Hsmon(["-o", "csv", "-r", path, "-p", "443-446", *args])
    assert hsmon.wait(60) == 0, hsmon.told()
    text = hsmon.out.text()
    assert text.count("\r\n") == text.count("\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def as_cell(value):
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else json.dumps(value) if isinstance(value, bool) else str(value)


def test_csv(lab):
    path, count = captured(lab)
    rows = csv_rows(path)
    ecs = [e for e in lines_of(path, "ecs") if events.dataset(e) == "hsmon.handshake"]
    assert len(rows) == len(ecs) == count
    # JSON numbers other events as well
    rows = {row["event.id"]: dict(row, **{"event.sequence": None}) for row in rows}
    for event in ecs:
        row = rows[event["event"]["id"]]
        for name, cell in row.items():
            assert cell is None or cell == as_cell(events.get(event, name)), f"{name}: {cell!r}"
    chosen = csv_rows(path, "--columns", "server.port,tls.client.supported_ciphers")
    assert [list(row) for row in chosen] == [["server.port", "tls.client.supported_ciphers"]] * count
    assert all(re.fullmatch(r"TLS_\w+(;TLS_\w+)+", row["tls.client.supported_ciphers"]) for row in chosen), chosen
    assert {row["version"] for row in csv_rows(path, "--schema", "zeek")} == {"TLSv13", "TLSv12", ""}
