/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's side, loaded and attached: BPF programs on the ingress and egress of interfaces, which come and
 * go while they run. For the privileged process. Everything acts in the network namespace that the process is
 * in when live_load() is called; to watch another one, enter it before.
 */
#ifndef HSMON_CAPTURE_LIVE_H
#define HSMON_CAPTURE_LIVE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

enum live_attach {
	/* TCX where the kernel has it (6.6), else clsact. On kernels that have both, clsact from the ninth interface on
	 * where nobody else uses TCX: a TCX attachment waits twice for an RCU grace period under the kernel's lock for
	 * all interfaces, 27 ms here; 200 interfaces are attached in 5.4 s and left in 4.3 s, with clsact in 0.08 s. */
	LIVE_ATTACH_AUTO = 0,
	LIVE_ATTACH_TCX,
	LIVE_ATTACH_CLSACT,
	/* The driver's hook, for mirror ports and taps: both directions come in. Falls back to the generic one, and tells. */
	LIVE_ATTACH_XDP,
	LIVE_ATTACH_XDP_GENERIC,
	LIVE_ATTACH_CGROUP,		/* follows from live_settings.cgroup */
};

#define LIVE_RING_BYTES_DEFAULT (4u << 20)
#define LIVE_RING_BYTES_MAX (1u << 30)
#define LIVE_ENTRIES_MIN 16u
#define LIVE_ENTRIES_MAX (16u << 20)

struct live_settings {
	struct hs_config config;
	const uint64_t *ports[2];	/* bitmaps of HS_PORT_WORDS for TCP, UDP; NULL: none */
	uint32_t ring_bytes;		/* a power of two of at least a page; 0: LIVE_RING_BYTES_DEFAULT */
	uint32_t flows_max;		/* connections being watched at once; 0: the program's own number */
	uint32_t openings_max;		/* connections being opened at once; 0: the program's own number */
	const char *const *ifnames;	/* names or globs (fnmatch(3)); borrowed until live_free() */
	size_t ifname_cnt;		/* 0: all that are up, and those that come up later */
	enum live_attach attach;
	/* NULL, or instead of interfaces a cgroup (version 2): its path, absolute or below where cgroups are mounted; with
	 * cgroup_unit the name of a systemd unit. Borrowed until live_free(). */
	const char *cgroup;
	bool cgroup_unit;
};

enum live_fault {
	LIVE_FAULT_NONE = 0,
	LIVE_FAULT_PRIVILEGE,		/* not root, or forbidden all the same */
	LIVE_FAULT_KERNEL,		/* the kernel lacks something */
	LIVE_FAULT_VERIFIER,		/* the kernel refused a program */
	LIVE_FAULT_MEMORY,		/* memory, or a limit on it */
	LIVE_FAULT_SETTING,		/* a value in live_settings */
	LIVE_FAULT_INTERFACE,		/* no such interface, or none that could be attached */
};

struct live_error {
	enum live_fault fault;
	int err;			/* -errno, 0 if there is none */
	char text[512];			/* one line for people, without a full stop */
};

struct live_interface {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	enum live_attach attach;	/* never LIVE_ATTACH_AUTO */
	bool l3;			/* its packets have no Ethernet header */
	char note[160];			/* LIVE_NOTED: what the user should know */
};

enum live_change {
	LIVE_ATTACHED,
	LIVE_DETACHED,			/* the interface is gone, or hsmon is ending */
	LIVE_LOST,			/* somebody else removed our program; LIVE_ATTACHED follows if it could be put back */
	LIVE_RENAMED,
	LIVE_FAILED,			/* it should be watched and cannot: err */
	LIVE_NOTED,			/* it is watched, but: note */
};

/* Borrowed for the call; ifindex 0 is the cgroup, in LIVE_ATTACHED and LIVE_LOST. err is 0 but for LIVE_FAILED, where it is -errno. Must not change l. */
typedef void (*live_change_fn)(void *ctx, const struct live_interface *i, enum live_change change, int err);

struct live;

/* Loads the programs. Nothing is attached yet. NULL: *error says why. The settings are copied, but for ifnames. */
struct live *live_load(const struct live_settings *settings, live_change_fn fn, void *ctx, struct live_error *error);

/* What libbpf and the verifier said, for -vv; "" if nothing. Valid until the next live_load(). */
const char *live_log(void);

/* For the reader, valid until live_free(). */
int live_ring_fd(const struct live *l);
int live_counters_fd(const struct live *l);
unsigned int live_cpu_cnt(const struct live *l);

/* Other ports from now on: bitmaps as in the settings. */
void live_set_ports(struct live *l, const uint64_t *const ports[2]);

/* Attaches to every selected interface there is, after removing what a killed hsmon left there. One that cannot be
 * attached is told through LIVE_FAILED and does not stop the rest. 0, or -errno with *error set if a name does not
 * exist, or none of those that should be watched could be attached. */
int live_attach_all(struct live *l, struct live_error *error);

/* Readable when interfaces or their filters have changed: call live_follow(). What is attached stays so through renames
 * and while it is down. 0 or -errno. */
int live_netlink_fd(const struct live *l);
int live_follow(struct live *l);

/* What netlink does not tell, so to be called every few seconds: TCX programs that were removed by force are put back a few
 * times, and a clsact filter moves to TCX where somebody else has begun to use that, since a chain there may end before
 * it. Programs of others that have come to run ahead of ours are told once (LIVE_NOTED). A cgroup that was removed and
 * is there again is attached again. 0.8 ms of CPU for 200 interfaces. */
void live_check(struct live *l);

/* Now attached, in order of attaching. */
size_t live_interface_cnt(const struct live *l);
const struct live_interface *live_interface_at(const struct live *l, size_t i);
const char *live_attach_name(enum live_attach attach);	/* "tcx", "clsact", ... */

/* Nothing of ours is left on any interface afterwards. */
void live_detach_all(struct live *l);
/* Detaches, too, without telling. */
void live_free(struct live *l);

/* In a forked child: closes what it inherited, the ring and the counters excepted, and frees l. Without it the
 * child would keep the parent's TCX links alive. The two file descriptors are the caller's afterwards. */
void live_leave(struct live *l, int *out_ring_fd, int *out_counters_fd);

/* The path of the cgroup being watched; "" without one, or while it is away. */
const char *live_cgroup_path(const struct live *l);

/* NULL, or what is wrong with it as the name of an interface: "is longer than 15 characters". Globs are names, too. */
const char *live_name_fault(const char *name);

/* Why an interface could not be attached, for people: the err of LIVE_FAILED. */
const char *live_failure_text(int err);

#endif
