/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/pieces.h"

#include <string.h>

#include "base/arena.h"

#define FIRST_CAP 2048

static bool room(struct tls_pieces *p, struct arena *arena, uint32_t need, uint32_t limit)
{
	uint32_t cap = p->cap ? p->cap : FIRST_CAP;
	uint8_t *buf;

	if (need <= p->cap)
		return true;
	while (cap < need)
		cap *= 2;
	if (cap > limit)
		cap = limit;
	buf = arena_alloc(arena, cap);
	if (!buf)
		return false;
	if (p->n)
		memcpy(buf, p->buf, p->have[p->n - 1].to);
	p->buf = buf;
	p->cap = cap;
	return true;
}

/* The stretch joins those it touches; false: it would be one too many. */
static bool note(struct tls_pieces *p, uint32_t from, uint32_t to)
{
	uint32_t first = 0, last;

	while (first < p->n && p->have[first].to < from)
		first++;
	for (last = first; last < p->n && p->have[last].from <= to; last++) {
		from = p->have[last].from < from ? p->have[last].from : from;
		to = p->have[last].to > to ? p->have[last].to : to;
	}
	if (first == last && p->n == TLS_PIECES_MAX)
		return false;
	memmove(&p->have[first + 1], &p->have[last], (p->n - last) * sizeof(p->have[0]));
	p->n = p->n + 1 - (last - first);
	p->have[first].from = from;
	p->have[first].to = to;
	return true;
}

bool tls_pieces_add(struct tls_pieces *p, struct arena *arena, uint32_t offset, struct reader bytes, uint32_t limit)
{
	if (offset > limit || bytes.len > limit - offset)
		return false;
	if (!bytes.len)
		return true;
	if (!room(p, arena, offset + (uint32_t)bytes.len, limit) || !note(p, offset, offset + (uint32_t)bytes.len))
		return false;
	memcpy(p->buf + offset, bytes.p, bytes.len);
	return true;
}
