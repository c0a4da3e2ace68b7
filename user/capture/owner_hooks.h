/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's side of "whose connection is it": programs that write struct hs_owner and struct hs_process into the ring of
 * the packets. For the privileged process. Everything of them ends with it.
 */
#ifndef HSMON_CAPTURE_OWNER_HOOKS_H
#define HSMON_CAPTURE_OWNER_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct owner_hooks;

struct owner_settings {
	int ring_fd, counters_fd;	/* live_ring_fd(), live_counters_fd(); borrowed for the call */
	uint32_t wake_bytes;		/* as in struct hs_config */
	bool any_port;
	const uint64_t *ports[2];	/* as in struct live_settings */
	bool track;			/* owner_hooks_track() will be called */
};

#define OWNER_WHY_LEN 200

/* From now on connections are told. NULL: why says what this kernel lacks. Not NULL, and why is not "": that is missing, and
 * the rest is there. */
struct owner_hooks *owner_hooks_new(const struct owner_settings *set, char why[OWNER_WHY_LEN]);

/* This process and all its descendants from now on are told as HS_OWNER_TRACKED. 0 or -errno. */
int owner_hooks_track(struct owner_hooks *h, pid_t pid);

struct hs_owner;
struct hs_process;

/* Whose the sockets are that were there before, told now; of processes all that /proc still has. 0; -EOPNOTSUPP: this kernel
 * cannot tell; another -errno. */
int owner_hooks_fill(struct owner_hooks *h, void *ctx, void (*owner)(void *ctx, const struct hs_owner *rec),
		     void (*process)(void *ctx, const struct hs_process *rec));

/* NULL is allowed. In a forked child nothing but the child's own file descriptors goes. */
void owner_hooks_free(struct owner_hooks *h);

#endif
