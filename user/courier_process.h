/* SPDX-License-Identifier: BSD-2-Clause */
/* The couriers' processes. */
#ifndef HSMON_COURIER_PROCESS_H
#define HSMON_COURIER_PROCESS_H

#include <stddef.h>

struct link;
struct options;

/* In the process over them: returns when all have ended. life_fd: end of file when the reader is gone. */
void courier_supervise(struct link *links, size_t cnt, int life_fd, const struct options *opt);

#endif
