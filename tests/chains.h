/* SPDX-License-Identifier: BSD-2-Clause */
/* A small PKI and a verifier that trusts it, for tests of chains. */
#ifndef HSMON_TESTS_CHAINS_H
#define HSMON_TESTS_CHAINS_H

#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs.h"
#include "x509/verify.h"

#ifndef NOW
#define NOW 1750000000LL
#endif
#define DAY 86400LL
#define VALID .not_before = NOW - 100 * DAY, .not_after = NOW + 100 * DAY

CERTS_UNUSED static struct made root, inter, inter2, leaf, deep, other_root, other_leaf;
static char dir[] = "/tmp/hsmon-test-XXXXXX";
static struct cert_store *store;

#define CA() \
	{ "basicConstraints", "critical,CA:TRUE" }, { "keyUsage", "critical,keyCertSign,cRLSign" }, \
	{ \
		"subjectKeyIdentifier", "hash" \
	}
#define EE { "basicConstraints", "CA:FALSE" }, { "extendedKeyUsage", "serverAuth" }

CERTS_UNUSED static void write_pem(const char *name, const struct made *const *v, size_t n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		assert_true(PEM_write_X509(f, v[i]->x));
	assert_int_equal(fclose(f), 0);
}

CERTS_UNUSED static const char *in_dir(const char *name)
{
	static char path[2][256];
	static int i;

	i = !i;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

CERTS_UNUSED static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	store = cert_store_new(1000, 1 << 24);
	root = MAKE(.key_slot = "root", .subject = "O=Test/CN=Root", VALID, .ext = { CA() });
	inter = MAKE(.key_slot = "inter", .subject = "O=Test/CN=Inter", .issuer = &root, VALID,
		     .ext = { CA(), { "authorityKeyIdentifier", "keyid" } });
	inter2 = MAKE(.key_slot = "inter2", .subject = "O=Test/CN=Inter 2", .issuer = &inter, VALID, .ext = { CA() });
	leaf = MAKE(.key_slot = "leaf", .subject = "CN=a.example", .issuer = &inter, VALID,
		.ext = { EE, { "subjectAltName", "DNS:a.example" }, { "authorityKeyIdentifier", "keyid" } });
	deep = MAKE(.key_slot = "leaf", .subject = "CN=deep.example", .issuer = &inter2, VALID,
		    .ext = { EE, { "subjectAltName", "DNS:deep.example" } });
	other_root = MAKE(.key_slot = "other", .subject = "O=Other/CN=Root", VALID, .ext = { CA() });
	other_leaf = MAKE(.key_slot = "leaf", .subject = "CN=b.example", .issuer = &other_root, VALID, .ext = { EE });
	write_pem("ca.pem", (const struct made *[]){ &root }, 1);
	return 0;
}

CERTS_UNUSED static void clean(const char *name)
{
	unlink(in_dir(name));
}

CERTS_UNUSED static int teardown(void **state)
{
	struct made *const all[] = { &root, &inter, &inter2, &leaf, &deep, &other_root, &other_leaf };

	(void)state;
	clean("ca.pem");
	rmdir(dir);
	cert_store_free(store);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		made_free(all[i]);
	return 0;
}

CERTS_UNUSED static struct verify *verifier(void)
{
	struct verify *v;

	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_file = in_dir("ca.pem") }), 0);
	assert_int_equal(verify_anchor_cnt(v), 1);
	return v;
}

struct sent {
	const struct made *m[20];
	bool client;
	const char *host;
	const uint8_t *ocsp;
	size_t ocsp_len;
};

CERTS_UNUSED static struct verdict verdict_at(struct verify *v, const struct sent *s, int64_t at)
{
	const struct cert *chain[20];
	struct verify_request r = { .chain = chain,
				    .at = at,
				    .client = s->client,
				    .host = s->host,
				    .host_len = s->host ? strlen(s->host) : 0,
				    .ocsp = s->ocsp,
				    .ocsp_len = s->ocsp_len };
	struct verdict d;

	for (; s->m[r.n]; r.n++)
		chain[r.n] = cert_store_get(store, s->m[r.n]->der, s->m[r.n]->len);
	d = verify_chain(v, &r);
	for (size_t i = 0; i < r.n; i++)
		cert_put(chain[i]);
	return d;
}

/* By a verifier that has seen nothing before. */
CERTS_UNUSED static struct verdict fresh_at(const struct sent *s, int64_t at)
{
	struct verify *v = verifier();
	struct verdict d = verdict_at(v, s, at);

	verify_free(v);
	return d;
}

#define SENT(...) (&(struct sent){ .m = { __VA_ARGS__ } })
#define FRESH(...) fresh_at(SENT(__VA_ARGS__), NOW)

#endif
