/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "x509/name.h"
#include "x509/spki_list.h"

#define DAY_S 86400
/* CA/Browser Forum Baseline Requirements, section 6.3.2: since 2020-09-01. */
#define VALIDITY_MAX_S (398LL * DAY_S)

struct key {
	struct table_node node;
	uint8_t spki_sha256[32];
	uint8_t cert_sha256[32];	/* the one it was seen in last: nothing to compare when it comes again */
	uint64_t subject;		/* hash of who had it first */
	bool shared;
};

struct findings {
	struct findings_options opt;
	struct table *keys;
};

struct findings *findings_new(const struct findings_options *opt)
{
	struct findings *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->opt = *opt;
	if (!f->opt.keys_max)
		f->opt.keys_max = 65536;
	f->keys = table_new();
	if (!f->keys) {
		free(f);
		return NULL;
	}
	return f;
}

static void drop_oldest(struct findings *f)
{
	struct key *k = container_of_node(table_oldest(f->keys), struct key, node);

	table_remove(f->keys, &k->node);
	free(k);
}

void findings_free(struct findings *f)
{
	if (!f)
		return;
	while (table_count(f->keys))
		drop_oldest(f);
	table_free(f->keys);
	free(f);
}

#define BIT(f) (1ULL << FINDING_##f)

/* Who the certificate is for: its subject, or where that is empty its first name. */
static uint64_t subject_of(const struct cert *c)
{
	struct cert_name first = { .dn = { "", 0 } };

	if (c->subject.dn.len)
		return name_hash(&c->subject);
	if (c->san_cnt)
		first.dn = c->san[0].text;
	return name_hash(&first);
}

static bool is_shared(struct findings *f, const struct cert *c)
{
	struct table_node *n = table_find(f->keys, c->spki_sha256, sizeof(c->spki_sha256));
	struct key *k;

	if (n) {
		k = container_of_node(n, struct key, node);
		table_touch(f->keys, n);
		if (memcmp(k->cert_sha256, c->sha256, sizeof(k->cert_sha256))) {
			memcpy(k->cert_sha256, c->sha256, sizeof(k->cert_sha256));
			k->shared |= k->subject != subject_of(c);
		}
		return k->shared;
	}
	k = calloc(1, sizeof(*k));
	if (!k)
		return false;
	memcpy(k->spki_sha256, c->spki_sha256, sizeof(k->spki_sha256));
	memcpy(k->cert_sha256, c->sha256, sizeof(k->cert_sha256));
	k->subject = subject_of(c);
	k->node.key = k->spki_sha256;
	k->node.key_len = sizeof(k->spki_sha256);
	if (table_count(f->keys) >= f->opt.keys_max)
		drop_oldest(f);
	table_insert(f->keys, &k->node);
	return false;
}

static uint64_t of_dates(const struct cert *c, int64_t at, int warn_days)
{
	uint64_t set = 0;

	if (c->not_after_valid && c->not_after < at)
		set |= BIT(EXPIRED);
	else if (c->not_after_valid && c->not_after - at < (int64_t)warn_days * DAY_S)
		set |= BIT(EXPIRING);
	if (c->not_before_valid && c->not_before > at)
		set |= BIT(NOT_YET_VALID);
	/* Both ends belong to it, RFC 5280 section 4.1.2.5. */
	if (c->not_before_valid && c->not_after_valid && c->not_after - c->not_before + 1 > VALIDITY_MAX_S)
		set |= BIT(LONG_VALIDITY);
	return set;
}

/* The binary curves (NIST SP 800-186 section 3.3), and those that were spelt out (RFC 5480 section 2.1.1). */
static bool is_withdrawn(const struct cert_str *curve)
{
	return curve->s && (!strncmp(curve->s, "sect", 4) || !strcmp(curve->s, "explicit"));
}

/* NIST SP 800-57 part 1 section 5.6.1.1: 112 bits of security; for curves what public CAs may sign. */
static uint64_t of_key(const struct cert *c)
{
	switch (c->key_type) {
	case CERT_KEY_RSA:
	case CERT_KEY_RSA_PSS:
		return (c->key_bits && c->key_bits < 2048 ? BIT(WEAK_RSA_KEY) : 0) |
		       (c->key_exponent && c->key_exponent < 65537 ? BIT(SMALL_EXPONENT) : 0);
	case CERT_KEY_DSA:
		return c->key_bits && c->key_bits < 2048 ? BIT(WEAK_DSA_KEY) : 0;
	case CERT_KEY_EC:
		return (c->key_bits && c->key_bits < 256) || is_withdrawn(&c->key_curve) ? BIT(WEAK_CURVE) : 0;
	default:
		return 0;
	}
}

/* The signature on a self-signed certificate protects nothing. */
static uint64_t of_signature(const struct cert *c)
{
	if (c->self_signed)
		return 0;
	switch (c->signature_hash) {
	case CERT_HASH_MD2:
	case CERT_HASH_MD4:
	case CERT_HASH_MD5:
		return BIT(MD5_SIGNATURE);
	case CERT_HASH_SHA1:
		return BIT(SHA1_SIGNATURE);
	default:
		return 0;
	}
}

static bool has_host_name(const struct cert *c)
{
	for (size_t i = 0; i < c->san_cnt; i++)
		if (c->san[i].type == CERT_SAN_DNS || c->san[i].type == CERT_SAN_IP)
			return true;
	return false;
}

static uint64_t of_leaf(struct findings *f, const struct cert *c, const struct verify_request *r)
{
	uint64_t set = of_dates(c, r->at, f->opt.expiry_warn_days);

	if (c->self_signed)
		set |= BIT(SELF_SIGNED);
	if (c->is_ca)
		set |= BIT(CA_AS_LEAF);
	if (!r->client && !has_host_name(c))
		set |= BIT(MISSING_SAN);
	if (is_shared(f, c))
		set |= BIT(SHARED_KEY);
	return set;
}

static const uint64_t of_status[CHAIN_STATUS_CNT] = {
	[CHAIN_INVALID] = BIT(INVALID_CHAIN),
	[CHAIN_UNVERIFIABLE] = BIT(UNVERIFIABLE),
	[CHAIN_UNKNOWN_ISSUER] = BIT(UNKNOWN_ISSUER),
	[CHAIN_REVOKED] = BIT(REVOKED),
	[CHAIN_BAD_SIGNATURE] = BIT(BAD_SIGNATURE),
	[CHAIN_MALFORMED] = BIT(MALFORMED),
};

static uint64_t of_verdict(const struct verdict *v)
{
	uint64_t set = of_status[v->status];

	if (v->status == CHAIN_EXPIRED && v->depth != 0)
		set |= BIT(ISSUER_EXPIRED);
	if (v->status == CHAIN_NOT_YET_VALID)
		set |= BIT(NOT_YET_VALID);
	if (v->incomplete)
		set |= BIT(INCOMPLETE_CHAIN);
	if (v->wrong_order)
		set |= BIT(WRONG_ORDER);
	if (v->extra_cnt)
		set |= BIT(EXTRA_CERTIFICATE);
	if (v->root_sent)
		set |= BIT(ROOT_SENT);
	if (v->scts.invalid)
		set |= BIT(SCT_INVALID);
	if (v->hostname == HOST_NO)
		set |= BIT(HOSTNAME_MISMATCH);
	if (v->staple == STAPLE_MALFORMED || v->staple == STAPLE_OTHER_CERT || v->staple == STAPLE_STALE ||
	    v->staple == STAPLE_BAD_SIGNATURE)
		set |= BIT(STAPLE_BAD);
	return set;
}

uint64_t findings_of_chain(struct findings *f, const struct verify_request *r, const struct verdict *v, bool stapling_asked)
{
	uint64_t set = of_verdict(v);

	if (!r->n)
		return 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct cert *c = r->chain[i];

		if (c->malformed) {
			set |= BIT(MALFORMED);
			continue;
		}
		set |= of_key(c) | of_signature(c);
		if (f->opt.bad_keys && spki_list_has(f->opt.bad_keys, c->spki_sha256))
			set |= BIT(KNOWN_BAD_KEY);
	}
	if (!r->chain[0]->malformed)
		set |= of_leaf(f, r->chain[0], r);
	/* RFC 7633 section 4.2.2: only whoever asked may expect it. */
	if (r->chain[0]->must_staple && stapling_asked && v->staple == STAPLE_NONE)
		set |= BIT(STAPLE_MISSING);
	return set;
}
