/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measured (tests/bench/bench_cert.c, two certificates below an anchor, on a busy machine): a chain judged for the first time
 * 250 us with RSA 2,048, 2.2 ms where a CA has a P-384 key, for which OpenSSL 3.0 has no fast code; known 0.05 us, with the host
 * name and all findings 0.5 us. A system's 144 trust anchors are read in 13 ms.
 */
#include "x509/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/table.h"
#include "x509/judge.h"
#include "x509/ocsp.h"
#include "x509/sct.h"
#include "x509/staple.h"

#define HASH_LEN 32

struct entry {
	struct table_node node;
	struct judgement j;
	struct path path;
	uint64_t generation;		/* of the intermediates, when it was judged */
	uint16_t key_len;
	uint8_t key[];			/* the side, how many, and the certificates' hashes */
};

struct verify {
	struct judges judges;
	struct staples *staples;
	struct scts *scts;		/* NULL: no logs are known */
	struct table *verdicts;
	size_t verdicts_max;
	struct verify_stats stats;
};

int verify_new(struct verify **out, const struct verify_options *opt)
{
	struct verify *v = calloc(1, sizeof(*v));
	int ret = -ENOMEM;

	*out = NULL;
	/* OpenSSL compares times with gmtime_r, which reads the time zone's file once. */
	tzset();
	if (v) {
		v->verdicts_max = opt->verdicts_max ? opt->verdicts_max : 16384;
		v->judges.intermediates = intermediates_new(opt->intermediates_max ? opt->intermediates_max : 1024);
		v->staples = staples_new(1024);
		v->verdicts = table_new();
		v->scts = opt->ct_logs ? scts_new(opt->ct_logs, 4096) : NULL;
		if (v->judges.intermediates && v->staples && v->verdicts && (v->scts || !opt->ct_logs))
			ret = trust_new(&v->judges.trust, opt->ca_file, opt->ca_dir);
	}
	if (ret)
		verify_free(v);
	else
		*out = v;
	return ret;
}

static void drop_oldest(struct verify *v)
{
	struct entry *e = container_of_node(table_oldest(v->verdicts), struct entry, node);

	table_remove(v->verdicts, &e->node);
	free(e);
}

void verify_free(struct verify *v)
{
	if (!v)
		return;
	while (v->verdicts && table_count(v->verdicts))
		drop_oldest(v);
	table_free(v->verdicts);
	staples_free(v->staples);
	scts_free(v->scts);
	intermediates_free(v->judges.intermediates);
	trust_free(v->judges.trust);
	free(v);
}

size_t verify_anchor_cnt(const struct verify *v)
{
	return trust_count(v->judges.trust);
}

#define KEY_MAX (3 + PATH_MAX_CERTS * HASH_LEN)

static size_t make_key(const struct verify_request *r, uint8_t key[KEY_MAX])
{
	size_t n = r->n < PATH_MAX_CERTS ? r->n : PATH_MAX_CERTS;
	uint8_t *p = key;

	*p++ = r->client;
	*p++ = (uint8_t)(r->n >> 8);
	*p++ = (uint8_t)r->n;
	for (size_t i = 0; i < n; i++, p += HASH_LEN)
		memcpy(p, r->chain[i]->sha256, HASH_LEN);
	return (size_t)(p - key);
}

static struct entry *remember(struct verify *v, const uint8_t *key, size_t key_len)
{
	struct entry *e = malloc(sizeof(*e) + key_len);

	if (!e)
		return NULL;
	*e = (struct entry){ .key_len = (uint16_t)key_len };
	memcpy(e->key, key, key_len);
	e->node.key = e->key;
	e->node.key_len = (uint32_t)key_len;
	if (table_count(v->verdicts) >= v->verdicts_max) {
		drop_oldest(v);
		v->stats.evicted++;
	}
	table_insert(v->verdicts, &e->node);
	return e;
}

/* A verdict holds until a certificate's validity begins or ends, or the issuer that was missing has turned up. */
static bool holds(const struct verify *v, struct entry *e, int64_t at)
{
	uint64_t now = intermediates_generation(v->judges.intermediates);

	if (at < e->j.from || at >= e->j.to)
		return false;
	if (e->j.missing && e->generation != now) {
		if (intermediates_news(v->judges.intermediates, e->generation, e->j.missing))
			return false;
		e->generation = now;
	}
	return true;
}

static void judge_entry(struct verify *v, struct entry *e, const struct verify_request *r)
{
	e->generation = intermediates_generation(v->judges.intermediates);
	path_find(r->chain, r->n, &e->path);
	if (r->chain[e->path.at[0]]->malformed)
		e->j = (struct judgement){
			.status = CHAIN_MALFORMED, .depth = e->path.at[0], .from = INT64_MIN, .to = INT64_MAX
		};
	else
		judge(&v->judges, r->chain, r->n, &e->path, r->at, r->client, &e->j);
}

static struct entry *find(struct verify *v, const struct verify_request *r)
{
	uint8_t key[KEY_MAX];
	size_t key_len = make_key(r, key);
	struct table_node *n = table_find(v->verdicts, key, key_len);
	struct entry *e = n ? container_of_node(n, struct entry, node) : remember(v, key, key_len);

	if (!e)
		return NULL;
	if (n && holds(v, e, r->at)) {
		v->stats.hits++;
	} else {
		v->stats.misses++;
		judge_entry(v, e, r);
	}
	table_touch(v->verdicts, &e->node);
	return e;
}

static void tell(const struct entry *e, struct verdict *out)
{
	out->status = e->j.status;
	out->reason = e->j.reason;
	out->depth = e->j.depth;
	out->incomplete = e->j.incomplete;
	out->completed = e->j.completed;
	out->anchored = e->j.anchored;
	out->keys = e->j.keys.n ? &e->j.keys : NULL;
	out->wrong_order = e->path.wrong_order;
	out->root_sent = e->path.root_sent;
	out->double_sent = e->path.double_sent;
	out->extra_cnt = (uint16_t)(e->path.extra < UINT16_MAX ? e->path.extra : UINT16_MAX);
	if (out->status == CHAIN_OK && out->wrong_order)
		out->status = CHAIN_WRONG_ORDER;
}

/* In the certificate, in the handshake, in the OCSP answer: RFC 6962 section 3.3. */
static void verify_scts(struct verify *v, const struct verify_request *r, const struct path *path, struct verdict *out)
{
	uint8_t *list;
	size_t len;

	scts_verify_embedded(v->scts, &v->judges, r->chain, path, r->at, &out->scts);
	if (r->scts)
		scts_verify_list(v->scts, &v->judges, r->chain, path, r->scts, r->scts_len, r->at, &out->scts);
	if (out->ocsp.sct_cnt && ocsp_scts(r->ocsp, r->ocsp_len, &list, &len)) {
		scts_verify_list(v->scts, &v->judges, r->chain, path, list, len, r->at, &out->scts);
		free(list);
	}
}

/* A revocation is for good, however old the answer that says so is; only certificateHold, 6, can be lifted (RFC 5280 section
 * 5.3.1). */
static bool is_revoked(const struct verdict *d)
{
	if (d->ocsp.status != OCSP_REVOKED)
		return false;
	return d->staple == STAPLE_VERIFIED || (d->staple == STAPLE_STALE && d->ocsp.reason != 6);
}

struct verdict verify_chain(struct verify *v, const struct verify_request *r)
{
	struct verdict out = { .depth = -1, .hostname = HOST_UNKNOWN, .ocsp.reason = -1 };
	struct entry *e;

	if (!r->n)
		return out;
	e = find(v, r);
	if (!e) {
		out.status = CHAIN_UNVERIFIABLE;
		out.reason = "out of memory";
		return out;
	}
	tell(e, &out);
	if (r->host && !r->chain[0]->malformed)
		out.hostname = cert_matches_host(r->chain[0], r->host, r->host_len) ? HOST_YES : HOST_NO;
	if (r->ocsp && out.status != CHAIN_MALFORMED)
		staple_verify(v->staples, &v->judges, r->chain, &e->path, r->ocsp, r->ocsp_len, r->at, &out);
	if (v->scts && out.status != CHAIN_MALFORMED)
		verify_scts(v, r, &e->path, &out);
	if (is_revoked(&out) && out.status < CHAIN_REVOKED) {
		out.status = CHAIN_REVOKED;
		out.depth = e->path.at[0];
	}
	return out;
}

static const char *const chain_words[CHAIN_STATUS_CNT] = {
	[CHAIN_OK] = "ok",
	[CHAIN_WRONG_ORDER] = "wrong-order",
	[CHAIN_INCOMPLETE] = "incomplete",
	[CHAIN_NOT_YET_VALID] = "not-yet-valid",
	[CHAIN_EXPIRED] = "expired",
	[CHAIN_INVALID] = "invalid",
	[CHAIN_UNVERIFIABLE] = "unverifiable",
	[CHAIN_UNKNOWN_ISSUER] = "unknown-issuer",
	[CHAIN_SELF_SIGNED] = "self-signed",
	[CHAIN_REVOKED] = "revoked",
	[CHAIN_BAD_SIGNATURE] = "bad-signature",
	[CHAIN_MALFORMED] = "malformed",
};

const char *chain_status_word(enum chain_status s)
{
	return (unsigned int)s < CHAIN_STATUS_CNT ? chain_words[s] : NULL;
}

static const char *const staple_words[] = {
	[STAPLE_UNVERIFIED] = "unverified",
	[STAPLE_VERIFIED] = "verified",
	[STAPLE_MALFORMED] = "malformed",
	[STAPLE_OTHER_CERT] = "other-certificate",
	[STAPLE_STALE] = "stale",
	[STAPLE_BAD_SIGNATURE] = "bad-signature",
	[STAPLE_NO_ANSWER] = "no-answer",
};

const char *staple_status_word(enum staple_status s)
{
	return (unsigned int)s < sizeof(staple_words) / sizeof(staple_words[0]) ? staple_words[s] : NULL;
}

struct verify_stats verify_stats(const struct verify *v)
{
	struct verify_stats s = v->stats;

	s.verdicts = table_count(v->verdicts);
	s.intermediates = intermediates_count(v->judges.intermediates);
	s.anchors = trust_count(v->judges.trust);
	return s;
}
