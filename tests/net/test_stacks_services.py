# SPDX-License-Identifier: BSD-2-Clause
"""Servers as they are installed, in folders of their own, run as nobody: PostgreSQL, MariaDB, OpenLDAP."""
import glob
import os
import shutil

from lab import Skip, events, peers, stacks
from lab.monitor import Hsmon
from lab.pki import NAME
from lab.process import Process, run

NOBODY = 65534
ECDSA = ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")


def of_nobody(lab, *names):
    """A folder with copies of files of the hierarchy that nobody owns, and nobody else reads."""
    folder = lab.folder / "service"
    folder.mkdir()
    lab.folder.chmod(0o755)
    for name in names:
        shutil.copyfile(name, folder / name.name)
        (folder / name.name).chmod(0o600)
        os.chown(folder / name.name, NOBODY, NOBODY)
    os.chown(folder, NOBODY, NOBODY)
    return folder


def as_nobody(args):
    done = run(args, user=NOBODY, seconds=40)
    assert done.popen.returncode == 0, done.told()


def check(event, upgraded_from, version, pair, cipher, client_pair=None, **more):
    fields = {"event__outcome": "success", "tls__version": version, "tls__cipher": cipher, "hsmon__upgraded_from": upgraded_from,
              "network__protocol": "tls", "tls__established": True, "tls__client__server_name": NAME,
              "hsmon__cert__visibility": "wire" if version == "1.2" else "encrypted", "hsmon__capture__complete": True}
    events.expect(event, **{**fields, **more})
    if version == "1.2":
        assert events.chain(event) == pair.chain_sha256
        assert events.chain(event, "client") == (client_pair.chain_sha256 if client_pair else [])


def check_refused(event, upgraded_from, version, **more):
    events.expect(event, event__outcome="failure", tls__version=version, hsmon__upgraded_from=upgraded_from,
                  hsmon__end__by="client", **more)


POSTGRESQL_CONF = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
shared_buffers = 1MB
max_connections = 10
ssl = on
ssl_cert_file = '{folder}/{chain}'
ssl_key_file = '{folder}/{key}'
ssl_ca_file = '{folder}/{root}'
ssl_ciphers = '{cipher}'
"""
POSTGRESQL_HBA = """
hostssl all mutual 127.0.0.1/32 trust clientcert=verify-ca
hostssl all all 127.0.0.1/32 trust
"""


def postgresql(lab, ns, pair):
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [shutil.which("initdb")]
    if not programs[-1]:
        raise Skip("initdb is not installed")
    peers.need("psql")
    folder = of_nobody(lab, pair.chain_file, pair.key, lab.pki.root.cert)
    data = folder / "data"
    as_nobody([programs[-1], "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "--no-locale", "-E", "UTF8"])
    with open(data / "postgresql.conf", "a", encoding="ascii") as conf:
        conf.write(POSTGRESQL_CONF.format(folder=folder, chain=pair.chain_file.name, key=pair.key.name, cipher=ECDSA[0],
                                          root=lab.pki.root.cert.name))
    (data / "pg_hba.conf").write_text(POSTGRESQL_HBA)
    server = Process([os.path.join(os.path.dirname(programs[-1]), "postgres"), "-D", data], netns=ns, user=NOBODY)
    server.await_listening(5432, 20)
    server.await_line(server.err, "ready to accept connections", 20)


def psql(ns, version, **more):
    wanted = {"host": NAME, "hostaddr": "127.0.0.1", "user": "postgres", "dbname": "postgres", "sslmode": "require",
              "ssl_min_protocol_version": f"TLSv{version}", "ssl_max_protocol_version": f"TLSv{version}", **more}
    return run(["psql", "-X", " ".join(f"{k}={v}" for k, v in wanted.items()), "-Atc",
                "select version, cipher from pg_stat_ssl where pid = pg_backend_pid()"], netns=ns)


def test_postgresql(lab):
    ns, pki, pair = lab.netns(), lab.pki, lab.pki.ec
    postgresql(lab, ns, pair)
    run(["psql", "-X", "host=127.0.0.1 user=postgres sslmode=require", "-c", "create role mutual login"], netns=ns, check=True)
    hsmon = Hsmon.start("-i", "lo", netns=ns)
    assert psql(ns, "1.2").out.text() == f"TLSv1.2|{ECDSA[0]}"
    new = psql(ns, "1.3", sslmode="verify-full", sslrootcert=pki.root.cert)
    assert new.out.text().startswith("TLSv1.3|TLS_"), new.told()
    mutual = psql(ns, "1.2", user="mutual", sslcert=pki.client.chain_file, sslkey=pki.client.key)
    assert "TLSv1.2" in mutual.out.text(), mutual.told()
    for version in ("1.2", "1.3"):
        refused = psql(ns, version, sslmode="verify-full", sslrootcert=pki.other_root.cert)
        assert "certificate verify failed" in refused.err.text(), refused.told()
    found = hsmon.finish(5)
    check(found[0], "postgresql", "1.2", pair, ECDSA[1])
    check(found[1], "postgresql", "1.3", pair, new.out.text().split("|")[1])
    check(found[2], "postgresql", "1.2", pair, ECDSA[1], pki.client)
    check_refused(found[3], "postgresql", "1.2", hsmon__alert__description="unknown_ca", hsmon__end__how="alert")
    check_refused(found[4], "postgresql", "1.3", hsmon__end__how="alert")
    assert all(e["server"]["port"] == 5432 for e in found)


def mariadb_server(lab, ns, pair):
    peers.need("mariadbd", "mariadb-install-db", "mariadb")
    folder = of_nobody(lab, pair.chain_file, pair.key, lab.pki.root.cert)
    data = folder / "data"
    as_nobody(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
               "--skip-test-db", "--force"])
    server = Process(["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={folder}/socket", "--bind-address=127.0.0.1",
                      "--port=3306", "--skip-grant-tables", "--skip-networking=0", f"--pid-file={folder}/pid",
                      f"--ssl-cert={folder}/{pair.chain_file.name}", f"--ssl-key={folder}/{pair.key.name}",
                      f"--ssl-ca={folder}/{lab.pki.root.cert.name}", "--innodb-buffer-pool-size=8M"], netns=ns, user=NOBODY)
    server.await_listening(3306, 20)


def mariadb(ns, root, version, args=()):
    return run(["mariadb", "--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--skip-column-names", f"--ssl-ca={root.cert}",
                "--ssl", f"--tls-version=TLSv{version}", *args, "-e", "show status like 'Ssl_version'"], netns=ns)


def test_mariadb(lab):
    ns, pki, pair = lab.netns(), lab.pki, lab.pki.ec
    mariadb_server(lab, ns, pair)
    hsmon = Hsmon.start("-i", "lo", netns=ns)
    for version in ("1.2", "1.3"):
        done = mariadb(ns, pki.root, version)
        assert f"TLSv{version}" in done.out.text(), done.told()
    mutual = mariadb(ns, pki.root, "1.2", [f"--ssl-cert={pki.client.chain_file}", f"--ssl-key={pki.client.key}"])
    assert "TLSv1.2" in mutual.out.text(), mutual.told()
    refused = mariadb(ns, pki.other_root, "1.2", ["--ssl-verify-server-cert"])
    assert "TLSv1.2" not in refused.out.text(), refused.told()
    found = hsmon.finish(4)
    for event, version in zip(found, ("1.2", "1.3", "1.2")):
        check(event, "mysql", version, pair, events.get(event, "tls.cipher"), pki.client if event is found[2] else None,
              tls__client__server_name=events.get(event, "tls.client.server_name"), server__port=3306)
    events.expect(found[3], hsmon__upgraded_from="mysql")


SLAPD_CONF = """
include /etc/ldap/schema/core.schema
pidfile {folder}/pid
TLSCertificateFile {folder}/{chain}
TLSCertificateKeyFile {folder}/{key}
"""


def test_openldap(lab):
    peers.need("slapd", "ldapsearch")
    ns, pki, pair = lab.netns(), lab.pki, lab.pki.ec
    folder = of_nobody(lab, pair.chain_file, pair.key)
    conf = folder / "slapd.conf"
    conf.write_text(SLAPD_CONF.format(folder=folder, chain=pair.chain_file.name, key=pair.key.name))
    server = Process(["slapd", "-d", "0", "-f", conf, "-h", "ldap://127.0.0.1:389"], netns=ns)
    server.await_listening(389)
    hsmon = Hsmon.start("-i", "lo", netns=ns)

    def search(root, *environment):
        return run(["env", f"LDAPTLS_CACERT={root.cert}", *environment,
                    *stacks.knowing(lab.folder, NAME, "127.0.0.1",
                                    ["ldapsearch", "-x", "-ZZ", "-H", f"ldap://{NAME}", "-b", "", "-s", "base"])], netns=ns)

    for version in ("1.2", "1.3"):
        done = search(pki.root, f"LDAPTLS_CIPHER_SUITE=NORMAL:-VERS-ALL:+VERS-TLS{version}")
        assert "dn:" in done.out.text(), done.told()
    refused = search(pki.other_root)
    assert "dn:" not in refused.out.text(), refused.told()
    found = hsmon.finish(3)
    for event, version in zip(found, ("1.2", "1.3")):
        check(event, "ldap", version, pair, events.get(event, "tls.cipher"))
    # libldap judges the certificate when the handshake is over, and sends an UnbindRequest in clear
    check(found[2], "ldap", "1.3", pair, events.get(found[2], "tls.cipher"))
