/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes that come in pieces, in any order, overlapping and more than once: a DTLS message, a QUIC CRYPTO stream.
 * Bounded in bytes and in the number of holes; what is over a bound is not taken. Internal to user/tls/.
 */
#ifndef HSMON_TLS_PIECES_H
#define HSMON_TLS_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/reader.h"

#define TLS_PIECES_MAX 64		/* stretches with holes between them */

struct arena;

struct tls_pieces {
	uint8_t *buf;			/* in the arena */
	uint32_t cap;
	uint32_t n;
	struct {
		uint32_t from, to;
	} have[TLS_PIECES_MAX];		/* ascending, never touching */
};

/* false: ends behind `limit`, or one hole too many, or no memory: nothing was taken. */
bool tls_pieces_add(struct tls_pieces *p, struct arena *arena, uint32_t offset, struct reader bytes, uint32_t limit);

/* How many bytes from 0 on are there without a hole. */
static inline uint32_t tls_pieces_ready(const struct tls_pieces *p)
{
	return p->n && !p->have[0].from ? p->have[0].to : 0;
}

/* Forgets everything but the buffer. */
static inline void tls_pieces_reset(struct tls_pieces *p)
{
	p->n = 0;
}

#endif
