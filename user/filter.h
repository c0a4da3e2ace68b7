/* SPDX-License-Identifier: BSD-2-Clause */
/* Which handshakes are shown: --pid, --comm, --user, --container, a command's own. */
#ifndef HSMON_FILTER_H
#define HSMON_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct handshake_event;
struct options;

struct filter {
	const struct options *opt;
	uint32_t uid;			/* with opt->user */
};

/* HS_EXIT_OK, or an exit status after saying why on stderr. Reads the user database. opt is borrowed. */
int filter_init(struct filter *f, const struct options *opt);
/* Everything that was asked for is true of one of the processes at its ends. */
bool filter_match(const struct filter *f, const struct handshake_event *e);

#endif
