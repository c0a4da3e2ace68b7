/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of users, read at the start: later the process may open no file. */
#ifndef HSMON_OWNER_USERS_H
#define HSMON_OWNER_USERS_H

#include <stdint.h>

struct users;

/* Of a file in the form of passwd(5); one that cannot be read has none. NULL: out of memory. */
struct users *users_new(const char *path);
void users_free(struct users *u);
/* NULL: not known. */
const char *users_name(const struct users *u, uint32_t uid);
/* Another one, from elsewhere; "": it has no name. Nothing when there is no memory, or there are too many. */
void users_add(struct users *u, uint32_t uid, const char *name);

#endif
