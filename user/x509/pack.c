/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/pack.h"

#include <stdlib.h>
#include <string.h>

#include "x509/cert.h"

_Static_assert(sizeof(size_t) == sizeof(void *), "an offset fits where its pointer goes");

#define KEEP_MAX (1 << 18)	/* memory kept from one block for the next */

static bool grow(void **p, size_t *cap, size_t need, size_t element_len)
{
	size_t n = *cap ? *cap : 256;
	void *q;

	while (n < need)
		n *= 2;
	if (n == *cap)
		return true;
	q = realloc(*p, n * element_len);
	if (!q)
		return false;
	*p = q;
	*cap = n;
	return true;
}

/* Zeroed, aligned for pointers. 0 on failure: the head, which is always there. */
static size_t room(struct pack *k, size_t len, size_t align)
{
	size_t at = (k->len + align - 1) & ~(align - 1);
	void *p = k->block;

	if (k->failed)
		return 0;
	if (!grow(&p, &k->cap, at + len, 1)) {
		k->failed = true;
		return 0;
	}
	k->block = p;
	memset(k->block + k->len, 0, at + len - k->len);
	k->len = at + len;
	return at;
}

void pack_start(struct pack *k, size_t head)
{
	if (k->cap > KEEP_MAX) {
		free(k->block);
		k->block = NULL;
		k->cap = 0;
	}
	k->len = 0;
	k->slot_cnt = 0;
	k->failed = false;
	room(k, head, 1);
}

void pack_free(struct pack *k)
{
	free(k->block);
	free(k->slots);
	strbuf_free(&k->text);
	*k = (struct pack){ 0 };
}

void pack_point(struct pack *k, size_t slot, size_t to)
{
	void *p = k->slots;

	if (k->failed)
		return;
	if (!grow(&p, &k->slot_cap, k->slot_cnt + 1, sizeof(*k->slots))) {
		k->failed = true;
		return;
	}
	k->slots = p;
	k->slots[k->slot_cnt++] = slot;
	memcpy(pack_at(k, slot), &to, sizeof(to));
}

size_t pack_bytes(struct pack *k, size_t slot, const void *p, size_t len)
{
	size_t at = room(k, len, 1);

	if (k->failed)
		return 0;
	if (len)
		memcpy(pack_at(k, at), p, len);
	pack_point(k, slot, at);
	return at;
}

void pack_str(struct pack *k, size_t slot, const void *p, size_t len)
{
	size_t at = room(k, len + 1, 1);

	if (k->failed)
		return;
	if (len)
		memcpy(pack_at(k, at), p, len);
	((struct cert_str *)pack_at(k, slot))->len = len;
	pack_point(k, slot, at);
}

void pack_static(struct pack *k, size_t slot, const char *s)
{
	if (!k->failed)
		*(struct cert_str *)pack_at(k, slot) = (struct cert_str){ s, strlen(s) };
}

void pack_text(struct pack *k, size_t slot)
{
	k->failed |= k->text.failed;
	pack_str(k, slot, k->text.s, k->text.len);
}

void pack_hex(struct pack *k, size_t slot, const void *p, size_t len)
{
	strbuf_reset(&k->text);
	strbuf_hex(&k->text, p, len, true);
	pack_text(k, slot);
}

size_t pack_list(struct pack *k, size_t slot, size_t n, size_t element_len)
{
	size_t at;

	if (!n)
		return 0;
	at = room(k, n * element_len, _Alignof(void *));
	if (k->failed)
		return 0;
	((struct cert_strs *)pack_at(k, slot))->n = n;
	pack_point(k, slot, at);
	return at;
}

void *pack_finish(struct pack *k)
{
	unsigned char *block = k->failed ? NULL : malloc(k->len);

	if (!block)
		return NULL;
	memcpy(block, k->block, k->len);
	for (size_t i = 0; i < k->slot_cnt; i++) {
		const void *p;
		size_t at;

		memcpy(&at, block + k->slots[i], sizeof(at));
		p = block + at;
		memcpy(block + k->slots[i], &p, sizeof(p));
	}
	return block;
}
