/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of functions that every Go program carries, stripped or not (runtime.pclntab, since Go 1.18 in this layout). */
#ifndef HSMON_TAP_GO_TABLE_H
#define HSMON_TAP_GO_TABLE_H

#include "tap/image.h"

/* The file is of Go 1.18 or newer, which pass arguments in registers on all machines that hsmon knows. */
bool go_table_is_there(struct image *img);

/* The address of a function by its full name; 0: is not there. */
uint64_t go_table_find(struct image *img, const char *name);

#endif
