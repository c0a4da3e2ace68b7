/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PROXY protocol, versions 1 (one line of text) and 2 (binary), as HAProxy defines it: what a proxy puts in front
 * of the stream to say whom it speaks for. What follows is judged as a new beginning.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

#define V1_MAX 107
#define V2_HEADER 16
#define V2_ADDRESSES 36

/* The text between blanks; the rest stays in line. */
static bool take_word(struct reader *line, char *out, size_t size)
{
	size_t n = 0;

	while (n < line->len && line->p[n] != ' ')
		n++;
	if (!n || n >= size)
		return false;
	memcpy(out, line->p, n);
	out[n] = '\0';
	return reader_skip(line, n < line->len ? n + 1 : n);
}

static bool take_port(struct reader *line, uint16_t *port)
{
	char word[8], *end;
	unsigned long v;

	if (!take_word(line, word, sizeof(word)))
		return false;
	v = strtoul(word, &end, 10);
	*port = (uint16_t)v;
	return !*end && v <= UINT16_MAX;
}

/* "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443" */
static bool parse_v1(struct tls_proxy *proxy, struct reader line)
{
	char word[64], from[64], to[64];
	int family;

	proxy->version = 1;
	if (!take_word(&line, word, sizeof(word)) || !take_word(&line, word, sizeof(word)))
		return false;
	if (!strcmp(word, "UNKNOWN")) {
		proxy->local = true;
		return true;
	}
	proxy->family = !strcmp(word, "TCP4") ? 4 : !strcmp(word, "TCP6") ? 6 : 0;
	family = proxy->family == 4 ? AF_INET : AF_INET6;
	return proxy->family && take_word(&line, from, sizeof(from)) && take_word(&line, to, sizeof(to)) &&
	       inet_pton(family, from, proxy->source) == 1 && inet_pton(family, to, proxy->destination) == 1 &&
	       take_port(&line, &proxy->source_port) && take_port(&line, &proxy->destination_port);
}

/* Behind the signature: version and command, family, length, addresses and ports. */
static bool parse_v2(struct tls_proxy *proxy, struct reader r)
{
	struct reader addresses, source, destination;
	uint8_t command, family;
	size_t len;

	if (!reader_skip(&r, 12) || !reader_u8(&r, &command) || command >> 4 != 2 || !reader_u8(&r, &family) || !reader_skip(&r, 2))
		return false;
	proxy->version = 2;
	proxy->local = (command & 0xf) == 0;
	addresses = r;
	len = family >> 4 == 1 ? 4 : 16;
	if (proxy->local || family >> 4 < 1 || family >> 4 > 2)
		return true;
	proxy->family = len == 4 ? 4 : 6;
	if (!reader_take(&addresses, len, &source) || !reader_take(&addresses, len, &destination) ||
	    !reader_u16(&addresses, &proxy->source_port) || !reader_u16(&addresses, &proxy->destination_port))
		return false;
	memcpy(proxy->source, source.p, len);
	memcpy(proxy->destination, destination.p, len);
	return true;
}

static void finish(struct tls_conn *c, int dir, bool fine)
{
	struct tls_direction *d = &c->dir[dir];

	if (!fine)
		c->hs.proxy = (struct tls_proxy){ 0 };
	c->upgrade.proxied |= fine;
	d->proxy_len = 0;
	d->stage = fine ? TLS_STAGE_START : TLS_STAGE_CLEAR;
}

static void v1_byte(struct tls_conn *c, int dir, const uint8_t *head, uint32_t len)
{
	if (head[len - 1] == '\n')
		finish(c, dir, len >= 2 && head[len - 2] == '\r' && parse_v1(&c->hs.proxy, reader_of(head, len - 2)));
	else if (len >= V1_MAX)
		finish(c, dir, false);
}

static void v2_byte(struct tls_conn *c, int dir, const uint8_t *head, uint32_t len)
{
	uint32_t whole, kept;

	if (len < V2_HEADER)
		return;
	whole = V2_HEADER + ((uint32_t)head[14] << 8 | head[15]);
	kept = whole < V2_HEADER + V2_ADDRESSES ? whole : V2_HEADER + V2_ADDRESSES;
	if (len == whole)
		finish(c, dir, parse_v2(&c->hs.proxy, reader_of(head, kept)));
}

void tls_proxy_feed(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];
	uint8_t b;

	if (!c->upgrade.proxy_head) {
		c->upgrade.proxy_head = arena_alloc(c->arena, TLS_PROXY_HEAD);
		c->upgrade.proxy_dir = dir;
	}
	if (!c->upgrade.proxy_head || c->upgrade.proxy_dir != dir || c->hs.proxy.version) {
		d->stage = TLS_STAGE_CLEAR;
		return;
	}
	while (d->stage == TLS_STAGE_PROXY && reader_u8(in, &b)) {
		/* Longer than what is kept are only the attributes of version 2, of no use here. */
		if (d->proxy_len < TLS_PROXY_HEAD)
			c->upgrade.proxy_head[d->proxy_len] = b;
		d->proxy_len++;
		if (c->upgrade.proxy_head[0] == 'P')
			v1_byte(c, dir, c->upgrade.proxy_head, d->proxy_len);
		else
			v2_byte(c, dir, c->upgrade.proxy_head, d->proxy_len);
	}
}
