/* SPDX-License-Identifier: BSD-2-Clause */
/* The courier of one output: takes events out of the queue and sees that they arrive, for as long as it takes. */
#ifndef HSMON_OUTPUT_COURIER_H
#define HSMON_OUTPUT_COURIER_H

struct delivery;
struct link;

struct courier_settings {
	int life_fd;		/* end of file: the reader is gone */
	int signal_fd;		/* of signalfd(2): SIGHUP reopens, SIGUSR1 ends at once */
};

/* NULL: no memory, or not prepared: d->error is in the link. With the rights of who started hsmon. */
struct delivery *courier_prepare(struct link *l);
/* Until everything is delivered after the reader's end. d is freed. */
void courier_run(struct link *l, struct delivery *d, const struct courier_settings *set);

#endif
