/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs that run in TLS libraries (bpf/hsmon_secrets.bpf.c), and attaching them. */
#ifndef HSMON_TAP_PROGRAMS_H
#define HSMON_TAP_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "tap/find.h"

struct tap_programs;

enum tap_fault { TAP_FAULT_KERNEL, TAP_FAULT_PRIVILEGE, TAP_FAULT_MEMORY };

struct tap_error {
	enum tap_fault fault;
	char text[256];			/* one line for people, without a full stop */
};

/* One file's attachments. */
struct tap_links {
	struct bpf_link *link[2 * TAP_POINT_END];
	int fd[TAP_POINT_END];
	size_t link_cnt, fd_cnt;
};

enum tap_kernel {
	TAP_KERNEL_THIS,		/* with all that the running kernel has */
	TAP_KERNEL_OLD,			/* with what every supported kernel has: no sessions, no waiting for pages */
};

/* Loads them; nothing is attached yet. NULL: *error says why. */
struct tap_programs *tap_programs_load(enum tap_kernel kernel, struct tap_error *error);
void tap_programs_free(struct tap_programs *p);

/* Attaches to the targets of the open file fd. 0, or -errno and nothing is attached. */
int tap_programs_attach(const struct tap_programs *p, int fd, const struct tap_target *targets, size_t cnt,
			struct tap_links *out);
void tap_links_close(struct tap_links *links);

/* One breakpoint a call instead of two: the kernel has sessions (Linux 6.13). */
bool tap_programs_have_sessions(const struct tap_programs *p);

/* For the reader's end (tap/ring.h), valid until tap_programs_free(). */
int tap_programs_ring_fd(const struct tap_programs *p);
int tap_programs_slots_fd(const struct tap_programs *p);
int tap_programs_counters_fd(const struct tap_programs *p);

#endif
