/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "base/clock.h"
#include "event/make.h"
#include "tls/names.h"

#define DN_TEXT_MAX 1024

static struct event_str copy(struct make *m, struct cert_str s)
{
	return make_bytes(m, s.s, s.len);
}

static struct event_dn copy_dn(struct make *m, const struct cert_name *n)
{
	return (struct event_dn){
		.distinguished_name = copy(m, n->dn),
		.common_name = make_strs(m, &n->cn),
		.organization = make_strs(m, &n->o),
		.organizational_unit = make_strs(m, &n->ou),
		.country = make_strs(m, &n->c),
		.locality = make_strs(m, &n->l),
		.state_or_province = make_strs(m, &n->st),
	};
}

static struct event_strs copy_sans(struct make *m, const struct cert *c)
{
	struct event_str *v = make_list(m, c->san_cnt);

	for (size_t i = 0; v && i < c->san_cnt; i++)
		v[i] = copy(m, c->san[i].text);
	return (struct event_strs){ v, v ? c->san_cnt : 0 };
}

static struct event_str key_text(struct make *m, const struct cert *c)
{
	char bits[16] = "";
	char *s;

	if (!c->key_algorithm.s)
		return event_str(NULL, 0);
	if (c->key_bits)
		snprintf(bits, sizeof(bits), " %u", c->key_bits);
	s = arena_printf(m->arena, "%s%s%s", c->key_algorithm.s, c->key_curve.s ? " " : bits,
			 c->key_curve.s ? c->key_curve.s : "");
	return make_static(s);
}

static struct event_str not_before(struct make *m, const struct cert *c)
{
	return c->not_before_valid ? make_iso_seconds(m, c->not_before) : event_str(NULL, 0);
}

static struct event_str not_after(struct make *m, const struct cert *c)
{
	return c->not_after_valid ? make_iso_seconds(m, c->not_after) : event_str(NULL, 0);
}

static struct event_cert make_cert(struct make *m, const struct cert *c)
{
	struct event_cert out = {
		.sha256 = make_hex(m, c->sha256, sizeof(c->sha256)),
		.subject = copy(m, c->subject.dn),
		.issuer = copy(m, c->issuer.dn),
		.serial = copy(m, c->serial),
		.not_before = not_before(m, c),
		.not_after = not_after(m, c),
		.key = key_text(m, c),
		.signature = copy(m, c->signature_algorithm),
		.self_signed = c->malformed ? EVENT_UNKNOWN : c->self_signed ? EVENT_YES : EVENT_NO,
		.malformed = c->malformed ? EVENT_YES : EVENT_UNKNOWN,
		.alternative_names = copy_sans(m, c),
	};

	make_cert_details(m, c, &out);
	return out;
}

static struct event_x509 make_x509(struct make *m, const struct cert *c, const struct event_cert *said)
{
	return (struct event_x509){
		.version_number = said->version,
		.serial_number = said->serial,
		.subject = copy_dn(m, &c->subject),
		.issuer = copy_dn(m, &c->issuer),
		.not_before = said->not_before,
		.not_after = said->not_after,
		.alternative_names = said->alternative_names,
		.public_key_algorithm = copy(m, c->key_algorithm),
		.public_key_curve = copy(m, c->key_curve),
		.signature_algorithm = said->signature,
		.public_key_size = c->key_bits ? c->key_bits : EVENT_ABSENT,
		.public_key_exponent = said->exponent,
	};
}

/* All that is ever said of a certificate. */
struct described {
	const struct cert *cert;	/* with a reference: while it is here, its address is its own */
	struct event_cert said;
	struct event_leaf leaf;
	struct event_memo *leaf_memo;
	struct event_str der;		/* base64; only on demand */
};

static void describe(struct make *m, const struct cert *c, struct described *d)
{
	d->said = make_cert(m, c);
	d->leaf = (struct event_leaf){
		.subject = d->said.subject,
		.issuer = d->said.issuer,
		.not_before = d->said.not_before,
		.not_after = d->said.not_after,
		.sha256 = d->said.sha256,
		.sha1 = d->said.sha1,
		.x509 = make_x509(m, c, &d->said),
	};
	if (m->src->der)
		d->der = make_base64(m, c->der, c->der_len);
}

static void describe_shared(struct make *m, struct event_share *share, const void *from)
{
	struct described *d = share->value;

	d->cert = cert_ref(from);
	describe(m, from, d);
	d->said.memo = event_memo_new(share);
	d->leaf_memo = event_memo_new(share);
}

static void described_drop(void *value)
{
	cert_put(((struct described *)value)->cert);
}

static const struct described *described(struct make *m, const struct cert *c)
{
	const struct { uint64_t kind; const struct cert *cert; } key = { SHARE_CERT, c };
	const struct share_recipe recipe = {
		.key = &key,
		.key_len = sizeof(key),
		.value_len = sizeof(struct described),
		.build = describe_shared,
		.drop = described_drop,
	};
	const struct described *d = make_share(m, &recipe, c);
	struct described *own;

	if (d)
		return d;
	own = arena_alloc(m->arena, sizeof(*own));
	if (own)
		describe(m, c, own);
	else
		m->short_of_memory = true;
	return own;
}

static void make_chain(struct make *m, enum tls_side side, struct event_chain *chain, struct event_leaf *leaf,
		       struct event_memo **leaf_memo)
{
	size_t n = m->src->chain[side].n;
	struct event_cert *v = n ? arena_alloc(m->arena, n * sizeof(*v)) : NULL;
	struct event_str *der = m->src->der ? make_list(m, n) : NULL;

	if (n && !v)
		m->short_of_memory = true;
	for (size_t i = 0; v && i < n; i++) {
		const struct described *d = described(m, m->src->chain[side].v[i]);

		if (!d)
			return;
		v[i] = d->said;
		v[i].leaf = &d->leaf;
		if (der)
			der[i] = d->der;
		if (i)
			continue;
		*leaf = d->leaf;
		*leaf_memo = d->leaf_memo;
	}
	*chain = (struct event_chain){ v, v ? n : 0 };
	leaf->chain_der = (struct event_strs){ der, der ? n : 0 };
}

/* Before TLS 1.3 the server's flight is in clear: with its end seen, what was not in it was not sent. */
static bool flight_was_seen(const struct tls_handshake *h)
{
	for (size_t i = 0; i < h->step_cnt; i++)
		if (h->steps[i].kind == TLS_STEP_SERVER_HELLO_DONE)
			return !h->side[TLS_SERVER].gap;
	if (h->opened[TLS_SERVER] && h->side[TLS_SERVER].finished)
		return !h->side[TLS_SERVER].gap;
	return h->resumed && h->established && h->version && h->version < 0x0304;
}

static void make_request(struct make *m)
{
	const struct tls_certificate_request *r = &m->h->certificate_request;
	struct event_str *v;
	size_t n = 0;

	if (!r->seen) {
		if (flight_was_seen(m->h))
			m->e->certificate_request.seen = EVENT_NO;
		return;
	}
	m->e->certificate_request.seen = EVENT_YES;
	v = make_list(m, r->authorities.n);
	for (size_t i = 0; v && i < r->authorities.n; i++) {
		char text[DN_TEXT_MAX];
		int len = cert_dn_text(r->authorities.v[i].p, r->authorities.v[i].n, text, sizeof(text));

		if (len >= 0)
			v[n++] = make_bytes(m, text, (size_t)len);
	}
	m->e->certificate_request.authorities = (struct event_strs){ v, n };
	n = 0;
	v = make_list(m, r->signature_algorithms.n);
	for (size_t i = 0; v && i < r->signature_algorithms.n; i++)
		v[n++] = make_name(m, tls_signature_name(r->signature_algorithms.v[i]), r->signature_algorithms.v[i], 4);
	m->e->certificate_request.signature_algorithms = (struct event_strs){ v, n };
	if (m->h->certificate[TLS_CLIENT].seen)
		m->e->client_certificate = m->h->certificate[TLS_CLIENT].cnt ? EVENT_YES : EVENT_NO;
}

static void make_ocsp(struct make *m)
{
	static const char *const names[] = {
		[OCSP_NOT_READ] = NULL, [OCSP_GOOD] = "good", [OCSP_REVOKED] = "revoked", [OCSP_UNKNOWN] = "unknown",
		[OCSP_ERROR] = "error",
	};
	const struct ocsp_info *o = m->src->ocsp;

	if (!o)
		return;
	m->e->ocsp.stapled = EVENT_YES;
	m->e->ocsp.status = make_static(names[o->status]);
	if (o->this_update)
		m->e->ocsp.this_update = make_iso_seconds(m, o->this_update);
	if (o->next_update)
		m->e->ocsp.next_update = make_iso_seconds(m, o->next_update);
}

/* SCTs come in three ways (RFC 6962 section 3.3): which ones is said. Those inside an OCSP answer are not counted here. */
static void make_scts(struct make *m)
{
	size_t embedded = m->src->chain[TLS_SERVER].n ? m->src->chain[TLS_SERVER].v[0]->sct_cnt : 0;
	size_t extension = (size_t)m->h->server_hello.sct_cnt + m->h->certificate[TLS_SERVER].sct_cnt;
	struct event_str *v;
	size_t n = 0;

	if (!embedded && !extension)
		return;
	m->e->sct_cnt = (int64_t)(embedded + extension);
	v = make_list(m, 2);
	if (v && embedded)
		v[n++] = make_static("certificate");
	if (v && extension)
		v[n++] = make_static("tls");
	m->e->sct_from = (struct event_strs){ v, n };
}

static void make_related(struct make *m)
{
	struct handshake_event *e = m->e;
	size_t n = 0, total = e->server_chain.n + e->client_chain.n;
	struct event_str *v = make_list(m, total);

	for (size_t i = 0; v && i < e->server_chain.n; i++)
		v[n++] = e->server_chain.v[i].sha256;
	for (size_t i = 0; v && i < e->client_chain.n; i++)
		v[n++] = e->client_chain.v[i].sha256;
	e->related_hash = (struct event_strs){ v, n };
	if (e->server_name.s) {
		v = make_list(m, 1);
		if (v)
			v[0] = e->server_name;
		e->related_hosts = (struct event_strs){ v, v ? 1 : 0 };
	}
}

void make_certs(struct make *m)
{
	struct handshake_event *e = m->e;

	make_chain(m, TLS_SERVER, &e->server_chain, &e->server_leaf, &e->memo.server_leaf);
	make_chain(m, TLS_CLIENT, &e->client_chain, &e->client_leaf, &e->memo.client_leaf);
	make_request(m);
	make_judged(m);
	make_ocsp(m);
	make_scts(m);
	make_related(m);
}
