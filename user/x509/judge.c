/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/judge.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509/der.h"
#include "x509/key.h"
#include "x509/name.h"
#include "x509/path_keys.h"

#define MORE_MAX 8			/* intermediates that are added of those remembered */
#define VERDICT_MAX_S (24 * 3600)	/* a verdict is not kept for longer than a day */

/* The certificates that a path may be built from: the end entity first. */
struct links {
	const struct cert *c[PATH_MAX_CERTS + MORE_MAX];
	X509 *x[PATH_MAX_CERTS + MORE_MAX];		/* decoded when it is needed; NULL */
	int16_t index[PATH_MAX_CERTS + MORE_MAX];	/* in the chain; -1: remembered */
	size_t n, path_n;				/* all; those on the way that names tell */
};

struct run {
	struct links l;
	enum chain_status status;
	int error, depth;
	X509 *at_fault;			/* compared only */
	int64_t at;
};

/* What OpenSSL's errors mean in one word; all others are CHAIN_INVALID. */
static const struct {
	int error;
	enum chain_status status;
} words[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, CHAIN_EXPIRED },
	{ X509_V_ERR_CERT_NOT_YET_VALID, CHAIN_NOT_YET_VALID },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, CHAIN_UNKNOWN_ISSUER },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, CHAIN_UNKNOWN_ISSUER },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, CHAIN_UNKNOWN_ISSUER },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, CHAIN_UNKNOWN_ISSUER },
	{ X509_V_ERR_CERT_UNTRUSTED, CHAIN_UNKNOWN_ISSUER },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CHAIN_SELF_SIGNED },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, CHAIN_BAD_SIGNATURE },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, CHAIN_BAD_SIGNATURE },
	{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, CHAIN_UNVERIFIABLE },
	{ X509_V_ERR_NO_ISSUER_PUBLIC_KEY, CHAIN_UNVERIFIABLE },
	{ X509_V_ERR_OUT_OF_MEM, CHAIN_UNVERIFIABLE },
	{ X509_V_ERR_UNSPECIFIED, CHAIN_UNVERIFIABLE },
};

/* A signature that OpenSSL has no algorithm for fails in the same way as one that is wrong. */
static bool is_unknown_signature(const X509 *x)
{
	int nid = x ? X509_get_signature_nid(x) : NID_undef, md, pk;

	return nid == NID_undef || !OBJ_find_sigid_algs(nid, &md, &pk);
}

static enum chain_status word_of(int error, const X509 *x)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].error != error)
			continue;
		if (words[i].status == CHAIN_BAD_SIGNATURE && is_unknown_signature(x))
			return CHAIN_UNVERIFIABLE;
		return words[i].status;
	}
	return CHAIN_INVALID;
}

/* Goes on after every error but a missing issuer: the worst of all is what counts, and of equals the one nearest to
 * the end entity. */
static int on_error(int ok, X509_STORE_CTX *ctx)
{
	struct run *r = X509_STORE_CTX_get_app_data(ctx);
	int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
	X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	enum chain_status s;

	if (ok)
		return 1;
	s = word_of(error, x);
	if (s > r->status || (s == r->status && depth < r->depth)) {
		r->status = s;
		r->depth = depth;
		r->error = error;
		r->at_fault = x;
	}
	return s < CHAIN_UNKNOWN_ISSUER && s != CHAIN_UNVERIFIABLE;
}

static void link_add(struct links *l, const struct cert *c, X509 *x, int index)
{
	l->c[l->n] = c;
	l->x[l->n] = x;
	l->index[l->n++] = (int16_t)index;
}

static bool is_there(const struct links *l, const struct cert *c)
{
	for (size_t i = 0; i < l->n; i++)
		if (!memcmp(l->c[i]->sha256, c->sha256, sizeof(c->sha256)))
			return true;
	return false;
}

/* The end entity, the issuers on the way that names tell, then whatever else was sent: an issuer may be there twice, signed by
 * several. Only those whose key may be used. */
static void link_sent(struct links *l, const struct cert *const *chain, size_t n, const struct path *path)
{
	link_add(l, chain[path->at[0]], NULL, path->at[0]);
	for (size_t i = 1; i < path->len; i++)
		if (!chain[path->at[i]]->malformed && key_is_sane(chain[path->at[i]]))
			link_add(l, chain[path->at[i]], NULL, path->at[i]);
	l->path_n = l->n;
	for (size_t i = 0; i < n && i < PATH_MAX_CERTS; i++)
		if (!chain[i]->malformed && key_is_sane(chain[i]) && !is_there(l, chain[i]))
			link_add(l, chain[i], NULL, (int)i);
}

/* Adds remembered issuers of what is there, and theirs. false: there are none. */
static bool link_remembered(struct links *l, const struct intermediates *m)
{
	size_t before = l->n;

	for (size_t i = 0; i < l->n; i++) {
		const struct cert *c;
		X509 *x;

		for (size_t k = 0; l->n < before + MORE_MAX && (x = intermediates_issuer(m, l->c[i], k, &c)); k++)
			if (!is_there(l, c) && X509_up_ref(x))
				link_add(l, c, x, -1);
	}
	return l->n > before;
}

static void links_free(struct links *l)
{
	for (size_t i = 0; i < l->n; i++)
		X509_free(l->x[i]);
}

/* What cannot be decoded is left out; false: the end entity is one of those. */
static bool links_decode(struct links *l, const struct intermediates *m)
{
	for (size_t i = 0; i < l->n; i++) {
		const uint8_t *p = l->c[i]->der;
		X509 *known;

		if (l->x[i])
			continue;
		known = intermediates_known(m, l->c[i]);
		if (known && X509_up_ref(known))
			l->x[i] = known;
		else
			l->x[i] = d2i_X509(NULL, &p, (long)l->c[i]->der_len);
	}
	return l->x[0];
}

/* Decodes the anchors that one of these certificates names or is. false: there is none, so that nothing need be tried. */
static bool load_anchors(struct trust *t, const struct links *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += trust_load(t, &l->c[i]->issuer) + trust_load(t, &l->c[i]->subject);
	return n > 0;
}

static bool prepare(X509_STORE_CTX *ctx, struct trust *t, struct run *r, STACK_OF(X509) *untrusted, bool client)
{
	X509_VERIFY_PARAM *p;

	for (size_t i = 1; i < r->l.n; i++)
		if (r->l.x[i] && !sk_X509_push(untrusted, r->l.x[i]))
			return false;
	if (!X509_STORE_CTX_init(ctx, trust_store(t), r->l.x[0], untrusted) ||
	    !X509_STORE_CTX_set_default(ctx, client ? "ssl_client" : "ssl_server"))
		return false;
	p = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(p, (time_t)r->at);
	/* Whoever gives an intermediate or a server's own certificate as an anchor means it (as curl and Go take it). */
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_depth(p, PATH_MAX_CERTS + MORE_MAX);
	X509_STORE_CTX_set_app_data(ctx, r);
	X509_STORE_CTX_set_verify_cb(ctx, on_error);
	return true;
}

/* The verdict can change when a certificate's validity begins or ends: the window around now without such a moment. */
static void narrow(struct judgement *j, int64_t at, int64_t moment)
{
	/* Whether the very second counts is nobody's business here: both sides of it are limits. */
	for (int64_t b = moment; b <= moment + 1; b++) {
		if (b <= at && b > j->from)
			j->from = b;
		if (b > at && b < j->to)
			j->to = b;
	}
}

static void window(struct judgement *j, const struct links *l, const STACK_OF(X509) *built, int64_t at)
{
	int64_t moment;

	j->from = at - VERDICT_MAX_S;
	j->to = at + VERDICT_MAX_S;
	for (size_t i = 0; i < l->n; i++) {
		narrow(j, at, l->c[i]->not_before);
		narrow(j, at, l->c[i]->not_after);
	}
	for (int i = 0; i < sk_X509_num(built); i++) {
		if (der_time(X509_get0_notBefore(sk_X509_value(built, i)), &moment))
			narrow(j, at, moment);
		if (der_time(X509_get0_notAfter(sk_X509_value(built, i)), &moment))
			narrow(j, at, moment);
	}
}

/* Only what is in the path that was verified: another one may be there under the name of a good one. */
static void remember(struct intermediates *m, const struct links *l, const STACK_OF(X509) *built)
{
	for (int i = 1; i < sk_X509_num(built); i++)
		for (size_t k = 1; k < l->n; k++)
			if (l->x[k] && l->x[k] == sk_X509_value(built, i) && l->c[k]->is_ca && !l->c[k]->self_issued)
				intermediates_add(m, l->c[k], l->x[k]);
}

static void conclude(struct judgement *j, const struct run *r)
{
	j->status = r->status;
	j->anchored = r->status < CHAIN_UNKNOWN_ISSUER || r->status == CHAIN_BAD_SIGNATURE;
	if (r->status == CHAIN_INVALID || r->status == CHAIN_UNVERIFIABLE)
		j->reason = X509_verify_cert_error_string(r->error);
	for (size_t i = 0; i < r->l.n; i++)
		if (r->at_fault && r->l.x[i] == r->at_fault)
			j->depth = r->l.index[i];
}

static void run(struct run *r, struct trust *t, struct intermediates *m, bool client, struct judgement *j)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null(), *built;

	r->status = CHAIN_UNVERIFIABLE;
	r->error = X509_V_ERR_OUT_OF_MEM;
	r->at_fault = NULL;
	j->from = j->to = r->at;
	j->depth = -1;
	j->reason = NULL;
	j->keys.n = 0;
	if (ctx && untrusted && prepare(ctx, t, r, untrusted, client)) {
		r->status = CHAIN_OK;
		if (X509_verify_cert(ctx) < 0 && r->status == CHAIN_OK) {
			r->status = CHAIN_UNVERIFIABLE;
			r->error = X509_STORE_CTX_get_error(ctx);
		}
		built = X509_STORE_CTX_get0_chain(ctx);
		window(j, &r->l, built, r->at);
		if (r->status < CHAIN_UNKNOWN_ISSUER)
			path_keys_take(&j->keys, built);
		if (r->status == CHAIN_OK)
			remember(m, &r->l, built);
	}
	conclude(j, r);
	X509_STORE_CTX_free(ctx);
	sk_X509_free(untrusted);
}

/* It says that it signed itself, and did not. */
static bool is_forged(const struct cert *c)
{
	return c->self_issued && !c->self_signed && key_is_sane(c) && path_is_issuer(c, c);
}

/* OpenSSL finds no issuer for a certificate whose signature it has no algorithm for. */
static bool is_unverifiable(const struct links *l, int16_t *depth)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->x[i] || l->c[i]->self_signed || !is_unknown_signature(l->x[i]))
			continue;
		*depth = l->index[i];
		return true;
	}
	return false;
}

/* What can be said without an anchor: by itself, or by nobody who is known. It holds for as long as no issuer turns up. */
static void judge_alone(const struct links *l, struct judgement *j)
{
	const struct cert *c = l->c[0], *top = c;

	j->from = INT64_MIN;
	j->to = INT64_MAX;
	j->depth = l->index[0];
	if (c->self_signed || is_forged(c)) {
		j->status = c->self_signed ? CHAIN_SELF_SIGNED : CHAIN_BAD_SIGNATURE;
		return;
	}
	if (is_unverifiable(l, &j->depth)) {
		j->status = CHAIN_UNVERIFIABLE;
		j->reason = "its signature algorithm is not supported";
		return;
	}
	for (size_t i = 1; i < l->path_n; i++) {
		top = l->c[i];
		j->depth = l->index[i];
	}
	j->status = CHAIN_UNKNOWN_ISSUER;
	if (top->self_signed)
		return;
	j->missing = name_hash(&top->issuer);
	/* An end entity alone that says where its issuer's certificate can be fetched was meant to come with it. */
	if (!top->is_ca && top->issuer_urls.n) {
		j->status = CHAIN_INCOMPLETE;
		j->incomplete = true;
	}
}

/* With what was sent, then with what is remembered. */
static void judge_links(struct run *r, struct trust *t, struct intermediates *m, bool client, struct judgement *j)
{
	bool malformed = false;

	if (load_anchors(t, &r->l)) {
		malformed = !links_decode(&r->l, m);
		if (!malformed)
			run(r, t, m, client, j);
	}
	if (!malformed && (j->status == CHAIN_NONE || j->status == CHAIN_UNKNOWN_ISSUER) && link_remembered(&r->l, m) &&
	    load_anchors(t, &r->l)) {
		malformed = !links_decode(&r->l, m);
		if (!malformed)
			run(r, t, m, client, j);
		j->incomplete = j->completed = !malformed && j->anchored;
		if (j->status == CHAIN_OK)
			j->status = CHAIN_INCOMPLETE;
	}
	if (malformed)
		*j = (struct judgement){ .status = CHAIN_MALFORMED, .reason = "OpenSSL refuses to decode it",
			.depth = r->l.index[0], .from = INT64_MIN, .to = INT64_MAX };
	else if (!j->anchored && j->status != CHAIN_UNVERIFIABLE)
		judge_alone(&r->l, j);
}

void judge(const struct judges *j, const struct cert *const *chain, size_t n, const struct path *path, int64_t at,
	   bool client, struct judgement *out)
{
	struct run r = { .at = at };

	*out = (struct judgement){ .depth = -1 };
	ERR_set_mark();
	link_sent(&r.l, chain, n, path);
	judge_links(&r, j->trust, j->intermediates, client, out);
	links_free(&r.l);
	ERR_pop_to_mark();
}
