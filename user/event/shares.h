/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What many events have in common, made once: what is said of a certificate, the names in a ClientHello's lists. Found by a key
 * of bytes, counted by reference; those longest not used go first. Not for several threads at once: one a worker.
 */
#ifndef HSMON_EVENT_SHARES_H
#define HSMON_EVENT_SHARES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/table.h"

struct event_shares;

struct event_share {
	struct table_node node;
	struct event_shares *owner;	/* NULL: not found any more */
	struct arena arena;		/* the value's; also this struct's key */
	uint32_t refs;
	struct event_memo *memos;
	void *value;
	/* Before the value goes; NULL: nothing to be done. */
	void (*drop)(void *value);
};

/* Of an event, in its arena. */
struct event_share_ref {
	struct event_share *share;
	struct event_share_ref *next;
};

/* A value as an output wrote it: left with the value by the first that had to. JSON only. */
struct event_memo {
	struct event_share *share;
	struct event_memo *next;
	char *text;			/* NULL: nobody had to yet */
	size_t len;
};

/* Holds up to max_bytes. NULL: out of memory. */
struct event_shares *event_shares_new(size_t max_bytes);
/* Values still referenced live on. */
void event_shares_free(struct event_shares *s);

/* With a reference for the caller, or NULL. */
struct event_share *event_shares_find(struct event_shares *s, const void *key, size_t len);
/* A new one, with a reference for the caller and a zeroed value of value_len bytes. arena_len: about how much it will take, all
 * told; 0: much. The key must not be there yet. NULL: out of memory. To be found once event_shares_keep() was called. */
struct event_share *event_share_new(const void *key, size_t len, size_t value_len, size_t arena_len);
/* The value is complete. */
void event_shares_keep(struct event_shares *s, struct event_share *share);
void event_share_put(struct event_share *share);

/* Part of the value; NULL: out of memory. */
struct event_memo *event_memo_new(struct event_share *share);
void event_memo_set(struct event_memo *m, const char *text, size_t len);

#endif
