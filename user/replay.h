/* SPDX-License-Identifier: BSD-2-Clause */
/* A run on a capture file: one process, confined once the file is open. */
#ifndef HSMON_REPLAY_H
#define HSMON_REPLAY_H

struct options;

/* Returns the exit status. */
int replay_run(const struct options *opt);

#endif
