/* SPDX-License-Identifier: BSD-2-Clause */
/* The privileged process of a live run: loads, attaches, follows interfaces, never reads a packet. */
#ifndef HSMON_MONITOR_H
#define HSMON_MONITOR_H

struct options;

/* Returns the exit status. */
int monitor_run(const struct options *opt);

#endif
