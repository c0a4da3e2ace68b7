/* SPDX-License-Identifier: BSD-2-Clause */
/* What hsmon watches, in one line for people: "tcp port 443 on eth0, lo (tcx)". */
#ifndef HSMON_BANNER_H
#define HSMON_BANNER_H

#include <stddef.h>

struct options;
struct live;

void banner_text(const struct options *opt, const struct live *l, char *out, size_t size);

#endif
