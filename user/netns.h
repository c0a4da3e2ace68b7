/* SPDX-License-Identifier: BSD-2-Clause */
/* Watching another network namespace than one's own. */
#ifndef HSMON_NETNS_H
#define HSMON_NETNS_H

#include <stdbool.h>
#include <stddef.h>

/* Where it is: a path stays what it is, a name is one of ip-netns(8)'s, a number without such a name is a process. false:
 * too long for out. */
bool netns_path(const char *which, char *out, size_t size);

/* Moves this process there. HS_EXIT_OK, or an exit status after saying why on stderr. */
int netns_enter(const char *which);

#endif
