/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A way in which events leave the machine or reach the disk. Runs in a process of its own, the courier, which has nothing
 * else to do but is to notice everything soon: no call waits for longer than a second. The courier keeps each record until it is
 * confirmed, opens again after an error, and hands over once more what was not confirmed. So a delivery forgets
 * everything when it is closed.
 */
#ifndef HSMON_OUTPUT_DELIVERY_H
#define HSMON_OUTPUT_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/queue.h"
#include "output/spec.h"

#define DELIVERY_ERROR_MAX 200
#define DELIVERY_NO_TIME UINT64_MAX

/* The first member of each delivery's own struct. */
struct delivery {
	const struct delivery_ops *ops;
	const struct output_spec *spec;
	/* Set by the delivery: what the courier waits for before step() is called, besides the time. */
	int fd;				/* -1: none */
	short events;			/* as of poll(2) */
	uint64_t wake_ns;		/* CLOCK_MONOTONIC; DELIVERY_NO_TIME: no */
	uint64_t refused;		/* records among those confirmed that can never be delivered; the courier sets it to 0 */
	/* Of the last call that failed: what a person needs to know beyond the error's own text; "" if nothing. */
	char error[DELIVERY_ERROR_MAX];
};

/* All return 0 or -errno, if not said otherwise; after an error close() follows. Those marked * may be NULL. */
struct delivery_ops {
	const char *name;		/* the scheme of a destination: "tcp" in tcp://host:port */
	size_t size;			/* of its own struct, zeroed before prepare() */
	const char *port;		/* default; NULL: the target is a path, or all of it is the delivery's own business */
	bool is_path;			/* the target is a file or socket in the file system */
	bool must_open;			/* what cannot be opened at the start never will: an error of the option */
	/* *Once, still with the rights of who started hsmon: reads keys and certificates. */
	int (*prepare)(struct delivery *d);
	/* Begins to open. -EINPROGRESS: step() goes on with it. */
	int (*open)(struct delivery *d);
	/* *fd or time came: goes on. 0: open and well; -EINPROGRESS: still opening. */
	int (*step)(struct delivery *d);
	/* Takes one record over, in order; may keep it in memory. -EAGAIN: not now; step() comes first. The bytes are the
	 * caller's. */
	int (*deliver)(struct delivery *d, const struct record_head *head, const char *bytes);
	/* Nothing more comes for now: what was kept is sent as far as it goes. -EAGAIN: not all of it went. */
	int (*flush)(struct delivery *d);
	/* How many of the records taken since open() need not be kept any more. Also when it is about to be closed. */
	uint64_t (*confirmed)(struct delivery *d);
	/* *SIGHUP. */
	int (*reopen)(struct delivery *d);
	/* After open(), whatever it returned. */
	void (*close)(struct delivery *d);
	/* *After prepare(). */
	void (*free)(struct delivery *d);
};

/* By scheme; NULL: none. */
const struct delivery_ops *delivery_find(const char *name, size_t len);
/* "file, unix, ...". */
void delivery_names(char *out, size_t size);

extern const struct delivery_ops delivery_file;

/* 0, or -errno; d->error becomes the text. */
int delivery_fail(struct delivery *d, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
