/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network interfaces, from the kernel's mouth: who is there, and who comes, goes and is renamed. Everything
 * is about the network namespace that the process was in at netlink_open().
 */
#ifndef HSMON_CAPTURE_NETLINK_H
#define HSMON_CAPTURE_NETLINK_H

#include <linux/types.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct netlink_link {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	uint16_t arphrd;		/* ARPHRD_*: what its packets begin with */
	bool up;			/* IFF_UP */
	bool gone;			/* it has left this namespace; arphrd and up mean nothing */
};

/* One filter of a clsact qdisc. */
struct netlink_filter {
	uint32_t handle;
	uint16_t priority;
	char kind[16];			/* "bpf", "u32", ... */
	char name[64];			/* cls_bpf: "program:[id]"; else empty */
};

/* Borrowed for the call. */
typedef void (*netlink_link_fn)(void *ctx, const struct netlink_link *link);
typedef void (*netlink_filter_fn)(void *ctx, const struct netlink_filter *filter);

struct netlink;

/* Subscribes to changes of links, and with tc to those of filters; 0 or -errno. */
int netlink_open(struct netlink **out, bool tc);
void netlink_close(struct netlink *nl);
/* Readable when something has changed; level-triggered. */
int netlink_fd(const struct netlink *nl);

/* Every link there is now. fn must not use nl. 0 or -errno. */
int netlink_dump(struct netlink *nl, netlink_link_fn fn, void *ctx);

/* Reads what has come, without waiting. tc_fn (may be NULL) gets the ifindex of a link whose qdisc or filter was
 * removed, or that got a filter that is not hsmon's. They may call netlink_filters(). 0; -ENOBUFS: changes were lost, so the state must be dumped again; another -errno. */
int netlink_read(struct netlink *nl, netlink_link_fn fn, void (*tc_fn)(void *ctx, uint32_t ifindex), void *ctx);

/* Every filter below parent (TC_H_MAKE(TC_H_CLSACT, ...)) of a link. fn must not use nl. 0 or -errno. */
int netlink_filters(struct netlink *nl, uint32_t ifindex, uint32_t parent, netlink_filter_fn fn, void *ctx);

#endif
