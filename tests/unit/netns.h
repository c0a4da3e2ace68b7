/* SPDX-License-Identifier: BSD-2-Clause */
/* A network namespace of the test program's own; ends with it. */
#ifndef HSMON_TESTS_NETNS_H
#define HSMON_TESTS_NETNS_H

#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline bool netns_own(void)
{
	return !geteuid() && !unshare(CLONE_NEWNET);
}

/* A shell command; true if it succeeded. */
__attribute__((format(printf, 1, 2))) static inline bool netns_sh(const char *fmt, ...)
{
	char cmd[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, args);
	va_end(args);
	fflush(NULL);
	return system(cmd) == 0;
}

#define NEEDS_NETNS()                                                                                         \
	do {                                                                                                   \
		if (geteuid()) {                                                                               \
			print_message("# skip: needs root for a network namespace\n");                         \
			skip();                                                                                \
		}                                                                                              \
	} while (0)

/* For somebody else's filters. */
#define NEEDS_U32()                                                                                           \
	do {                                                                                                   \
		NEEDS_NETNS();                                                                                 \
		if (!netns_sh("tc qdisc add dev lo clsact && "                                                 \
			      "tc filter add dev lo ingress protocol ip u32 match u32 0 0 2>/dev/null")) {     \
			print_message("# skip: this kernel has no u32 filters\n");                              \
			skip();                                                                                \
		}                                                                                              \
		(void)netns_sh("tc qdisc del dev lo clsact");                                                  \
	} while (0)

#endif
