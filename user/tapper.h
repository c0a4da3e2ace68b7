/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --secrets: a process of its own that finds the TLS libraries in use and attaches programs to them. It looks into files
 * of whoever runs programs here, and may be made to wait by them; nobody waits for it. It never sees a secret, since it
 * does not map the memory that they go through. What is attached ends with it, and it ends with the privileged process.
 */
#ifndef HSMON_TAPPER_H
#define HSMON_TAPPER_H

#include <sys/types.h>

struct live;
struct tap_programs;

struct tapper {
	struct tap_programs *programs;	/* until tapper_start(); NULL: secrets are not wanted */
	pid_t pid;			/* 0: not started */
	int fd;				/* readable: it has ended */
};

/* An exit status; then it has been said why. */
int tapper_load(struct tapper *t);

/* Starts the process, which closes both files and leaves l, and waits until everything that runs now is tapped, or a signal
 * comes to signal_fd. An exit status. */
int tapper_start(struct tapper *t, struct live *l, int control_fd, int signal_fd);

/* Ends it, and lets go of the programs. */
void tapper_stop(struct tapper *t);

#endif
