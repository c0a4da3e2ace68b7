// SPDX-License-Identifier: BSD-2-Clause
#include "capture/defrag.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/table.h"

#define TIMEOUT_NS (30 * NS_PER_S)
#define PACKET_MAX 65535
#define HEADER_MAX 512			/* IPv4's is 60 at most; IPv6's with extension headers, before the fragment header */
#define UNITS (PACKET_MAX / 8 + 1)	/* offsets count in units of eight bytes */

/* Also by hook: the same fragment seen twice is two packets for the gate, which tells them apart. */
struct key {
	uint8_t addr[2][16];
	uint32_t id, ifindex;
	uint8_t family, proto, hook, pad;
};

struct datagram {
	struct table_node node;
	struct key key;
	uint64_t since_ns;
	uint8_t *data;			/* behind the headers */
	size_t data_cap;
	uint32_t end;			/* of data, by the last fragment; 0: not seen yet */
	uint32_t reach;			/* highest end seen */
	uint32_t units_have;
	uint16_t header_len;		/* of the first fragment; 0: not seen yet */
	uint8_t next;			/* IPv6: what follows the fragment header */
	bool dead;			/* contradicts itself: kept to swallow the rest of it */
	uint8_t header[HEADER_MAX];
	uint8_t have[UNITS / 8 + 1];	/* a bit a unit */
};

/* One fragment, as its headers tell. */
struct piece {
	struct key key;
	const uint8_t *data;
	uint32_t off, len;
	uint16_t header_len;		/* before the fragment header, for IPv6 */
	uint16_t next_at;		/* IPv6: offset of the field that names the fragment header */
	uint8_t next;
	bool more;
};

struct defrag {
	struct table *table;
	size_t max_bytes, bytes;
	uint64_t lost, now_ns;
	uint8_t whole[HEADER_MAX + PACKET_MAX + 8];
};

struct defrag *defrag_new(size_t max_bytes)
{
	struct defrag *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->max_bytes = max_bytes ? max_bytes : DEFRAG_BYTES_DEFAULT;
	d->table = table_new();
	if (d->table)
		return d;
	free(d);
	return NULL;
}

static void drop(struct defrag *d, struct datagram *g)
{
	table_remove(d->table, &g->node);
	d->bytes -= sizeof(*g) + g->data_cap;
	free(g->data);
	free(g);
}

static struct datagram *oldest(struct defrag *d)
{
	struct table_node *n = table_oldest(d->table);

	return n ? container_of_node(n, struct datagram, node) : NULL;
}

static void lose(struct defrag *d, struct datagram *g)
{
	if (!g->dead)
		d->lost++;
	drop(d, g);
}

void defrag_finish(struct defrag *d)
{
	struct datagram *g;

	while ((g = oldest(d)))
		lose(d, g);
}

void defrag_free(struct defrag *d)
{
	if (!d)
		return;
	defrag_finish(d);
	table_free(d->table);
	free(d);
}

uint64_t defrag_lost(const struct defrag *d)
{
	return d->lost;
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static bool parse4(const uint8_t *p, uint32_t len, struct piece *out)
{
	uint32_t header, total, field;

	if (len < 20 || p[0] >> 4 != 4)
		return false;
	header = (p[0] & 15) * 4u;
	total = be16(p + 2);
	field = be16(p + 6);
	if (header < 20 || total < header || total > len)
		return false;
	memcpy(out->key.addr[0], p + 12, 4);
	memcpy(out->key.addr[1], p + 16, 4);
	out->key.id = be16(p + 4);
	out->key.proto = p[9];
	out->data = p + header;
	out->len = total - header;
	out->off = (field & 0x1fff) * 8;
	out->more = field & 0x2000;
	out->header_len = (uint16_t)header;
	return true;
}

/* Extension headers up to the fragment header: those that the sender puts before it (RFC 8200 section 4.5). */
static bool parse6(const uint8_t *p, uint32_t len, struct piece *out)
{
	uint32_t at = 40, next_at = 6, total;

	if (len < 40 || p[0] >> 4 != 6)
		return false;
	total = 40u + be16(p + 4);
	if (total > len)
		return false;
	while (p[next_at] != 44) {
		if ((p[next_at] != 0 && p[next_at] != 43 && p[next_at] != 60) || at + 8 > total)
			return false;
		next_at = at;
		at += (p[at + 1] + 1u) * 8;
	}
	if (at + 8 > total || at > HEADER_MAX)
		return false;
	memcpy(out->key.addr, p + 8, 32);
	memcpy(&out->key.id, p + at + 4, 4);
	out->data = p + at + 8;
	out->len = total - at - 8;
	out->off = be16(p + at + 2) & 0xfff8;
	out->more = p[at + 3] & 1;
	out->header_len = (uint16_t)at;
	out->next_at = (uint16_t)next_at;
	out->next = p[at];
	return true;
}

static bool parse(const struct hs_fragment *rec, const uint8_t *packet, struct piece *out)
{
	memset(out, 0, sizeof(*out));
	out->key.ifindex = rec->ifindex;
	out->key.family = rec->family;
	out->key.hook = rec->hook;
	if (rec->cap_len < rec->wire_len ||
	    !(rec->family == 4 ? parse4(packet, rec->cap_len, out) : parse6(packet, rec->cap_len, out)))
		return false;
	/* All but the last are whole units (RFC 791 section 3.2). */
	return out->len && out->off + out->len <= PACKET_MAX && !(out->more && out->len % 8);
}

/* Its age counts from the latest time seen: in merged captures time goes back. */
static struct datagram *find(struct defrag *d, const struct piece *f)
{
	struct table_node *n = table_find(d->table, &f->key, sizeof(f->key));
	struct datagram *g;

	if (n)
		return container_of_node(n, struct datagram, node);
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->key = f->key;
	g->since_ns = d->now_ns;
	g->node.key = &g->key;
	g->node.key_len = sizeof(g->key);
	table_insert(d->table, &g->node);
	d->bytes += sizeof(*g);
	return g;
}

static bool room(struct defrag *d, struct datagram *g, size_t len)
{
	uint8_t *p;

	if (len <= g->data_cap)
		return true;
	len = (len + 4095) & ~(size_t)4095;
	p = realloc(g->data, len);
	if (!p)
		return false;
	d->bytes += len - g->data_cap;
	g->data = p;
	g->data_cap = len;
	return true;
}

static bool has(const struct datagram *g, uint32_t unit)
{
	return g->have[unit / 8] >> unit % 8 & 1;
}

/* Its end, and the end of what came before, must not contradict. */
static bool end_agrees(struct datagram *g, const struct piece *f)
{
	uint32_t end = f->off + f->len;

	if (!f->more) {
		if ((g->end && g->end != end) || g->reach > end)
			return false;
		g->end = end;
	} else if (g->end && end > g->end) {
		return false;
	}
	if (end > g->reach)
		g->reach = end;
	return true;
}

/* False: it overlaps what is there in a way that is not allowed. */
static bool put(struct datagram *g, const struct piece *f)
{
	uint32_t first = f->off / 8, last = (f->off + f->len + 7) / 8, held = 0;

	for (uint32_t u = first; u < last; u++)
		held += has(g, u);
	if (held && g->key.family == 6)
		return held == last - first && !memcmp(g->data + f->off, f->data, f->len);
	for (uint32_t u = first; u < last; u++) {
		uint32_t at = (u - first) * 8, n = f->len - at < 8 ? f->len - at : 8;

		if (has(g, u))
			continue;
		memcpy(g->data + f->off + at, f->data + at, n);
		g->have[u / 8] |= (uint8_t)(1 << u % 8);
		g->units_have++;
	}
	return true;
}

static void keep_header(struct datagram *g, const struct piece *f, const uint8_t *packet)
{
	memcpy(g->header, packet, f->header_len);
	g->header_len = f->header_len;
	if (g->key.family == 6)
		g->header[f->next_at] = f->next;
}

/* As the sender would have sent it without cutting. 0: longer than IP allows. */
static size_t assemble(struct defrag *d, const struct datagram *g)
{
	uint32_t len = g->header_len + g->end, field = g->key.family == 4 ? len : len - 40;
	uint8_t *w = d->whole;

	if (field > PACKET_MAX)
		return 0;
	memcpy(w, g->header, g->header_len);
	memcpy(w + g->header_len, g->data, g->end);
	w[g->key.family == 4 ? 2 : 4] = (uint8_t)(field >> 8);
	w[g->key.family == 4 ? 3 : 5] = (uint8_t)field;
	if (g->key.family == 4)
		w[6] = w[7] = 0;
	return len;
}

static void expire(struct defrag *d, uint64_t time_ns)
{
	struct datagram *g;

	if (time_ns > d->now_ns)
		d->now_ns = time_ns;
	while ((g = oldest(d)) && d->now_ns - g->since_ns > TIMEOUT_NS)
		lose(d, g);
}

/* With what has just come, g may be the one that has to go. */
static void bound(struct defrag *d)
{
	while (d->bytes > d->max_bytes && oldest(d))
		lose(d, oldest(d));
}

size_t defrag_add(struct defrag *d, const struct hs_fragment *rec, const uint8_t *packet, uint64_t time_ns,
		  const uint8_t **out)
{
	struct datagram *g;
	struct piece f;
	size_t len = 0;

	expire(d, time_ns);
	if (!parse(rec, packet, &f)) {
		d->lost++;
		return 0;
	}
	g = find(d, &f);
	if (!g || g->dead)
		return 0;
	if (!end_agrees(g, &f) || !room(d, g, f.off + f.len) || !put(g, &f)) {
		d->lost++;
		g->dead = true;
		return 0;
	}
	if (!f.off)
		keep_header(g, &f, packet);
	if (g->end && g->header_len && g->units_have == (g->end + 7) / 8) {
		len = assemble(d, g);
		d->lost += !len;
		*out = d->whole;
		drop(d, g);
	}
	bound(d);
	return len;
}
