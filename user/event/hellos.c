/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/make.h"
#include "tls/fingerprint.h"
#include "tls/names.h"

static enum event_tri tri(bool v)
{
	return v ? EVENT_YES : EVENT_NO;
}

static enum event_tri yes_or_absent(bool v)
{
	return v ? EVENT_YES : EVENT_UNKNOWN;
}

#define SHARED_MAX 128			/* entries of a list that is shared */

/* Lists are few, as programs are: those of a connection were nearly always seen before, but for GREASE. */
struct list_key {
	uint16_t kind;			/* enum share_kind */
	uint16_t v[SHARED_MAX];
};

struct named_list {
	struct event_strs names;
	struct event_memo *memo;
};

static const char *(*const name_of[])(uint16_t) = {
	[SHARE_SUITES] = tls_suite_name, [SHARE_EXTENSIONS] = tls_extension_name, [SHARE_VERSIONS] = tls_version_name,
	[SHARE_GROUPS] = tls_group_name, [SHARE_SIGNATURES] = tls_signature_name,
};

static struct event_strs name_all(struct make *m, enum share_kind kind, struct tls_u16s list)
{
	struct event_str *v = make_list(m, list.n);

	for (size_t i = 0; v && i < list.n; i++)
		v[i] = make_name(m, name_of[kind](list.v[i]), list.v[i], 4);
	return (struct event_strs){ v, v ? list.n : 0 };
}

static void name_shared(struct make *m, struct event_share *share, const void *from)
{
	const struct list_key *key = share->node.key;
	struct named_list *l = share->value;
	size_t n = *(const size_t *)from;

	l->names = name_all(m, key->kind, (struct tls_u16s){ key->v, n });
	l->memo = event_memo_new(share);
}

/* Names of a list as offered, without GREASE (RFC 8701). */
static struct event_strs make_names(struct make *m, enum share_kind kind, struct tls_u16s list, struct event_memo **memo)
{
	struct share_recipe recipe = { .value_len = sizeof(struct named_list), .build = name_shared };
	const struct named_list *shared = NULL;
	struct list_key key = { .kind = kind };
	uint16_t *own = list.n > SHARED_MAX ? arena_alloc(m->arena, list.n * sizeof(*own)) : key.v;
	size_t n = 0;

	if (!own) {
		m->short_of_memory = true;
		return (struct event_strs){ NULL, 0 };
	}
	for (size_t i = 0; i < list.n; i++)
		if (!tls_is_grease(list.v[i]))
			own[n++] = list.v[i];
	if (own == key.v && n) {
		recipe.key = &key;
		recipe.key_len = offsetof(struct list_key, v) + n * sizeof(key.v[0]);
		recipe.arena_len = recipe.key_len + n * sizeof(struct event_str) + 256;
		shared = make_share(m, &recipe, &n);
	}
	if (!shared)
		return name_all(m, kind, (struct tls_u16s){ own, n });
	*memo = shared->memo;
	return shared->names;
}

static struct event_strs make_byte_strings(struct make *m, struct tls_strs list)
{
	struct event_str *v = make_list(m, list.n);

	for (size_t i = 0; v && i < list.n; i++)
		v[i] = make_bytes(m, list.v[i].p, list.v[i].n);
	return (struct event_strs){ v, v ? list.n : 0 };
}

static void make_ja3_text(struct make *m, const struct tls_client_hello *ch)
{
	struct strbuf b = { 0 };

	if (tls_ja3_text(ch, &b))
		m->e->ja3_text = make_bytes(m, b.s, b.len);
	strbuf_free(&b);
}

static void make_ja3s_text(struct make *m, const struct tls_server_hello *sh)
{
	struct strbuf b = { 0 };

	if (tls_ja3s_text(sh, &b))
		m->e->ja3s_text = make_bytes(m, b.s, b.len);
	strbuf_free(&b);
}

static void make_client_hello(struct make *m)
{
	const struct tls_client_hello *ch = &m->h->client_hello;
	struct handshake_event *e = m->e;

	e->client_hello.bytes = ch->bytes;
	e->client_hello.segments = ch->segments;
	e->client_hello.records = ch->records;
	e->client_hello.extensions = make_names(m, SHARE_EXTENSIONS, ch->extensions, &e->memo.extensions);
	e->client_hello.supported_versions = make_names(m, SHARE_VERSIONS, ch->supported_versions, &e->memo.supported_versions);
	if (!ch->supported_versions.n)
		e->client_version = make_static(tls_version_name(ch->legacy_version));
	e->client_hello.supported_groups = make_names(m, SHARE_GROUPS, ch->groups, &e->memo.supported_groups);
	e->client_hello.key_share_groups = make_names(m, SHARE_GROUPS, ch->key_shares, &e->memo.key_share_groups);
	e->client_hello.signature_algorithms = make_names(m, SHARE_SIGNATURES, ch->signature_algorithms, &e->memo.signature_algorithms);
	e->client_hello.alpn = make_byte_strings(m, ch->alpn);
	e->client_hello.psk = yes_or_absent(ch->psk);
	e->client_hello.early_data = yes_or_absent(ch->early_data);
	e->client_hello.session_ticket = yes_or_absent(ch->session_ticket);
	e->client_hello.grease = yes_or_absent(ch->grease);
	e->client_hello.sslv2 = yes_or_absent(ch->sslv2);
	if (ch->record_size_limit)
		e->record_size_limit = ch->record_size_limit;
	e->supported_ciphers = make_names(m, SHARE_SUITES, ch->suites, &e->memo.supported_ciphers);
	if (ch->server_name.n) {
		e->server_name = make_bytes(m, ch->server_name.p, ch->server_name.n);
		e->server_domain = e->server_name;
	}
	if (ch->ja3[0])
		e->ja3 = make_bytes(m, ch->ja3, strlen(ch->ja3));
	if (m->src->ja3_text)
		make_ja3_text(m, ch);
	if (ch->ja4[0])
		e->ja4 = make_bytes(m, ch->ja4, strlen(ch->ja4));
}

static void make_pq(struct make *m)
{
	const struct tls_client_hello *ch = &m->h->client_hello;
	bool offered = false;

	for (size_t i = 0; i < ch->groups.n; i++)
		offered |= tls_group_is_post_quantum(ch->groups.v[i]);
	for (size_t i = 0; i < ch->key_shares.n; i++)
		offered |= tls_group_is_post_quantum(ch->key_shares.v[i]);
	m->e->pq_offered = tri(offered);
	if (m->h->server_hello.seen)
		m->e->pq_negotiated = tri(tls_group_is_post_quantum(m->h->server_hello.key_share_group));
}

static void make_ech(struct make *m)
{
	const struct tls_client_hello *ch = &m->h->client_hello;

	if (!ch->ech.offered)
		return;
	m->e->ech.offered = EVENT_YES;
	m->e->ech.may_be_grease = tri(ch->ech.grease_like);
	m->e->ech.config_id = ch->ech.config_id;
	m->e->ech.kdf = make_name(m, tls_hpke_kdf_name(ch->ech.kdf), ch->ech.kdf, 4);
	m->e->ech.aead = make_name(m, tls_hpke_aead_name(ch->ech.aead), ch->ech.aead, 4);
	m->e->ech.outer_name = m->e->server_name;
}

static void make_server_hello(struct make *m)
{
	const struct tls_server_hello *sh = &m->h->server_hello;
	struct handshake_event *e = m->e;

	e->server_hello.extensions = make_names(m, SHARE_EXTENSIONS, sh->extensions, &e->memo.server_extensions);
	e->server_hello.session_id_echo = tri(sh->session_id_echo);
	if (sh->alpn.n)
		e->next_protocol = make_bytes(m, sh->alpn.p, sh->alpn.n);
	if (m->src->ja3_text)
		make_ja3s_text(m, sh);
	if (sh->ja3s[0])
		e->ja3s = make_bytes(m, sh->ja3s, strlen(sh->ja3s));
}

void make_hellos(struct make *m)
{
	if (m->h->client_hello.seen) {
		make_client_hello(m);
		make_pq(m);
		make_ech(m);
	}
	if (m->h->server_hello.seen)
		make_server_hello(m);
	m->e->hello_retry_request = yes_or_absent(m->h->hello_retry_request);
}
