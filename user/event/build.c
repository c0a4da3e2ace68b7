/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/build.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "event/make.h"
#include "event/verdict.h"

#define EVENT_ARENA_MAX (4u << 20)	/* a chain of 32 certificates with --der */

struct event_str make_bytes(struct make *m, const void *p, size_t n)
{
	char *s;

	if (!p)
		return event_str(NULL, 0);
	s = arena_strndup(m->arena, p, n);
	if (!s) {
		m->short_of_memory = true;
		return event_str(NULL, 0);
	}
	return event_str(s, n);
}

struct event_str make_hex(struct make *m, const void *p, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";
	const unsigned char *b = p;
	char *s;

	if (!p)
		return event_str(NULL, 0);
	s = arena_alloc(m->arena, 2 * n + 1);
	if (!s) {
		m->short_of_memory = true;
		return event_str(NULL, 0);
	}
	for (size_t i = 0; i < n; i++) {
		s[2 * i] = digits[b[i] >> 4];
		s[2 * i + 1] = digits[b[i] & 15];
	}
	return event_str(s, 2 * n);
}

struct event_str make_name(struct make *m, const char *name, unsigned number, int digits)
{
	char buf[16];

	if (name)
		return make_static(name);
	snprintf(buf, sizeof(buf), "0x%0*X", digits, number);
	return make_bytes(m, buf, strlen(buf));
}

struct event_str make_iso_seconds(struct make *m, int64_t unix_s)
{
	char buf[CLOCK_ISO_LEN];

	clock_iso_seconds(unix_s, buf);
	return make_bytes(m, buf, strlen(buf));
}

struct event_str make_base64(struct make *m, const void *p, size_t n)
{
	char *s = arena_alloc(m->arena, (n + 2) / 3 * 4 + 1);
	int len;

	if (!s || n > 1 << 20) {
		m->short_of_memory = true;
		return event_str(NULL, 0);
	}
	len = EVP_EncodeBlock((unsigned char *)s, p, (int)n);
	return event_str(s, (size_t)len);
}

static bool hold(struct make *m, struct event_share *share)
{
	struct event_share_ref *ref = arena_alloc(&m->e->arena, sizeof(*ref));

	if (!ref) {
		event_share_put(share);
		return false;
	}
	*ref = (struct event_share_ref){ share, m->e->shares };
	m->e->shares = ref;
	return true;
}

const void *make_share(struct make *m, const struct share_recipe *r, const void *from)
{
	struct event_shares *shares = m->src->shares;
	struct event_share *share = shares ? event_shares_find(shares, r->key, r->key_len) : NULL;
	struct make inner = *m;

	if (!share && shares) {
		share = event_share_new(r->key, r->key_len, r->value_len, r->arena_len);
		if (!share)
			return NULL;
		share->drop = r->drop;
		inner.arena = &share->arena;
		r->build(&inner, share, from);
		if (inner.short_of_memory) {
			event_share_put(share);
			return NULL;
		}
		event_shares_keep(shares, share);
	}
	return share && hold(m, share) ? share->value : NULL;
}

struct event_str *make_list(struct make *m, size_t n)
{
	struct event_str *v = n ? arena_alloc(m->arena, n * sizeof(*v)) : NULL;

	if (n && !v)
		m->short_of_memory = true;
	return v;
}

/* The same handshake has the same id wherever it is seen: the randoms are its identity. */
static void make_id(struct make *m)
{
	const struct tls_handshake *h = m->h;
	struct {
		uint8_t client_random[32], server_random[32];
		struct hs_tuple tuple;
		uint64_t start_us;
	} key;
	XXH128_canonical_t id;

	memset(&key, 0, sizeof(key));
	if (h->client_hello.seen)
		memcpy(key.client_random, h->client_hello.random, 32);
	if (h->server_hello.seen)
		memcpy(key.server_random, h->server_hello.random, 32);
	if (!h->client_hello.seen) {
		key.tuple = m->f->tuple;
		key.start_us = m->e->start_ns / NS_PER_US;
	}
	XXH128_canonicalFromHash(&id, XXH3_128bits(&key, sizeof(key)));
	m->e->id = make_hex(m, id.digest, sizeof(id.digest));
}

static uint64_t end_of_handshake(const struct make *m)
{
	const struct tls_handshake *h = m->h;

	if (h->established && h->established_ns)
		return h->established_ns;
	if (m->f->end_how != FLOW_END_NONE && m->f->end_ns > h->last_ns)
		return m->f->end_ns;
	return h->last_ns ? h->last_ns : m->f->last_ns;
}

static int64_t us_between(uint64_t from, uint64_t to)
{
	return from && to >= from ? (int64_t)((to - from) / NS_PER_US) : EVENT_ABSENT;
}

static void make_times(struct make *m)
{
	const struct tls_handshake *h = m->h;
	struct handshake_event *e = m->e;
	uint64_t begin = m->f->syn_ns ? m->f->syn_ns : h->first_ns;
	uint64_t connected = m->f->syn_ack_ns ? m->f->syn_ack_ns : m->f->syn_ns;

	e->start_ns = h->first_ns ? h->first_ns : m->f->first_ns;
	e->end_ns = end_of_handshake(m);
	if (e->end_ns < e->start_ns)
		e->end_ns = e->start_ns;
	e->duration_ns = (int64_t)(e->end_ns - e->start_ns);
	e->tcp_connect_us = us_between(m->f->syn_ns, m->f->syn_ack_ns);
	if (h->client_hello.seen)
		e->client_hello_us = us_between(connected, h->client_hello.time_ns);
	if (h->client_hello.seen && h->server_hello.seen)
		e->server_hello_us = us_between(h->client_hello.time_ns, h->server_hello.time_ns);
	if (h->established && h->server_hello.seen)
		e->finished_us = us_between(h->server_hello.time_ns, h->established_ns);
	e->total_us = us_between(begin, e->end_ns);
}

void make_verdict(struct make *m)
{
	struct handshake_event *e = m->e;
	struct verdict v;

	verdict_of(m->src, &v);
	e->outcome = make_static(v.outcome);
	if (v.reason[0])
		e->reason = make_bytes(m, v.reason, strlen(v.reason));
	e->end_by = make_static(v.end_by);
	e->end_how = make_static(v.end_how);
	e->cert.visibility = make_static(verdict_visibility(m->src));
}

int event_build(struct handshake_event *e, const struct event_source *src)
{
	struct make m = { .e = e, .arena = &e->arena, .src = src, .h = src->tls, .f = src->flow };

	handshake_event_init(e);
	arena_init(&e->arena, EVENT_ARENA_MAX);
	m.client_dir = m.h->client_dir != TLS_SIDE_UNKNOWN ? m.h->client_dir :
		       m.f->initiator != HS_DIR_UNKNOWN ? m.f->initiator :
		       m.f->first_dir != HS_DIR_UNKNOWN ? m.f->first_dir : 0;
	make_times(&m);
	make_id(&m);
	make_network(&m);
	make_processes(&m);
	make_tls(&m);
	make_hellos(&m);
	make_steps(&m);
	make_certs(&m);
	make_verdict(&m);
	if (m.short_of_memory) {
		handshake_event_free(e);
		return -ENOMEM;
	}
	return 0;
}
