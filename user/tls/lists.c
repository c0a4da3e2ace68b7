/* SPDX-License-Identifier: BSD-2-Clause */
/* What a message says, copied out of it. */
#include "tls/internal.h"

#define EXTENSIONS_MAX 256

bool tls_is_reserved(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

void tls_mark_truncated(struct tls_conn *c)
{
	c->hs.side[c->parsing].truncated = true;
}

struct tls_bytes tls_keep(struct tls_conn *c, struct reader r)
{
	const uint8_t *p = arena_dup(c->arena, r.p, r.len);

	if (!p)
		tls_mark_truncated(c);
	return (struct tls_bytes){ p, p ? r.len : 0 };
}

void tls_keep_u16s(struct tls_conn *c, struct reader r, struct tls_u16s *out)
{
	size_t n = r.len / 2;
	uint16_t *v;

	if (n > TLS_LIST_MAX) {
		n = TLS_LIST_MAX;
		tls_mark_truncated(c);
	}
	v = arena_alloc(c->arena, n * sizeof(*v));
	if (!v) {
		tls_mark_truncated(c);
		return;
	}
	out->v = v;
	for (out->n = 0; out->n < n && reader_u16(&r, &v[out->n]);)
		out->n++;
}

bool tls_take_u16s(struct tls_conn *c, struct reader *r, size_t prefix, struct tls_u16s *out)
{
	struct reader list;

	if (!reader_prefixed(r, prefix, &list))
		return false;
	tls_keep_u16s(c, list, out);
	return list.len % 2 == 0;
}

bool tls_keep_vectors(struct tls_conn *c, struct reader r, size_t prefix, size_t max, struct tls_strs *out, uint32_t *cnt)
{
	struct reader count = r, item;
	struct tls_bytes *v;
	uint32_t n = 0;

	while (reader_prefixed(&count, prefix, &item))
		n++;
	*cnt = n;
	if (max > n)
		max = n;
	v = arena_alloc(c->arena, max * sizeof(*v));
	if (!v) {
		tls_mark_truncated(c);
		return false;
	}
	out->v = v;
	for (out->n = 0; out->n < max && reader_prefixed(&r, prefix, &item);)
		v[out->n++] = tls_keep(c, item);
	return reader_empty(&count);
}

static const struct tls_extension_def *find_def(const struct tls_extension_def *defs, size_t def_cnt, uint16_t type,
						uint64_t *done)
{
	for (size_t i = 0; i < def_cnt; i++) {
		if (defs[i].type != type)
			continue;
		/* RFC 8446 section 4.2: not twice. The first counts. */
		if (*done & 1ULL << i)
			return NULL;
		*done |= 1ULL << i;
		return &defs[i];
	}
	return NULL;
}

/* The next extension; one whose content goes on past the end is told too, without it. */
static bool next_extension(struct reader *block, uint16_t *type, struct reader *body, bool *whole)
{
	if (block->len < 4 || !reader_u16(block, type))
		return false;
	*whole = reader_vec16(block, body);
	if (!*whole)
		*block = reader_of(NULL, 0);
	return true;
}

static size_t count_extensions(struct reader block)
{
	struct reader body;
	uint16_t type;
	size_t n = 0;
	bool whole;

	while (next_extension(&block, &type, &body, &whole))
		n++;
	return n;
}

static uint16_t *type_room(struct tls_conn *c, size_t *max)
{
	uint16_t *v;

	if (*max > EXTENSIONS_MAX) {
		*max = EXTENSIONS_MAX;
		tls_mark_truncated(c);
	}
	v = arena_alloc(c->arena, *max * sizeof(*v));
	if (!v) {
		tls_mark_truncated(c);
		*max = 0;
	}
	return v;
}

bool tls_walk_extensions(struct tls_conn *c, struct reader block, const struct tls_extension_def *defs, size_t def_cnt,
			 struct tls_u16s *types)
{
	size_t max = count_extensions(block);
	uint16_t type, *v = type_room(c, &max);
	const struct tls_extension_def *def;
	struct reader body;
	uint64_t done = 0;
	bool fine = true, whole;

	types->v = v;
	types->n = 0;
	while (next_extension(&block, &type, &body, &whole)) {
		if (types->n < max)
			v[types->n++] = type;
		def = whole ? find_def(defs, def_cnt, type, &done) : NULL;
		if (!whole || (def && !def->parse(c, body)))
			fine = false;
	}
	return fine && reader_empty(&block);
}
