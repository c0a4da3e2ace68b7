# SPDX-License-Identifier: BSD-2-Clause
"""Certificates, made anew for each run: a root, an intermediate below it, and what servers and clients need."""
import base64
import hashlib
import os
import subprocess

from lab.process import ENVIRONMENT

CONFIG = """
[ca]
default_ca = it
[it]
database = {folder}/{label}.index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
[req]
distinguished_name = dn
string_mask = utf8only
utf8 = yes
prompt = no
[dn]
CN = unused
[root]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical,CA:TRUE,pathlen:0
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""

NAME = "server.example"


class Pair:
    """A certificate with its key: PEM files, its DER, and the chain that a server sends with it."""

    def __init__(self, folder, label, issuer=None):
        self.cert, self.key = folder / f"{label}.pem", folder / f"{label}.key"
        self.chain_file = folder / f"{label}.chain.pem"         # with the certificate itself first
        self.above_file = folder / f"{label}.above.pem"         # without
        self.issuer = issuer

    @property
    def der(self):
        return pem_to_der(self.cert.read_text())[0]

    @property
    def sha256(self):
        return hashlib.sha256(self.der).hexdigest().upper()

    @property
    def chain(self):
        """DER of every certificate a server sends, leaf first."""
        return pem_to_der(self.chain_file.read_text())

    @property
    def chain_sha256(self):
        return [hashlib.sha256(der).hexdigest().upper() for der in self.chain]


def pem_to_der(text):
    blocks = text.split("-----BEGIN CERTIFICATE-----")[1:]
    return [base64.b64decode(b.split("-----END CERTIFICATE-----")[0]) for b in blocks]


class Pki:
    def __init__(self, folder):
        self.folder = folder
        self.root = self._sign("root", "/O=hsmon/CN=Test Root", "ec", None, "root")
        self.intermediate = self._sign("intermediate", "/O=hsmon/CN=Test Intermediate", "ec", self.root, "intermediate")
        self.rsa = self.leaf("rsa", key="rsa")
        self.ec = self.leaf("ec")
        self.expired = self.leaf("expired", dates=("20200101000000Z", "20200201000000Z"))
        self.other_root = self._sign("other-root", "/O=elsewhere/CN=Unknown Root", "ec", None, "root")
        self.untrusted = self.leaf("untrusted", issuer=self.other_root)
        self.client = self.leaf("client", subject="/O=hsmon/OU=clients/CN=Client Example", names="DNS:client.example")

    def leaf(self, label, subject=f"/O=hsmon/CN={NAME}", names=f"DNS:{NAME},DNS:*.{NAME}", issuer=None, key="ec",
             dates=None):
        pair = self._sign(label, subject, key, issuer or self.intermediate, f"subjectAltName={names}", dates)
        return pair

    def openssl(self, *args):
        done = subprocess.run(["openssl", *map(os.fspath, args)], env=ENVIRONMENT, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"openssl {' '.join(map(os.fspath, args))}: {done.stderr.decode(errors='replace')}")

    def _key(self, path, kind):
        if kind == "rsa":
            self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)
        else:
            self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)

    def _sign(self, label, subject, key, issuer, extensions, dates=None):
        """extensions: a section of CONFIG, or one extension line."""
        pair = Pair(self.folder, label, issuer)
        self._key(pair.key, key)
        # a database of its own: tests sign at the same time
        (self.folder / f"{label}.index").write_text("")
        config = self.folder / f"{label}.cnf"
        section = "leaf" if "=" in extensions else extensions
        config.write_text(CONFIG.format(folder=self.folder, label=label) + f"[leaf]\n{extensions if section == 'leaf' else ''}\n")
        request = self.folder / f"{label}.csr"
        self.openssl("req", "-new", "-config", config, "-utf8", "-key", pair.key, "-subj", subject,
                     "-out", request)
        signer = ["-selfsign", "-keyfile", pair.key] if issuer is None else ["-cert", issuer.cert, "-keyfile", issuer.key]
        period = ["-startdate", dates[0], "-enddate", dates[1]] if dates else ["-days", "43"]
        self.openssl("ca", "-config", config, "-batch", "-notext", "-in", request, "-extensions", section, *signer, *period,
                     "-preserveDN", "-utf8", "-out", pair.cert)
        links, above = [pair], issuer
        while above is not None and above.issuer is not None:   # the root stays at home
            links.append(above)
            above = above.issuer
        pair.chain_file.write_text("".join(link.cert.read_text() for link in links))
        pair.above_file.write_text("".join(link.cert.read_text() for link in links[1:]))
        return pair
