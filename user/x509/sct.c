/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/sct.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/table.h"
#include "wire/reader.h"
#include "x509/der.h"

#define LIST_MAX 16			/* SCTs of a list that are verified */
#define LIST_BYTES_MAX 65535
#define HASH_LEN 32
#define SKEW_MS 300000			/* clocks that are not quite right */

enum outcome { OUTCOME_UNKNOWN_LOG, OUTCOME_UNVERIFIED, OUTCOME_INVALID, OUTCOME_VALID };

struct sct {
	uint8_t version, hash, signature;
	struct reader log_id, extensions, value;
	uint64_t time_ms;
};

struct result {
	uint64_t time_ms;
	enum outcome outcome;
};

struct entry {
	struct table_node node;
	uint64_t generation;		/* of the intermediates, when it was judged */
	bool retry;			/* the issuer was not known */
	uint8_t cnt;
	struct result v[LIST_MAX];
	uint8_t key[];			/* the certificate's hash, the list */
};

struct scts {
	const struct ct_logs *logs;
	struct table *table;
	size_t max;
};

/* What a log signs: the certificate as it is, or as it was before the SCTs were put in. */
struct signed_entry {
	uint16_t type;			/* LogEntryType: 0 x509_entry, 1 precert_entry */
	uint8_t issuer_key_hash[32];
	uint8_t *der;
	size_t len;
};

struct scts *scts_new(const struct ct_logs *logs, size_t max)
{
	struct scts *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->logs = logs;
	s->max = max;
	s->table = table_new();
	if (!s->table) {
		free(s);
		return NULL;
	}
	return s;
}

static void drop_oldest(struct scts *s)
{
	struct entry *e = container_of_node(table_oldest(s->table), struct entry, node);

	table_remove(s->table, &e->node);
	free(e);
}

void scts_free(struct scts *s)
{
	if (!s)
		return;
	while (table_count(s->table))
		drop_oldest(s);
	table_free(s->table);
	free(s);
}

/* SignedCertificateTimestamp, RFC 6962 section 3.2. */
static bool read_sct(struct reader r, struct sct *out)
{
	return reader_u8(&r, &out->version) && reader_take(&r, 32, &out->log_id) && reader_u64(&r, &out->time_ms) &&
	       reader_vec16(&r, &out->extensions) && reader_u8(&r, &out->hash) && reader_u8(&r, &out->signature) &&
	       reader_vec16(&r, &out->value) && reader_empty(&r);
}

static bool put(EVP_MD_CTX *c, uint64_t v, size_t n)
{
	uint8_t b[8];

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	return EVP_DigestVerifyUpdate(c, b, n) > 0;
}

/* digitally-signed struct, RFC 6962 section 3.2. */
static bool feed(EVP_MD_CTX *c, const struct sct *s, const struct signed_entry *e)
{
	return put(c, s->version, 1) && put(c, 0, 1) && put(c, s->time_ms, 8) && put(c, e->type, 2) &&
	       (!e->type || EVP_DigestVerifyUpdate(c, e->issuer_key_hash, 32) > 0) && put(c, e->len, 3) &&
	       EVP_DigestVerifyUpdate(c, e->der, e->len) > 0 && put(c, s->extensions.len, 2) &&
	       EVP_DigestVerifyUpdate(c, s->extensions.p, s->extensions.len) > 0;
}

static enum outcome verify_one(const struct sct *s, const struct signed_entry *e, EVP_PKEY *key)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	/* Section 2.1.4: SHA-256 with ECDSA on P-256, or with RSA. */
	bool ok = s->version == 0 && s->hash == 4 && c &&
		  EVP_DigestVerifyInit_ex(c, NULL, "SHA256", NULL, NULL, key, NULL) > 0 && feed(c, s, e) &&
		  EVP_DigestVerifyFinal(c, s->value.p, s->value.len) == 1;

	EVP_MD_CTX_free(c);
	return ok ? OUTCOME_VALID : OUTCOME_INVALID;
}

/* The TBSCertificate without the extension that the SCTs came in, and the hash of the issuer's key (section 3.2). */
static bool as_precert(X509 *x, X509 *issuer, struct signed_entry *out)
{
	X509 *copy = X509_dup(x);
	X509_PUBKEY *key = X509_get_X509_PUBKEY(issuer);
	unsigned char *spki = NULL;
	int at = copy ? X509_get_ext_by_NID(copy, NID_ct_precert_scts, -1) : -1, n, spki_len = i2d_X509_PUBKEY(key, &spki);

	out->type = 1;
	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(copy, at));
	n = copy ? i2d_re_X509_tbs(copy, &out->der) : -1;
	out->len = n > 0 ? (size_t)n : 0;
	if (spki_len <= 0 || !EVP_Digest(spki, (size_t)spki_len, out->issuer_key_hash, NULL, EVP_sha256(), NULL))
		out->len = 0;
	OPENSSL_free(spki);
	X509_free(copy);
	return out->len > 0;
}

/* What the log has signed for this certificate. false: its issuer must be known for that, and is not. */
static bool make_entry(const struct judges *j, const struct cert *const *chain, const struct path *path, X509 *x,
		       bool embedded, struct signed_entry *out)
{
	X509 *issuer;
	bool ok;
	int n;

	*out = (struct signed_entry){ 0 };
	if (!embedded) {
		n = i2d_X509(x, &out->der);
		out->len = n > 0 ? (size_t)n : 0;
		return n > 0;
	}
	issuer = issuer_find(j, chain, path, x);
	ok = issuer && as_precert(x, issuer, out);
	X509_free(issuer);
	return ok;
}

/* The extension holds an OCTET STRING, and that the list (section 3.3). */
static struct reader embedded_list(const X509 *x)
{
	int at = X509_get_ext_by_NID(x, NID_ct_precert_scts, -1);
	const ASN1_STRING *s = at >= 0 ? X509_EXTENSION_get_data(X509_get_ext(x, at)) : NULL;
	const uint8_t *p = s ? ASN1_STRING_get0_data(s) : NULL;
	struct der_element e;

	if (!p || !der_element(&p, p + ASN1_STRING_length(s), &e))
		return reader_of(NULL, 0);
	return reader_of(e.p, e.len);
}

static void judge_each(struct entry *e, const struct ct_logs *logs, struct reader list, const struct signed_entry *of,
		       bool known)
{
	struct reader all, one;
	struct sct sct;

	if (!reader_vec16(&list, &all))
		return;
	while (e->cnt < LIST_MAX && reader_vec16(&all, &one)) {
		struct result *r = &e->v[e->cnt++];
		EVP_PKEY *key;

		*r = (struct result){ .outcome = OUTCOME_INVALID };
		if (!read_sct(one, &sct))
			continue;
		r->time_ms = sct.time_ms;
		key = ct_logs_key(logs, sct.log_id.p);
		r->outcome = !key ? OUTCOME_UNKNOWN_LOG : !known ? OUTCOME_UNVERIFIED : verify_one(&sct, of, key);
	}
}

static void judge_list(struct entry *e, const struct scts *s, const struct judges *j, const struct cert *const *chain,
		       const struct path *path, struct reader list, bool embedded)
{
	X509 *x = issuer_decode(chain[path->at[0]]);
	struct signed_entry of;

	e->cnt = 0;
	e->retry = false;
	if (!x)
		return;
	e->retry = !make_entry(j, chain, path, x, embedded, &of);
	judge_each(e, s->logs, embedded ? embedded_list(x) : list, &of, !e->retry);
	OPENSSL_free(of.der);
	X509_free(x);
}

static struct entry *remember(struct scts *s, const uint8_t *key, size_t key_len)
{
	struct entry *e = malloc(sizeof(*e) + key_len);

	if (!e)
		return NULL;
	*e = (struct entry){ .retry = true, .generation = UINT64_MAX };
	memcpy(e->key, key, key_len);
	e->node.key = e->key;
	e->node.key_len = (uint32_t)key_len;
	if (table_count(s->table) >= s->max)
		drop_oldest(s);
	table_insert(s->table, &e->node);
	return e;
}

/* An SCT of the future is none. */
static void count(const struct entry *e, int64_t at, struct sct_counts *out)
{
	for (size_t i = 0; i < e->cnt; i++) {
		enum outcome o = e->v[i].outcome;

		out->cnt++;
		out->unknown_log += o == OUTCOME_UNKNOWN_LOG;
		if (o == OUTCOME_VALID && at >= 0 && e->v[i].time_ms <= (uint64_t)at * 1000 + SKEW_MS)
			out->valid++;
		else
			out->invalid += o == OUTCOME_INVALID || o == OUTCOME_VALID;
	}
}

/* key: the certificate's hash, and the list where it is not the certificate's own. */
static void verify_list(struct scts *s, const struct judges *j, const struct cert *const *chain, const struct path *path,
			const uint8_t *key, size_t key_len, bool embedded, int64_t at, struct sct_counts *out)
{
	struct table_node *n = table_find(s->table, key, key_len);
	struct entry *e = n ? container_of_node(n, struct entry, node) : remember(s, key, key_len);

	if (!e)
		return;
	/* An issuer that was not known may be by now. */
	if (e->retry && e->generation != intermediates_generation(j->intermediates)) {
		ERR_set_mark();
		judge_list(e, s, j, chain, path, reader_of(key + HASH_LEN, key_len - HASH_LEN), embedded);
		ERR_pop_to_mark();
		e->generation = intermediates_generation(j->intermediates);
	}
	table_touch(s->table, &e->node);
	count(e, at, out);
}

void scts_verify_embedded(struct scts *s, const struct judges *j, const struct cert *const *chain,
			  const struct path *path, int64_t at, struct sct_counts *out)
{
	const struct cert *leaf = chain[path->at[0]];

	if (leaf->sct_cnt)
		verify_list(s, j, chain, path, leaf->sha256, HASH_LEN, true, at, out);
}

void scts_verify_list(struct scts *s, const struct judges *j, const struct cert *const *chain, const struct path *path,
		      const uint8_t *list, size_t len, int64_t at, struct sct_counts *out)
{
	uint8_t *key = len <= LIST_BYTES_MAX ? malloc(HASH_LEN + len) : NULL;

	if (!key)
		return;
	memcpy(key, chain[path->at[0]]->sha256, HASH_LEN);
	memcpy(key + HASH_LEN, list, len);
	verify_list(s, j, chain, path, key, HASH_LEN + len, false, at, out);
	free(key);
}
