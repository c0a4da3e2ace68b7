/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every certificate that was seen, and every server that showed one: since when, how often, and what changed. A server is an
 * address, a port and the name that was asked for. Bounded: of more than max of either the least recently seen is forgotten.
 */
#ifndef HSMON_INVENTORY_H
#define HSMON_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct certificate_event;
struct handshake_event;
struct inventory;
struct state;
struct state_row;

struct inventory_settings {
	size_t max;			/* certificates, and servers with one; 0: 100,000 */
	int expiry_warn_days;
	/* Something changed; the event and its strings are borrowed for the call. */
	void (*change)(void *ctx, struct certificate_event *e);
	void *change_ctx;
};

/* NULL: out of memory. */
struct inventory *inventory_new(const struct inventory_settings *set);
void inventory_free(struct inventory *inv);
void inventory_add(struct inventory *inv, const struct handshake_event *e);
/* A server's certificate that is known from earlier runs. In the order in which they were seen first. */
void inventory_load(struct inventory *inv, const struct state_row *row);
/* From now on what is forgotten is kept there before; borrowed. */
void inventory_keep(struct inventory *inv, struct state *state);
/* What is new since the last time is sent there. 0; -EAGAIN: not all of it, try again (never when wait); -EPIPE. */
int inventory_flush(struct inventory *inv, bool wait);
/* What there is, those that end first first. */
void inventory_print(const struct inventory *inv, FILE *out);

#endif
