/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that reads what attackers wrote: confined before the first byte. */
#ifndef HSMON_READER_H
#define HSMON_READER_H

struct live;
struct owner_hooks;
struct options;

/* In the forked child. Takes the ring over from l, frees l and owner (which may be NULL), and runs until it is told to stop. Returns the exit status. */
int reader_run(const struct options *opt, struct live *l, struct owner_hooks *owner, int control_fd);

#endif
