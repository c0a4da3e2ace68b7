/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells the service manager how it goes, in the words of sd_notify(3): one datagram to the socket that NOTIFY_SOCKET names.
 * Without that variable nothing is told.
 */
#ifndef HSMON_NOTIFY_H
#define HSMON_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;				/* -1: nobody listens */
	uint64_t watchdog_us;		/* how often it wants to hear that we live; 0: not at all */
};

/* Takes the variables out of the environment, so that no other process speaks for us. A socket that cannot be reached is as
 * none. */
void notify_open(struct notify *n);
/* One or more lines NAME=VALUE: "READY=1\nSTATUS=...". */
void notify_send(const struct notify *n, const char *lines);
void notify_close(struct notify *n);

#endif
