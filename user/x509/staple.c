/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/staple.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "base/table.h"
#include "x509/der.h"
#include "x509/ocsp.h"

#define SKEW_S 300			/* clocks that are not quite right */

struct entry {
	struct table_node node;
	enum staple_status status;	/* but for its time */
	struct ocsp_info info;
	uint64_t generation;		/* of the intermediates, when it was judged */
	uint8_t key[];			/* the certificate's hash, the answer */
};

struct staples {
	struct table *table;
	size_t max;
	uint8_t *key;			/* of the one that is looked for */
	size_t key_cap;
};

struct staples *staples_new(size_t max)
{
	struct staples *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->max = max;
	s->table = table_new();
	if (!s->table) {
		free(s);
		return NULL;
	}
	return s;
}

static void drop_oldest(struct staples *s)
{
	struct entry *e = container_of_node(table_oldest(s->table), struct entry, node);

	table_remove(s->table, &e->node);
	free(e);
}

void staples_free(struct staples *s)
{
	if (!s)
		return;
	while (table_count(s->table))
		drop_oldest(s);
	table_free(s->table);
	free(s->key);
	free(s);
}

/* The index of the answer about the certificate; -1: there is none. */
static int find_single(OCSP_BASICRESP *b, const X509 *leaf, const X509 *issuer)
{
	for (int i = 0; i < OCSP_resp_count(b) && i < 64; i++) {
		OCSP_SINGLERESP *s = OCSP_resp_get0(b, i);
		OCSP_CERTID *have = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(s), *want;
		ASN1_OBJECT *hash;
		bool same;

		if (!OCSP_id_get0_info(NULL, &hash, NULL, NULL, have) || !EVP_get_digestbyobj(hash))
			continue;
		want = OCSP_cert_to_id(EVP_get_digestbyobj(hash), leaf, issuer);
		same = want && !OCSP_id_cmp(want, have);
		OCSP_CERTID_free(want);
		if (same)
			return i;
	}
	return -1;
}

/* The issuer itself, or one that it appointed by the extended key usage OCSPSigning, in its own name. */
static bool may_answer(X509 *signer, X509 *issuer)
{
	if (!X509_cmp(signer, issuer))
		return true;
	return X509_get_extension_flags(signer) & EXFLAG_XKUSAGE && X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN &&
	       issuer_has_issued(issuer, signer);
}

static bool is_signed(OCSP_BASICRESP *b, X509 *issuer)
{
	STACK_OF(X509) *known = sk_X509_new_null();
	X509 *signer;
	bool ok = known && sk_X509_push(known, issuer) && OCSP_resp_get0_signer(b, &signer, known) == 1 &&
		  may_answer(signer, issuer) && OCSP_basic_verify(b, known, NULL, OCSP_NOVERIFY) == 1;

	sk_X509_free(known);
	return ok;
}

/* index: which of the answers it is, if there are several. */
static enum staple_status judge_answer(const struct judges *j, const struct cert *const *chain, const struct path *path,
				       OCSP_BASICRESP *b, int *index)
{
	X509 *leaf = issuer_decode(chain[path->at[0]]);
	X509 *issuer = leaf ? issuer_find(j, chain, path, leaf) : NULL;
	enum staple_status ret = STAPLE_UNVERIFIED;

	if (issuer) {
		*index = find_single(b, leaf, issuer);
		ret = *index < 0 ? STAPLE_OTHER_CERT : is_signed(b, issuer) ? STAPLE_VERIFIED : STAPLE_BAD_SIGNATURE;
	}
	X509_free(issuer);
	X509_free(leaf);
	return ret;
}

static void judge_bytes(struct entry *e, const struct judges *j, const struct cert *const *chain, const struct path *path,
			const uint8_t *der, size_t len)
{
	const uint8_t *p = der;
	OCSP_RESPONSE *r;
	OCSP_BASICRESP *b;
	int index = 0;

	e->status = STAPLE_MALFORMED;
	if (!ocsp_parse(der, len, &e->info))
		return;
	if (e->info.status == OCSP_ERROR) {
		e->status = STAPLE_NO_ANSWER;
		return;
	}
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)len);
	b = r ? OCSP_response_get1_basic(r) : NULL;
	if (b)
		e->status = judge_answer(j, chain, path, b, &index);
	if (index > 0 && !ocsp_parse_nth(der, len, index, &e->info))
		e->status = STAPLE_MALFORMED;
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
}

static bool make_key(struct staples *s, const struct cert *leaf, const uint8_t *der, size_t len)
{
	size_t n = sizeof(leaf->sha256) + len;

	if (n > s->key_cap) {
		uint8_t *p = realloc(s->key, n);

		if (!p)
			return false;
		s->key = p;
		s->key_cap = n;
	}
	memcpy(s->key, leaf->sha256, sizeof(leaf->sha256));
	memcpy(s->key + sizeof(leaf->sha256), der, len);
	return true;
}

static struct entry *remember(struct staples *s, size_t key_len)
{
	struct entry *e = malloc(sizeof(*e) + key_len);

	if (!e)
		return NULL;
	*e = (struct entry){ .status = STAPLE_NONE };
	memcpy(e->key, s->key, key_len);
	e->node.key = e->key;
	e->node.key_len = (uint32_t)key_len;
	if (table_count(s->table) >= s->max)
		drop_oldest(s);
	table_insert(s->table, &e->node);
	return e;
}

static bool is_of_this_time(const struct ocsp_info *i, int64_t at)
{
	return i->this_update <= at + SKEW_S && (!i->next_update || at <= i->next_update + SKEW_S);
}

void staple_verify(struct staples *s, const struct judges *j, const struct cert *const *chain, const struct path *path,
		   const uint8_t *der, size_t len, int64_t at, struct verdict *out)
{
	const struct cert *leaf = chain[path->at[0]];
	struct table_node *n;
	struct entry *e;

	out->staple = STAPLE_MALFORMED;
	if (len > DER_MAX || !make_key(s, leaf, der, len))
		return;
	n = table_find(s->table, s->key, sizeof(leaf->sha256) + len);
	e = n ? container_of_node(n, struct entry, node) : remember(s, sizeof(leaf->sha256) + len);
	if (!e)
		return;
	/* An issuer that was not known may be by now. */
	if (!n || (e->status == STAPLE_UNVERIFIED && e->generation != intermediates_generation(j->intermediates))) {
		ERR_set_mark();
		judge_bytes(e, j, chain, path, der, len);
		ERR_pop_to_mark();
		e->generation = intermediates_generation(j->intermediates);
	}
	table_touch(s->table, &e->node);
	out->ocsp = e->info;
	out->staple = e->status;
	if (e->status == STAPLE_VERIFIED && !is_of_this_time(&e->info, at))
		out->staple = STAPLE_STALE;
}
