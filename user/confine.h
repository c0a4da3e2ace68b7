/* SPDX-License-Identifier: BSD-2-Clause */
/* Before the first byte that a stranger wrote is read: no privilege, no way out. */
#ifndef HSMON_CONFINE_H
#define HSMON_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* user: whom to become when root, NULL: hsmon or nobody. may_stay: a root that is not allowed to become anybody else (in
 * a container) stays root without capabilities, with a warning. keep_fds stay open. HS_EXIT_OK, or another exit
 * status, said on stderr. */
int confine(const char *user, bool may_stay, const int *keep_fds, size_t keep_cnt);

#endif
