/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of interfaces by number: also of those that are gone, as events may come later. Bounded. */
#ifndef HSMON_INTERFACES_H
#define HSMON_INTERFACES_H

#include <stdint.h>

struct interfaces;

/* NULL: out of memory. */
struct interfaces *interfaces_new(void);
void interfaces_free(struct interfaces *i);
/* It is called so from now on. Without memory it stays without a name. */
void interfaces_add(struct interfaces *i, uint32_t ifindex, const char *name);
/* NULL: not known. Valid until the next interfaces_add(). */
const char *interfaces_name(const struct interfaces *i, uint32_t ifindex);

#endif
