/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds a struct and all that it points to as one block of exactly the needed size. While it is being built places are
 * offsets, since the block moves as it grows; pack_finish turns them into pointers. A failed allocation sets `failed` and
 * drops what follows: check once, at the end.
 */
#ifndef HSMON_X509_PACK_H
#define HSMON_X509_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct pack {
	unsigned char *block;
	size_t len, cap;
	size_t *slots;			/* where in the block the pointers are */
	size_t slot_cnt, slot_cap;
	struct strbuf text;		/* for who needs one while building */
	bool failed;
};

/* A new block that begins with a zeroed struct of head bytes; the memory of the one before is used again. */
void pack_start(struct pack *k, size_t head);
void pack_free(struct pack *k);
/* Valid until the next call that adds. */
static inline void *pack_at(struct pack *k, size_t offset)
{
	return k->block + offset;
}

/* At the slot's offset, a struct cert_str: a NUL-terminated copy of the bytes. */
void pack_str(struct pack *k, size_t slot, const void *p, size_t len);
/* ... of a string that is never freed. */
void pack_static(struct pack *k, size_t slot, const char *s);
/* ... of what is in k->text. */
void pack_text(struct pack *k, size_t slot);
/* ... upper-case hex. */
void pack_hex(struct pack *k, size_t slot, const void *p, size_t len);
/* At the slot's offset, a pointer and a count: n zeroed elements. Gives the offset of the first. */
size_t pack_list(struct pack *k, size_t slot, size_t n, size_t element_len);
/* At the slot's offset, a pointer to a copy of len bytes. Gives the offset of the copy. */
size_t pack_bytes(struct pack *k, size_t slot, const void *p, size_t len);
/* At the slot's offset, a pointer to what is at the offset to. */
void pack_point(struct pack *k, size_t slot, size_t to);

/* The block, to be freed with free(). NULL: out of memory. */
void *pack_finish(struct pack *k);

#endif
