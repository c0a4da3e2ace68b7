/* SPDX-License-Identifier: BSD-2-Clause */
/* What a certificate and the verdict on a chain cost: for the first time, and when it is known. CPU time of this thread. */
#include <openssl/pem.h>
#include <time.h>
#include <unistd.h>

#include "certs.h"
#include "x509/findings.h"

#define KNOWN 1000
#define ROUNDS 200

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct made leaf(const char *key, const struct made *ca, int i)
{
	char name[128], san[200];

	snprintf(name, sizeof(name), "C=US/ST=California/L=San Francisco/O=Example Org/CN=host%d.example.com", i);
	snprintf(san, sizeof(san), "DNS:host%d.example.com,DNS:www%d.example.com,DNS:example.com,DNS:*.cdn.example.com",
		 i, i);
	return MAKE(.key = key, .key_slot = "leaf", .subject = name, .issuer = ca,
		    .raw = { make_extension("1.3.6.1.4.1.11129.2.4.2",
					    (uint8_t[400]){ 4, 0x82, 0x01, 0x8c, 0x01, 0x8a, 0x01, 0x88 }, 400) },
		    .ext = { { "subjectAltName", san },
			     { "keyUsage", "digitalSignature" },
			     { "extendedKeyUsage", "serverAuth,clientAuth" },
			     { "subjectKeyIdentifier", "hash" },
			     { "authorityKeyIdentifier", "keyid:always" },
			     { "basicConstraints", "critical,CA:FALSE" },
			     { "authorityInfoAccess",
			       "OCSP;URI:http://r10.o.example.org,caIssuers;URI:http://r10.i.example.org/" },
			     { "certificatePolicies", "2.23.140.1.2.1" },
			     { "crlDistributionPoints", "URI:http://c.example.org/r10/107.crl" } });
}

static void parse_all(const char *what, const char *key, const struct made *ca)
{
	static struct made m[KNOWN];
	struct cert_store *s;
	double start, first = 0, again;
	size_t bytes = 0;

	for (int i = 0; i < KNOWN; i++)
		m[i] = leaf(key, ca, i);
	for (int r = 0; r < 3; r++) {
		s = cert_store_new(KNOWN, 1 << 26);
		start = now_us();
		for (int i = 0; i < KNOWN; i++)
			cert_put(cert_store_get(s, m[i].der, m[i].len));
		again = (now_us() - start) / KNOWN;
		first = r && first < again ? first : again;
		if (r < 2)
			cert_store_free(s);
	}
	start = now_us();
	for (int r = 0; r < ROUNDS; r++)
		for (int i = 0; i < KNOWN; i++)
			cert_put(cert_store_get(s, m[i].der, m[i].len));
	again = (now_us() - start) / KNOWN / ROUNDS;
	bytes = cert_store_stats(s).bytes / cert_store_stats(s).count;
	printf("%-24s %5zu bytes   first %6.2f us   known %6.3f us   memory %5zu bytes beside the DER\n", what, m[0].len,
	       first, again, bytes - m[0].len);
	cert_store_free(s);
	for (int i = 0; i < KNOWN; i++)
		made_free(&m[i]);
}

static void self_signed(const char *what, const char *key)
{
	struct cert_store *s = cert_store_new(1, 1);
	struct made m = MAKE(.key = key, .subject = "CN=self");
	double start = now_us();

	for (int i = 0; i < 1000; i++)
		cert_put(cert_store_get(s, m.der, m.len));
	printf("%-24s %5zu bytes   first %6.2f us, its own signature checked\n", what, m.len, (now_us() - start) / 1000);
	made_free(&m);
	cert_store_free(s);
}

/* A chain of two certificates below an anchor: judged for the first time, judged again, with its findings. */
static void verify(const char *what, const char *key, const char *ca_key)
{
	static struct made m[KNOWN];
	static const struct cert *chain[KNOWN][2];
	struct made root = MAKE(.key = ca_key, .key_slot = "root", .subject = "CN=Root",
				.ext = { { "basicConstraints", "CA:TRUE" }, { "subjectKeyIdentifier", "hash" } });
	struct made ca = MAKE(.key = ca_key, .key_slot = "ca", .subject = "CN=CA", .issuer = &root,
			      .ext = { { "basicConstraints", "CA:TRUE" }, { "subjectKeyIdentifier", "hash" } });
	struct cert_store *s = cert_store_new(2 * KNOWN, 1 << 26);
	struct findings *f = findings_new(&(struct findings_options){ .expiry_warn_days = 30 });
	char file[] = "/tmp/hsmon-bench-XXXXXX";
	struct verify *v;
	FILE *out = fdopen(mkstemp(file), "w");
	double first, again, all;
	uint64_t set = 0;
	int64_t at = time(NULL);

	CERTS_MUST(out && PEM_write_X509(out, root.x) && !fclose(out));
	CERTS_MUST(!verify_new(&v, &(struct verify_options){ .ca_file = file }));
	unlink(file);
	for (int i = 0; i < KNOWN; i++) {
		m[i] = leaf(key, &ca, i);
		chain[i][0] = cert_store_get(s, m[i].der, m[i].len);
		chain[i][1] = cert_store_get(s, ca.der, ca.len);
	}
	first = now_us();
	for (int i = 0; i < KNOWN; i++)
		CERTS_MUST(verify_chain(v, &(struct verify_request){ .chain = chain[i], .n = 2, .at = at }).status ==
			   CHAIN_OK);
	first = (now_us() - first) / KNOWN;
	again = now_us();
	for (int r = 0; r < ROUNDS; r++)
		for (int i = 0; i < KNOWN; i++)
			CERTS_MUST(
				verify_chain(v, &(struct verify_request){ .chain = chain[i], .n = 2, .at = at }).status ==
				CHAIN_OK);
	again = (now_us() - again) / KNOWN / ROUNDS;
	all = now_us();
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < KNOWN; i++) {
			struct verify_request q = {
				.chain = chain[i], .n = 2, .at = at, .host = "www7.example.com", .host_len = 16
			};
			struct verdict d = verify_chain(v, &q);

			set |= findings_of_chain(f, &q, &d, true);
		}
	}
	all = (now_us() - all) / KNOWN / ROUNDS;
	CERTS_MUST(set);
	printf("%-24s verdict      first %6.2f us   known %6.3f us   known, with host name and findings %6.3f us\n", what,
	       first, again, all);
	for (int i = 0; i < KNOWN; i++) {
		cert_put(chain[i][0]);
		cert_put(chain[i][1]);
		made_free(&m[i]);
	}
	findings_free(f);
	verify_free(v);
	cert_store_free(s);
	made_free(&root);
	made_free(&ca);
}

static void system_anchors(void)
{
	double start = now_us();
	struct verify *v;

	CERTS_MUST(!verify_new(&v, &(struct verify_options){ 0 }));
	printf("%-24s %5zu read in %.1f ms\n", "system's trust anchors", verify_anchor_cnt(v), (now_us() - start) / 1000);
	verify_free(v);
}

int main(void)
{
	struct made rsa = MAKE(.key = "RSA2048", .subject = "C=US/O=Example Trust/CN=R10",
			       .ext = { { "subjectKeyIdentifier", "hash" } });
	struct made ec = MAKE(.key = "EC:P-384", .subject = "C=US/O=Example Trust/CN=E5",
			      .ext = { { "subjectKeyIdentifier", "hash" } });

	parse_all("RSA 2048 leaf", "RSA2048", &rsa);
	parse_all("EC P-256 leaf", "EC:P-256", &ec);
	self_signed("RSA 2048 self-signed", "RSA2048");
	self_signed("EC P-256 self-signed", "EC:P-256");
	verify("RSA 2048 chain", "RSA2048", "RSA2048");
	verify("EC P-256 under P-384", "EC:P-256", "EC:P-384");
	system_anchors();
	made_free(&rsa);
	made_free(&ec);
	return 0;
}
