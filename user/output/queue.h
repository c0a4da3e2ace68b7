/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded queue of records in shared memory, from one process that never waits to one that may be slow, dead or hostile.
 * Both ends check every length that they find there: a record that makes no sense ends the queue, never the process. What is
 * in it outlives its reader: one that is started anew goes on where the last one stopped.
 */
#ifndef HSMON_OUTPUT_QUEUE_H
#define HSMON_OUTPUT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

#define RECORD_KEY_MAX 63
#define RECORD_MAX (8u << 20)		/* bytes of an event; one that is longer is refused */

enum record_kind { RECORD_HANDSHAKE, RECORD_STATS, RECORD_INTERFACE, RECORD_CERTIFICATE, RECORD_KIND_CNT };

/* What goes along with an event's bytes. */
struct record_head {
	uint32_t len;			/* of the bytes that follow */
	uint8_t kind;			/* enum record_kind */
	uint8_t severity;		/* as syslog counts: 0 emergency .. 7 debug */
	uint8_t key_len;
	uint8_t pad;
	uint64_t sequence;		/* event.sequence */
	uint64_t time_ns;		/* @timestamp */
	char key[RECORD_KEY_MAX + 1];	/* community id: what belongs to one connection has the same */
};

enum queue_policy { QUEUE_DROP_OLDEST, QUEUE_DROP_NEWEST, QUEUE_BLOCK };

struct queue;

/* size: a power of two. Shared with every process that is forked from here. NULL: no memory. */
struct queue *queue_new(size_t size);
void queue_free(struct queue *q);

/* The writing end. */

/* Appends; for QUEUE_DROP_OLDEST takes out what is in the way, and counts it in *out_dropped. 0; -ENOBUFS: no room (not for
 * QUEUE_DROP_OLDEST); -EMSGSIZE: it does not fit into an empty one; -EBADMSG: what is in shared memory makes no sense. */
int queue_put(struct queue *q, const struct record_head *head, const void *bytes, enum queue_policy policy, uint64_t *out_dropped);

/* The reading end. */

/* The oldest record leaves the queue. Its bytes replace what was in b. 1; 0: it is empty; -EBADMSG. It is still there:
 * -ENOSPC, it takes more than room (queue_room_for()); -ENOMEM. */
int queue_take(struct queue *q, uint64_t room, struct record_head *head, struct strbuf *b);
/* One without taking it: that at *pos, which becomes the next one's. Only where reader and writer are the same process. */
int queue_read(const struct queue *q, uint64_t *pos, struct record_head *head, struct strbuf *b);
/* The same without its bytes. 0; -ENODATA: there is none. */
int queue_skip(const struct queue *q, uint64_t *pos);
uint64_t queue_begin(const struct queue *q);
/* Everything before pos leaves it. */
void queue_forget(struct queue *q, uint64_t pos);

/* Both ends: bytes in it, headers included. */
uint64_t queue_used(const struct queue *q);
size_t queue_size(const struct queue *q);
/* Room that a record takes. */
size_t queue_room_for(size_t len);

#endif
