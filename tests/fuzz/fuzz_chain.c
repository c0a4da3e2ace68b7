/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chains judged, with stapled answers and timestamps. The input says which of a few good certificates are sent, in what
 * order and with what bytes changed: random bytes alone would never get past the decoder. A chain with changes is never good
 * unless what was changed is not part of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "certs.h"
#include "x509/findings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1750000000LL
#define VALID .not_before = NOW - 8640000, .not_after = NOW + 8640000
#define PARTS 6

static struct made parts[PARTS];
static uint8_t *staple;
static size_t staple_len;
static struct cert_store *store;
static struct verify *verify;
static struct findings *findings;

static void make_staple(void)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	ASN1_TIME *from = ASN1_TIME_adj(NULL, NOW - 100, 0, 0);
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), parts[2].x, parts[1].x);
	OCSP_RESPONSE *r;

	CERTS_MUST(OCSP_basic_add1_status(b, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, from, NULL));
	CERTS_MUST(OCSP_basic_sign(b, parts[1].x, parts[1].key, EVP_sha256(), NULL, 0));
	r = OCSP_response_create(0, b);
	staple_len = (size_t)i2d_OCSP_RESPONSE(r, &staple);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
}

static void start(void)
{
	char file[] = "/tmp/hsmon-fuzz-XXXXXX";
	FILE *f = fdopen(mkstemp(file), "w");

	parts[0] = MAKE(.key_slot = "root", .subject = "CN=Root", VALID,
			.ext = { { "basicConstraints", "CA:TRUE" }, { "subjectKeyIdentifier", "hash" } });
	parts[1] = MAKE(.key_slot = "ca", .subject = "CN=CA", .issuer = &parts[0], VALID,
			.ext = { { "basicConstraints", "CA:TRUE" },
				 { "subjectKeyIdentifier", "hash" },
				 { "nameConstraints", "permitted;DNS:example" } });
	parts[2] = MAKE(.key_slot = "leaf", .subject = "CN=a.example", .issuer = &parts[1], VALID,
			.ext = { { "subjectAltName", "DNS:a.example,IP:192.0.2.1" },
				 { "authorityKeyIdentifier", "keyid" } });
	parts[3] = MAKE(.key_slot = "other", .subject = "CN=Other", VALID, .ext = { { "basicConstraints", "CA:TRUE" } });
	parts[4] = MAKE(.key = "RSA1024", .subject = "CN=rsa", .issuer = &parts[3], VALID);
	parts[5] = MAKE(.key = "EXPLICIT", .subject = "CN=CA", .issuer = &parts[0], VALID,
			.ext = { { "basicConstraints", "CA:TRUE" } });
	CERTS_MUST(f && PEM_write_X509(f, parts[0].x) && !fclose(f));
	CERTS_MUST(!verify_new(&verify,
			       &(struct verify_options){ .ca_file = file, .verdicts_max = 64, .intermediates_max = 4 }));
	unlink(file);
	make_staple();
	store = cert_store_new(64, 1 << 20);
	findings = findings_new(&(struct findings_options){ .expiry_warn_days = 30, .keys_max = 16 });
	CERTS_MUST(store && findings);
}

struct input {
	const uint8_t *p;
	size_t len;
};

static unsigned int take(struct input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->p++;
}

/* A copy with some bytes changed, and maybe cut. */
static uint8_t *change(struct input *in, const uint8_t *der, size_t *len)
{
	uint8_t *copy = malloc(*len + 1);
	unsigned int n = take(in) % 8;

	CERTS_MUST(copy);
	memcpy(copy, der, *len);
	if (n == 7) {
		*len = (take(in) << 8 | take(in)) % (*len + 1);
		return copy;
	}
	while (n--) {
		size_t at = (take(in) << 8 | take(in)) % *len;

		copy[at] ^= (uint8_t)take(in);
	}
	return copy;
}

static void check(const struct verify_request *r, const struct verdict *d)
{
	if ((unsigned int)d->status >= CHAIN_STATUS_CNT || (r->n && !chain_status_word(d->status)) || d->depth >= (int)r->n)
		abort();
	/* Only one certificate here is good for a server, as it is. */
	if (d->status != CHAIN_OK && d->status != CHAIN_WRONG_ORDER && d->status != CHAIN_INCOMPLETE)
		return;
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < 3; k++)
			if (r->chain[i]->der_len == parts[k].len && !memcmp(r->chain[i]->der, parts[k].der, parts[k].len))
				return;
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cert *chain[24];
	struct input in = { data, size };
	struct verify_request r = { .chain = chain };
	struct verdict d, again;
	uint8_t *ocsp = NULL;
	unsigned int n, flags;

	if (!store)
		start();
	flags = take(&in);
	n = take(&in) % 24;
	for (; r.n < n && in.len; r.n++) {
		const struct made *m = &parts[take(&in) % PARTS];
		size_t len = m->len;
		uint8_t *der = change(&in, m->der, &len);

		chain[r.n] = cert_store_get(store, der, len);
		free(der);
	}
	r.at = flags & 1 ? NOW : NOW + (int64_t)(take(&in) << 24 | take(&in) << 16) - (1 << 30);
	r.client = flags & 2;
	r.host = "a.example";
	r.host_len = flags & 4 ? 9 : 3;
	if (flags & 8) {
		r.ocsp_len = staple_len;
		r.ocsp = ocsp = change(&in, staple, &r.ocsp_len);
	}
	d = verify_chain(verify, &r);
	again = verify_chain(verify, &r);
	if (d.status != again.status && d.status != CHAIN_UNKNOWN_ISSUER && d.status != CHAIN_INCOMPLETE)
		abort();
	check(&r, &d);
	findings_of_chain(findings, &r, &d, flags & 16);
	for (size_t i = 0; i < r.n; i++)
		cert_put(chain[i]);
	free(ocsp);
	return 0;
}
