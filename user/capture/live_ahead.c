// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs of others that run ahead of ours. We attach as the first, so these came later. Whether one of them ends the
 * chain cannot be seen from outside; what it ends, redirects or drops does not reach us.
 */
#include "capture/live_private.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHAIN_MAX 64			/* the kernel's own limit */

static const int tcx_type[LIVE_DIR_CNT] = { 46, 47 };	/* BPF_TCX_INGRESS, BPF_TCX_EGRESS */
static const uint32_t tc_parent[LIVE_DIR_CNT] = { TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
						  TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) };
static const char *const direction[LIVE_DIR_CNT] = { "ingress", "egress" };

static bool is_hsmon(const char *name)
{
	return !strncmp(name, "hsmon_", 6);
}

static uint32_t prog_id(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

static void prog_name(uint32_t id, char out[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		snprintf(out, BPF_OBJ_NAME_LEN, "%.15s", info.name);
	else
		snprintf(out, BPF_OBJ_NAME_LEN, "?");
	if (fd >= 0)
		close(fd);
}

/* The first one of the TCX chain that is ahead of ours: its id, and what it is called. */
static uint32_t tcx_ahead(const struct live *l, const struct live_slot *s, int dir, char *what, size_t size)
{
	char name[BPF_OBJ_NAME_LEN];
	uint32_t ids[CHAIN_MAX], cnt = CHAIN_MAX, own;

	if (!l->has_tcx ||
	    bpf_prog_query((int)s->pub.ifindex, (enum bpf_attach_type)tcx_type[dir], 0, NULL, ids, &cnt) || cnt > CHAIN_MAX)
		return 0;
	/* In clsact we come after all of them. */
	own = s->pub.attach == LIVE_ATTACH_TCX ? prog_id(l->prog_fd[s->pub.l3][dir]) : 0;
	for (uint32_t i = 0; i < cnt && ids[i] != own; i++) {
		prog_name(ids[i], name);
		if (is_hsmon(name))
			continue;
		snprintf(what, size, "tcx program %s (id %u)", name, ids[i]);
		return ids[i];
	}
	return 0;
}

struct chain {
	const struct live_slot *slot;
	int dir;
	bool past_ours;
	uint32_t found;
	char *what;
	size_t size;
};

/* Filters come in the order in which they are asked. */
static void on_filter(void *ctx, const struct netlink_filter *f)
{
	struct chain *c = ctx;

	c->past_ours |= f->handle == c->slot->handle && f->priority == c->slot->priority[c->dir] && is_hsmon(f->name);
	/* Without handle: a priority's head, not a filter. */
	if (c->past_ours || c->found || !f->handle || is_hsmon(f->name))
		return;
	c->found = f->handle ^ (uint32_t)f->priority << 16;
	c->found += !c->found;
	snprintf(c->what, c->size, "%s filter %.40s%sof priority %u", f->kind[0] ? f->kind : "tc", f->name,
		 f->name[0] ? " " : "", f->priority);
}

static uint32_t filter_ahead(struct live *l, const struct live_slot *s, int dir, char *what, size_t size)
{
	struct chain c = { .slot = s, .dir = dir, .what = what, .size = size };

	(void)netlink_filters(l->nl, s->pub.ifindex, tc_parent[dir], on_filter, &c);
	return c.found;
}

static bool look(struct live *l, struct live_slot *s, int dir, bool filters)
{
	char what[96];
	uint32_t id = tcx_ahead(l, s, dir, what, sizeof(what));

	/* TCX is run before clsact. */
	if (!id && s->pub.attach == LIVE_ATTACH_CLSACT) {
		if (!filters)
			return false;
		id = filter_ahead(l, s, dir, what, sizeof(what));
	}
	if (id == s->ahead[dir])
		return false;
	s->ahead[dir] = id;
	if (id)
		snprintf(s->pub.note, sizeof(s->pub.note), "%s runs ahead of hsmon at %s: packets that it takes out are not seen",
			 what, direction[dir]);
	return id;
}

bool live_slot_look_ahead(struct live *l, struct live_slot *s, bool filters)
{
	bool found = false;

	if (s->pub.attach != LIVE_ATTACH_TCX && s->pub.attach != LIVE_ATTACH_CLSACT)
		return false;
	/* One note at a time; the other direction's comes with the next look. */
	for (int dir = 0; dir < LIVE_DIR_CNT && !found; dir++)
		found = look(l, s, dir, filters);
	return found;
}
