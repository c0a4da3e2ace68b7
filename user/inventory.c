/* SPDX-License-Identifier: BSD-2-Clause */
#include "inventory_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "event/event.h"
#include "state.h"

#define MAX_DEFAULT 100000

struct inventory *inventory_new(const struct inventory_settings *set)
{
	struct inventory *inv = calloc(1, sizeof(*inv));

	if (!inv)
		return NULL;
	inv->set = *set;
	if (!inv->set.max)
		inv->set.max = MAX_DEFAULT;
	inv->certs = table_new();
	inv->servers = table_new();
	if (!inv->certs || !inv->servers) {
		inventory_free(inv);
		return NULL;
	}
	return inv;
}

/* Cut to size; a zero byte of a hostile name does not end it. */
static void put_text(char *to, size_t size, struct event_str s)
{
	size_t n = s.len < size ? s.len : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = s.s[i] ? s.s[i] : '?';
	to[n] = '\0';
}

static int keep_cert(struct inventory *inv, struct known_cert *c, bool wait)
{
	struct state_row row = {
		.kind = STATE_CERT,
		.first_ns = (int64_t)c->first_ns,
		.last_ns = (int64_t)c->last_ns,
		.handshakes = c->handshakes - c->kept,
	};
	int ret;

	if (!inv->state || !row.handshakes)
		return 0;
	memcpy(row.sha256, c->sha256, SHA256_LEN);
	snprintf(row.role, sizeof(row.role), "%s", c->role);
	snprintf(row.name, sizeof(row.name), "%s", c->text + c->at[T_NAME]);
	snprintf(row.subject, sizeof(row.subject), "%s", c->text + c->at[T_SUBJECT]);
	snprintf(row.issuer, sizeof(row.issuer), "%s", c->text + c->at[T_ISSUER]);
	snprintf(row.serial, sizeof(row.serial), "%s", c->text + c->at[T_SERIAL]);
	snprintf(row.key, sizeof(row.key), "%s", c->text + c->at[T_KEY]);
	snprintf(row.not_before, sizeof(row.not_before), "%s", c->text + c->at[T_NOT_BEFORE]);
	snprintf(row.not_after, sizeof(row.not_after), "%s", c->text + c->at[T_NOT_AFTER]);
	ret = state_send(inv->state, &row, wait);
	if (!ret)
		c->kept = c->handshakes;
	return ret;
}

static int keep_served(struct inventory *inv, const struct server *s, struct served *c, bool wait)
{
	struct state_row row = {
		.kind = STATE_SERVER,
		.port = s->port,
		.first_ns = (int64_t)c->first_ns,
		.last_ns = (int64_t)c->last_ns,
		.handshakes = c->handshakes - c->kept,
	};
	int ret;

	if (!inv->state || !row.handshakes)
		return 0;
	memcpy(row.sha256, c->sha256, SHA256_LEN);
	put_text(row.ip, sizeof(row.ip), event_str(s->key + s->ip_at, s->ip_len));
	put_text(row.sni, sizeof(row.sni), event_str(s->key + s->sni_at, s->node.key_len - s->sni_at));
	ret = state_send(inv->state, &row, wait);
	if (!ret)
		c->kept = c->handshakes;
	return ret;
}

static int keep_server(struct inventory *inv, struct server *s, bool wait)
{
	int ret = 0;

	for (size_t i = 0; i < s->cnt && !ret; i++)
		ret = keep_served(inv, s, &s->cert[i], wait);
	return ret;
}

static void drop_cert(struct inventory *inv)
{
	struct known_cert *c = container_of_node(table_oldest(inv->certs), struct known_cert, node);

	(void)keep_cert(inv, c, true);
	table_remove(inv->certs, &c->node);
	free(c);
}

static void drop_server(struct inventory *inv)
{
	struct server *s = container_of_node(table_oldest(inv->servers), struct server, node);

	(void)keep_server(inv, s, true);
	table_remove(inv->servers, &s->node);
	free(s->cert);
	free(s);
}

void inventory_keep(struct inventory *inv, struct state *state)
{
	inv->state = state;
}

int inventory_flush(struct inventory *inv, bool wait)
{
	int ret = 0;

	for (struct table_node *n = table_oldest(inv->certs); n && !ret; n = n->newer)
		ret = keep_cert(inv, container_of_node(n, struct known_cert, node), wait);
	for (struct table_node *n = table_oldest(inv->servers); n && !ret; n = n->newer)
		ret = keep_server(inv, container_of_node(n, struct server, node), wait);
	return ret;
}

void inventory_free(struct inventory *inv)
{
	if (!inv)
		return;
	inv->state = NULL;
	while (inv->certs && table_count(inv->certs))
		drop_cert(inv);
	while (inv->servers && table_count(inv->servers))
		drop_server(inv);
	if (inv->certs)
		table_free(inv->certs);
	if (inv->servers)
		table_free(inv->servers);
	free(inv);
}

static struct event_str name_of(const struct handshake_event *e)
{
	const struct event_x509 *x = &e->server_leaf.x509;

	return x->subject.common_name.n ? x->subject.common_name.v[0] :
	       x->alternative_names.n ? x->alternative_names.v[0] : e->server_leaf.subject;
}

static struct known_cert *cert_new(const struct event_cert *from, struct event_str name)
{
	/* As long as the state keeps. */
	const struct { struct event_str s; size_t max; } texts[T_CNT] = {
		[T_NAME] = { name, 127 }, [T_SUBJECT] = { from->subject, 255 }, [T_ISSUER] = { from->issuer, 255 },
		[T_SERIAL] = { from->serial, 67 }, [T_KEY] = { from->key, 31 }, [T_NOT_BEFORE] = { from->not_before, 27 },
		[T_NOT_AFTER] = { from->not_after, 27 },
	};
	struct known_cert *c;
	size_t len = 0;

	for (int i = 0; i < T_CNT; i++)
		len += (texts[i].s.len < texts[i].max ? texts[i].s.len : texts[i].max) + 1;
	c = calloc(1, sizeof(*c) + len);
	for (int i = 0; c && i < T_CNT; i++) {
		if (i)
			c->at[i] = (uint16_t)(c->at[i - 1] + strlen(c->text + c->at[i - 1]) + 1);
		put_text(c->text + c->at[i], texts[i].max + 1, texts[i].s);
	}
	return c;
}

static void add_cert(struct inventory *inv, const struct event_cert *from, const char *role, struct event_str name,
		     uint64_t now_ns)
{
	struct table_node *n;
	struct known_cert *c;

	if (from->sha256.len != SHA256_LEN)
		return;
	n = table_find(inv->certs, from->sha256.s, SHA256_LEN);
	c = n ? container_of_node(n, struct known_cert, node) : cert_new(from, name);
	if (!c)
		return;
	if (n) {
		table_touch(inv->certs, n);
	} else {
		if (table_count(inv->certs) >= inv->set.max) {
			drop_cert(inv);
			inv->forgotten++;
		}
		memcpy(c->sha256, from->sha256.s, SHA256_LEN);
		c->first_ns = now_ns;
		c->role = role;
		c->node.key = c->sha256;
		c->node.key_len = SHA256_LEN;
		table_insert(inv->certs, &c->node);
	}
	c->last_ns = now_ns;
	c->handshakes++;
}

static struct server *server_of(struct inventory *inv, struct event_str ip, int64_t port, struct event_str sni)
{
	struct strbuf key = { 0 };
	struct table_node *n;
	struct server *s = NULL;

	/* A host name has 253 characters at most (RFC 1035 section 2.3.4); what is longer is somebody filling memory. */
	if (sni.len > SNI_MAX_LEN)
		sni.len = SNI_MAX_LEN;
	strbuf_printf(&key, memchr(ip.s, ':', ip.len) ? "[%.*s]:%lld" : "%.*s:%lld", (int)ip.len, ip.s, (long long)port);
	if (sni.len) {
		strbuf_putc(&key, ' ');
		strbuf_add(&key, sni.s, sni.len);
	}
	n = key.failed ? NULL : table_find(inv->servers, key.s, key.len);
	if (n) {
		s = container_of_node(n, struct server, node);
		table_touch(inv->servers, n);
	} else if (!key.failed && (s = calloc(1, sizeof(*s) + key.len + 1))) {
		if (table_count(inv->servers) >= inv->set.max) {
			drop_server(inv);
			inv->forgotten++;
		}
		memcpy(s->key, key.s, key.len);
		s->ip_at = key.s[0] == '[';
		s->ip_len = (uint16_t)ip.len;
		s->sni_at = (uint16_t)(key.len - sni.len);
		s->port = (uint16_t)port;
		s->node.key = s->key;
		s->node.key_len = (uint32_t)key.len;
		table_insert(inv->servers, &s->node);
	}
	strbuf_free(&key);
	return s;
}

static void tell(struct inventory *inv, const char *action, const struct handshake_event *e, const struct served *c,
		 const struct served *previous)
{
	struct certificate_event out = {
		.time_ns = e->start_ns,
		.sequence = EVENT_ABSENT,
		.action = action,
		.server = e->server,
		.server_name = e->server_name,
		.sha256 = e->server_leaf.sha256,
		.subject = e->server_leaf.subject,
		.issuer = e->server_leaf.issuer,
		.not_before = e->server_leaf.not_before,
		.not_after = e->server_leaf.not_after,
		.name = name_of(e),
		.days_left = e->cert.days_left,
		.first_seen_ns = c->first_ns,
		.last_seen_ns = c->last_ns,
		.handshakes = c->handshakes,
	};

	if (previous)
		out.previous = event_str(previous->sha256, SHA256_LEN);
	if (inv->set.change)
		inv->set.change(inv->set.change_ctx, &out);
}

static struct served *find(struct server *s, const struct event_str *sha256)
{
	for (size_t i = 0; i < s->cnt; i++)
		if (!memcmp(s->cert[i].sha256, sha256->s, SHA256_LEN))
			return &s->cert[i];
	return NULL;
}

/* In front; of too many the one that was served longest ago goes. */
static struct served *insert(struct inventory *inv, struct server *s, const char *sha256, struct event_str name, uint64_t now_ns)
{
	size_t out = 0;
	struct served *c;

	if (s->cnt == s->cap && s->cap < BACKENDS) {
		uint32_t cap = s->cap ? BACKENDS : 1;

		c = realloc(s->cert, cap * sizeof(*c));
		if (!c)
			return NULL;
		s->cert = c;
		s->cap = cap;
	}
	c = s->cert;
	if (s->cnt < BACKENDS) {
		out = s->cnt++;
	} else {
		for (size_t i = 1; i < BACKENDS; i++)
			if (s->cert[i].last_ns < s->cert[out].last_ns)
				out = i;
		(void)keep_served(inv, s, &s->cert[out], true);
	}
	memmove(c + 1, c, out * sizeof(*c));
	memset(c, 0, sizeof(*c));
	memcpy(c->sha256, sha256, SHA256_LEN);
	put_text(c->name, sizeof(c->name), name);
	c->first_ns = c->last_ns = now_ns;
	c->days_left = EVENT_ABSENT;
	return c;
}

void inventory_load(struct inventory *inv, const struct state_row *row)
{
	struct event_str ip = event_str(row->ip, strlen(row->ip)), sni = event_str(row->sni, strlen(row->sni));
	struct server *s;
	struct served *c;

	if (strlen(row->sha256) != SHA256_LEN)
		return;
	s = server_of(inv, ip, row->port, sni);
	if (!s || find(s, &(struct event_str){ row->sha256, SHA256_LEN }))
		return;
	c = insert(inv, s, row->sha256, event_str(row->name, strlen(row->name)), (uint64_t)row->first_ns);
	if (!c)
		return;
	c->last_ns = (uint64_t)row->last_ns;
	c->handshakes = c->kept = row->handshakes;
}

static void note_end(struct inventory *inv, const struct handshake_event *e, struct served *c)
{
	int64_t left = e->cert.days_left;

	if (left == EVENT_ABSENT)
		return;
	if (left < 0 && !c->expired_told) {
		c->expired_told = true;
		inv->expired++;
		tell(inv, "expired", e, c, NULL);
	} else if (left >= 0 && left < inv->set.expiry_warn_days && !c->expiring_told) {
		c->expiring_told = true;
		tell(inv, "expiring", e, c, NULL);
	}
}

/* A certificate that comes back after a newer one was there: a backend that still has the old one. */
static void add_served(struct inventory *inv, struct server *s, const struct handshake_event *e)
{
	struct served *c = find(s, &e->server_leaf.sha256);
	bool is_new = !c, first = !s->cnt, is_old = c && c != s->cert;
	struct served other = { .seen = false };

	if (!first)
		other = s->cert[0];
	if (is_new)
		c = insert(inv, s, e->server_leaf.sha256.s, name_of(e), e->start_ns);
	if (!c)
		return;
	if (e->start_ns > c->last_ns)
		c->last_ns = e->start_ns;
	c->handshakes++;
	c->seen = true;
	c->days_left = e->cert.days_left;
	if (is_new) {
		inv->rotated += !first;
		tell(inv, first ? "new" : "rotated", e, c, first ? NULL : &other);
	} else if (is_old && !c->mixed_told) {
		c->mixed_told = true;
		inv->mixed++;
		tell(inv, "mixed", e, c, &other);
	}
	note_end(inv, e, c);
}

void inventory_add(struct inventory *inv, const struct handshake_event *e)
{
	struct server *s;

	for (size_t i = 0; i < e->server_chain.n; i++)
		add_cert(inv, &e->server_chain.v[i], i ? "issuer" : "server", i ? e->server_chain.v[i].subject : name_of(e),
			 e->start_ns);
	for (size_t i = 0; i < e->client_chain.n; i++)
		add_cert(inv, &e->client_chain.v[i], i ? "issuer" : "client", e->client_chain.v[i].subject, e->start_ns);
	if (e->server_leaf.sha256.len != SHA256_LEN || !e->server.ip.s)
		return;
	s = server_of(inv, e->server.ip, e->server.port, e->server_name);
	if (s)
		add_served(inv, s, e);
}
