// SPDX-License-Identifier: BSD-2-Clause
/* One interface: its programs put on and taken off, through TCX or clsact. */
#include "capture/live_private.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Linux 6.6's numbers, unknown to the headers of older systems. */
static const int tcx_type[LIVE_DIR_CNT] = { 46, 47 };	/* BPF_TCX_INGRESS, BPF_TCX_EGRESS */
#define TCX_BEFORE (1u << 3)				/* BPF_F_BEFORE; with no other program named: before all */

static const enum bpf_tc_attach_point tc_point[LIVE_DIR_CNT] = { BPF_TC_INGRESS, BPF_TC_EGRESS };
static const uint32_t tc_parent[LIVE_DIR_CNT] = { TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
						  TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) };

/* We want to be first: most programs end the chain. A priority that holds filters of another kind or protocol
 * takes none of ours, so then the next. */
#define PRIORITY_FIRST 1
#define PRIORITY_LAST 8

/*
 * An id is held by an abstract socket: those are per network namespace, as the filters are, and end with their
 * process. A pid alone could be that of a hsmon in another pid namespace, or be in use again by another program.
 */
static int hold_id(uint32_t id)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int err, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int len = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, "hsmon/%u", id);

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&addr, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static bool id_is_living(uint32_t id)
{
	int fd = hold_id(id);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}

int live_claim_id(struct live *l)
{
	uint32_t id = (uint32_t)getpid() & LIVE_HANDLE_ID_MASK;

	for (int tries = 0; tries < 100; tries++) {
		l->id_fd = hold_id(id);
		l->id = id;
		if (l->id_fd != -EADDRINUSE)
			return l->id_fd < 0 ? l->id_fd : 0;
		if (getrandom(&id, sizeof(id), 0) < 0)
			return -errno;
		id &= LIVE_HANDLE_ID_MASK;
	}
	return -EADDRINUSE;
}

bool live_kernel_has_tcx(int prog_fd)
{
	/* No link has this index: a kernel that knows TCX says ENODEV, another one EINVAL for the attach type. */
	int fd = bpf_link_create(prog_fd, INT_MAX, (enum bpf_attach_type)tcx_type[LIVE_INGRESS], NULL);

	if (fd >= 0)
		close(fd);
	return fd == -ENODEV;
}

/* Does somebody else use TCX there? */
static bool tcx_in_use(const struct live_slot *s)
{
	for (int dir = 0; dir < LIVE_DIR_CNT; dir++) {
		uint32_t cnt = 0;

		if (!bpf_prog_query((int)s->pub.ifindex, (enum bpf_attach_type)tcx_type[dir], 0, NULL, NULL, &cnt) && cnt)
			return true;
	}
	return false;
}

static void tcx_detach(struct live_slot *s)
{
	for (int dir = 0; dir < LIVE_DIR_CNT; dir++) {
		if (s->link_fd[dir] >= 0)
			close(s->link_fd[dir]);
		s->link_fd[dir] = -1;
	}
}

static int tcx_attach(struct live *l, struct live_slot *s)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = TCX_BEFORE);

	for (int dir = 0; dir < LIVE_DIR_CNT; dir++) {
		int fd = bpf_link_create(l->prog_fd[s->pub.l3][dir], (int)s->pub.ifindex,
					 (enum bpf_attach_type)tcx_type[dir], &opts);

		if (fd < 0) {
			tcx_detach(s);
			return fd;
		}
		s->link_fd[dir] = fd;
	}
	return 0;
}

bool live_link_intact(int fd)
{
	struct bpf_link_info info = { 0 };
	uint32_t len = sizeof(info);

	/* info.tcx.ifindex, unknown to older headers, is where xdp's is; 0 once the link was detached by force. */
	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.xdp.ifindex;
}

static struct bpf_tc_hook hook_of(const struct live_slot *s, enum bpf_tc_attach_point point)
{
	return (struct bpf_tc_hook){ .sz = sizeof(struct bpf_tc_hook), .ifindex = (int)s->pub.ifindex,
				     .attach_point = point };
}

static int tc_remove(const struct live_slot *s, int dir, uint32_t handle, uint16_t priority)
{
	struct bpf_tc_hook hook = hook_of(s, tc_point[dir]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = priority);

	return bpf_tc_detach(&hook, &opts);
}

/* What is on one direction of an interface already. */
struct survey {
	struct netlink_filter left[16];		/* of hsmons that are no more */
	size_t left_cnt;
	size_t filter_cnt;
	bool qdisc_ours;			/* some hsmon made the qdisc */
	uint32_t own_id;
};

static void survey_filter(void *ctx, const struct netlink_filter *f)
{
	struct survey *v = ctx;
	uint32_t id = f->handle & LIVE_HANDLE_ID_MASK;

	v->filter_cnt++;
	if ((f->handle & LIVE_HANDLE_TAG_MASK) != LIVE_HANDLE_TAG || strncmp(f->name, "hsmon_", 6))
		return;
	v->qdisc_ours |= f->handle & LIVE_HANDLE_QDISC_OURS;
	/* With our own id, which nobody else living has: of one that had the same pid. */
	if (v->left_cnt < sizeof(v->left) / sizeof(v->left[0]) && (id == v->own_id || !id_is_living(id)))
		v->left[v->left_cnt++] = *f;
}

static bool no_filter_left(struct live *l, const struct live_slot *s)
{
	struct survey v = { .own_id = l->id };

	for (int dir = 0; dir < LIVE_DIR_CNT; dir++)
		if (netlink_filters(l->nl, s->pub.ifindex, tc_parent[dir], survey_filter, &v))
			return false;
	return v.filter_cnt == 0;
}

static void remove_qdisc(struct live *l, struct live_slot *s)
{
	struct bpf_tc_hook hook = hook_of(s, BPF_TC_INGRESS | BPF_TC_EGRESS);

	if (s->qdisc_ours && no_filter_left(l, s))
		(void)bpf_tc_hook_destroy(&hook);
	s->qdisc_ours = false;
}

/* Removes what killed hsmons left on the interface, and inherits their qdisc. */
static void remove_leftovers(struct live *l, struct live_slot *s)
{
	bool removed = false;

	for (int dir = 0; dir < LIVE_DIR_CNT; dir++) {
		struct survey v = { .own_id = l->id };

		if (netlink_filters(l->nl, s->pub.ifindex, tc_parent[dir], survey_filter, &v))
			continue;
		s->qdisc_ours |= v.qdisc_ours;
		for (size_t i = 0; i < v.left_cnt; i++)
			removed |= !tc_remove(s, dir, v.left[i].handle, v.left[i].priority);
	}
	if (removed && s->pub.attach == LIVE_ATTACH_TCX)
		remove_qdisc(l, s);
}

static void clsact_detach(struct live *l, struct live_slot *s)
{
	for (int dir = 0; dir < LIVE_DIR_CNT; dir++) {
		if (s->priority[dir])
			(void)tc_remove(s, dir, s->handle, s->priority[dir]);
		s->priority[dir] = 0;
	}
	remove_qdisc(l, s);
}

static int clsact_attach_dir(struct live *l, struct live_slot *s, int dir)
{
	struct bpf_tc_hook hook = hook_of(s, tc_point[dir]);
	int ret = -EINVAL;

	for (uint16_t prio = PRIORITY_FIRST; ret == -EINVAL && prio <= PRIORITY_LAST; prio++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = l->prog_fd[s->pub.l3][dir], .handle = s->handle,
			    .priority = prio);

		ret = bpf_tc_attach(&hook, &opts);
		if (!ret)
			s->priority[dir] = prio;
	}
	return ret;
}

static int clsact_attach(struct live *l, struct live_slot *s)
{
	struct bpf_tc_hook hook = hook_of(s, BPF_TC_INGRESS | BPF_TC_EGRESS);
	int ret = bpf_tc_hook_create(&hook);

	if (ret && ret != -EEXIST)
		return ret;
	s->qdisc_ours |= ret == 0;
	s->handle = LIVE_HANDLE_TAG | (s->qdisc_ours ? LIVE_HANDLE_QDISC_OURS : 0) | l->id;
	ret = clsact_attach_dir(l, s, LIVE_INGRESS);
	if (!ret)
		ret = clsact_attach_dir(l, s, LIVE_EGRESS);
	if (ret)
		clsact_detach(l, s);
	return ret;
}

static bool clsact_intact(const struct live_slot *s, int dir)
{
	struct bpf_tc_hook hook = hook_of(s, tc_point[dir]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = s->handle, .priority = s->priority[dir]);
	int ret = bpf_tc_query(&hook, &opts);

	/* Only a clear answer counts as a loss. */
	return ret != -ENOENT && ret != -EINVAL && ret != -ENODEV;
}

/* What LIVE_ATTACH_AUTO promises. */
#define TCX_FEW 8

static enum live_attach choose(const struct live *l, const struct live_slot *s)
{
	if (l->wanted != LIVE_ATTACH_AUTO)
		return l->wanted;
	return l->has_tcx && (l->tcx_cnt < TCX_FEW || tcx_in_use(s)) ? LIVE_ATTACH_TCX : LIVE_ATTACH_CLSACT;
}

static bool is_xdp(enum live_attach attach)
{
	return attach == LIVE_ATTACH_XDP || attach == LIVE_ATTACH_XDP_GENERIC;
}

int live_slot_attach(struct live *l, struct live_slot *s)
{
	int ret;

	s->pub.attach = choose(l, s);
	s->pub.note[0] = '\0';
	s->qdisc_ours = false;
	for (int dir = 0; dir < LIVE_DIR_CNT; dir++) {
		s->link_fd[dir] = -1;
		s->priority[dir] = 0;
		s->ahead[dir] = 0;
	}
	if (is_xdp(s->pub.attach))
		return live_xdp_attach(l, s);
	remove_leftovers(l, s);
	if (s->pub.attach != LIVE_ATTACH_TCX)
		return clsact_attach(l, s);
	ret = tcx_attach(l, s);
	if (!ret)
		l->tcx_cnt++;
	return ret;
}

void live_slot_detach(struct live *l, struct live_slot *s)
{
	if (s->pub.attach == LIVE_ATTACH_TCX) {
		tcx_detach(s);
		l->tcx_cnt--;
	} else if (is_xdp(s->pub.attach)) {
		live_xdp_detach(s);
	} else {
		clsact_detach(l, s);
	}
}

bool live_slot_intact(const struct live_slot *s)
{
	if (is_xdp(s->pub.attach))
		return live_link_intact(s->link_fd[LIVE_INGRESS]);
	for (int dir = 0; dir < LIVE_DIR_CNT; dir++)
		if (s->pub.attach == LIVE_ATTACH_TCX ? !live_link_intact(s->link_fd[dir]) : !clsact_intact(s, dir))
			return false;
	return true;
}

void live_slot_upgrade(struct live *l, struct live_slot *s)
{
	struct live_slot was = *s;

	if (s->pub.attach == LIVE_ATTACH_TCX || l->wanted != LIVE_ATTACH_AUTO || !l->has_tcx || !tcx_in_use(s))
		return;
	/* Attached twice for a moment rather than not at all: what is seen twice is taken for a retransmission. */
	if (tcx_attach(l, s))
		return;
	clsact_detach(l, &was);
	*s = (struct live_slot){ .pub = s->pub, .link_fd = { s->link_fd[0], s->link_fd[1] }, .restored = s->restored };
	s->pub.attach = LIVE_ATTACH_TCX;
	l->tcx_cnt++;
}
