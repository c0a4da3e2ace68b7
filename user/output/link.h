/* SPDX-License-Identifier: BSD-2-Clause */
/* What the reader and the courier of one output have in common: queue, counters, and two bells. Made before either exists. */
#ifndef HSMON_OUTPUT_LINK_H
#define HSMON_OUTPUT_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "output/queue.h"
#include "output/spec.h"

#define LINK_ERROR_MAX 240
#define WINDOW_SHARE 4			/* the window is a quarter of the queue */

enum link_state {
	LINK_STARTING,
	LINK_DOWN,			/* not connected, or not writable: trying again */
	LINK_UP,
	LINK_DONE,			/* everything was delivered, or given up, after the reader's end */
	LINK_FAILED,			/* never came to work: error says why */
};

/* Each is written by one side and read by the other, which trusts none of it. */
struct link_shared {
	/* the reader's */
	_Atomic bool closed;		/* nothing more comes */
	_Atomic bool waiting;		/* for room, or for the courier's end */
	_Atomic uint64_t put, dropped;	/* records; dropped are not among put, or no longer */
	/* the courier's */
	_Atomic uint32_t state;		/* enum link_state */
	_Atomic bool sleeping;
	_Atomic uint64_t delivered, lost, reconnects;
	char error[LINK_ERROR_MAX];
};

struct link {
	struct output_spec spec;
	struct queue *queue;
	struct queue *window;		/* taken out of the queue and not yet confirmed: outlives a courier that dies */
	struct link_shared *shared;
	int wake_fd, room_fd;		/* the courier's bell, the reader's bell: eventfd(2) */
};

/* Takes spec over, whatever it returns. 0 or -errno. */
int link_open(struct link *l, struct output_spec *spec);
void link_close(struct link *l);
void link_ring(int bell_fd);
void link_hush(int bell_fd);
enum link_state link_state(const struct link *l);
void link_set_state(struct link *l, enum link_state state);

#endif
