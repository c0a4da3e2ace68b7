// SPDX-License-Identifier: BSD-2-Clause
/* Which interfaces are watched, and what becomes of them. */
#include "capture/live.h"

#include <errno.h>
#include <fnmatch.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/live_private.h"

/* Somebody who keeps removing our programs is let win. */
#define RESTORE_MAX 3

enum link_layer { LINK_ETHERNET, LINK_NONE, LINK_UNKNOWN };

/* Radio captures, nlmon, CAN, InfiniBand and others have headers of their own, and no TLS that is not seen elsewhere. */
static enum link_layer link_layer(uint16_t arphrd)
{
	switch (arphrd) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		return LINK_ETHERNET;
	case ARPHRD_NONE:
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		return LINK_NONE;
	default:
		return LINK_UNKNOWN;
	}
}

static void tell(struct live *l, const struct live_interface *i, enum live_change change, int err)
{
	if (l->fn)
		l->fn(l->ctx, i, change, err);
}

static struct live_slot *find_slot(struct live *l, uint32_t ifindex)
{
	for (size_t i = 0; i < l->slot_cnt; i++)
		if (l->slots[i].pub.ifindex == ifindex)
			return &l->slots[i];
	return NULL;
}

static void drop_slot(struct live *l, struct live_slot *s)
{
	size_t at = (size_t)(s - l->slots);

	memmove(s, s + 1, (l->slot_cnt - at - 1) * sizeof(*s));
	l->slot_cnt--;
}

static bool has_failed(struct live *l, uint32_t ifindex)
{
	for (size_t i = 0; i < l->failed_cnt; i++)
		if (l->failed[i] == ifindex)
			return true;
	return false;
}

static void forget_failed(struct live *l, uint32_t ifindex)
{
	for (size_t i = 0; i < l->failed_cnt; i++)
		if (l->failed[i] == ifindex)
			l->failed[i] = l->failed[--l->failed_cnt];
}

/* Room for one more. */
static int grow(void **v, size_t cnt, size_t *cap, size_t len)
{
	size_t new_cap = *cap ? *cap * 2 : 16;
	void *p;

	if (cnt < *cap)
		return 0;
	p = reallocarray(*v, new_cap, len);
	if (!p)
		return -ENOMEM;
	*v = p;
	*cap = new_cap;
	return 0;
}

static void remember_failed(struct live *l, uint32_t ifindex)
{
	if (!grow((void **)&l->failed, l->failed_cnt, &l->failed_cap, sizeof(*l->failed)))
		l->failed[l->failed_cnt++] = ifindex;
}

static bool is_glob(const char *name)
{
	return strpbrk(name, "*?[");
}

static bool is_selected(const struct live *l, const struct netlink_link *link)
{
	if (l->cgroup)
		return false;
	/* By default what is down is not worth an attachment; a name that was asked for is. */
	if (!l->ifname_cnt)
		return link->up && link_layer(link->arphrd) != LINK_UNKNOWN;
	for (size_t i = 0; i < l->ifname_cnt; i++)
		if (!strcmp(l->ifnames[i], link->name) || !fnmatch(l->ifnames[i], link->name, 0))
			return true;
	return false;
}

static void look_ahead(struct live *l, struct live_slot *s, bool filters)
{
	if (live_slot_look_ahead(l, s, filters))
		tell(l, &s->pub, LIVE_NOTED, 0);
}

static int attach(struct live *l, struct live_slot *s, enum link_layer layer)
{
	int ret = layer == LINK_UNKNOWN ? -EPROTONOSUPPORT : live_slot_attach(l, s);

	if (!ret) {
		ret = grow((void **)&l->slots, l->slot_cnt, &l->slot_cap, sizeof(*l->slots));
		if (ret)
			live_slot_detach(l, s);
	}
	if (!ret) {
		l->slots[l->slot_cnt++] = *s;
		tell(l, &s->pub, LIVE_ATTACHED, 0);
		if (s->pub.note[0])
			tell(l, &s->pub, LIVE_NOTED, 0);
		look_ahead(l, &l->slots[l->slot_cnt - 1], true);
	} else if (ret != -ENODEV) {
		/* ENODEV: it went in between, as RTM_DELLINK will say. */
		remember_failed(l, s->pub.ifindex);
		tell(l, &s->pub, LIVE_FAILED, ret);
	}
	return ret;
}

static void on_link(void *ctx, const struct netlink_link *link)
{
	struct live *l = ctx;
	struct live_slot *s = find_slot(l, link->ifindex);
	struct live_slot fresh = { .pub = { .ifindex = link->ifindex, .l3 = link_layer(link->arphrd) == LINK_NONE } };

	/* One that was asked for by name is attached while it is down, too: only its coming back is a new chance. */
	if (link->gone || (!link->up && !l->ifname_cnt))
		forget_failed(l, link->ifindex);
	if (s && link->gone) {
		struct live_slot was = *s;

		drop_slot(l, s);
		live_slot_detach(l, &was);
		tell(l, &was.pub, LIVE_DETACHED, 0);
	} else if (s && strcmp(s->pub.name, link->name)) {
		memcpy(s->pub.name, link->name, sizeof(s->pub.name));
		tell(l, &s->pub, LIVE_RENAMED, 0);
	} else if (l->cgroup && !link->gone) {
		/* Its packets cross interfaces all the same, which are to be called by their names. */
		memcpy(fresh.pub.name, link->name, sizeof(fresh.pub.name));
		tell(l, &fresh.pub, LIVE_RENAMED, 0);
	} else if (!s && !link->gone && is_selected(l, link) && !has_failed(l, link->ifindex)) {
		memcpy(fresh.pub.name, link->name, sizeof(fresh.pub.name));
		(void)attach(l, &fresh, link_layer(link->arphrd));
	}
}

/* All links, as one list: nothing may be asked while a dump is read. */
struct link_list {
	struct netlink_link *v;
	size_t cnt, cap;
	int err;
};

static void collect(void *ctx, const struct netlink_link *link)
{
	struct link_list *list = ctx;

	if (!list->err)
		list->err = grow((void **)&list->v, list->cnt, &list->cap, sizeof(*list->v));
	if (!list->err)
		list->v[list->cnt++] = *link;
}

static int list_links(struct live *l, struct link_list *list)
{
	int ret = netlink_dump(l->nl, collect, list);

	return ret ? ret : list->err;
}

static bool is_listed(const struct link_list *list, uint32_t ifindex)
{
	for (size_t i = 0; i < list->cnt; i++)
		if (list->v[i].ifindex == ifindex)
			return true;
	return false;
}

/* After lost events: what is gone, then what is there. */
static int resync(struct live *l)
{
	struct link_list list = { 0 };
	int ret = list_links(l, &list);

	for (size_t i = l->slot_cnt; !ret && i-- > 0;) {
		struct netlink_link gone = { .ifindex = l->slots[i].pub.ifindex, .gone = true };

		if (!is_listed(&list, gone.ifindex))
			on_link(l, &gone);
	}
	for (size_t i = 0; !ret && i < list.cnt; i++)
		on_link(l, &list.v[i]);
	free(list.v);
	return ret;
}

/* Each name without wildcards must be there. */
static int check_names(struct live *l, const struct link_list *list, struct live_error *e)
{
	for (size_t n = 0; n < l->ifname_cnt; n++) {
		bool found = is_glob(l->ifnames[n]);
		size_t len;

		for (size_t i = 0; i < list->cnt && !found; i++)
			found = !strcmp(list->v[i].name, l->ifnames[n]);
		if (found)
			continue;
		live_fail(e, LIVE_FAULT_INTERFACE, -ENODEV, "there is no interface '%s'; there %s", l->ifnames[n],
			  list->cnt == 1 ? "is" : "are");
		for (size_t i = 0; i < list->cnt; i++) {
			len = strlen(e->text);
			if (len + IF_NAMESIZE + 8 > sizeof(e->text)) {
				snprintf(e->text + len, sizeof(e->text) - len, ", ...");
				break;
			}
			snprintf(e->text + len, sizeof(e->text) - len, "%s %s", i ? "," : "", list->v[i].name);
		}
		return -ENODEV;
	}
	return 0;
}

int live_attach_all(struct live *l, struct live_error *error)
{
	struct link_list list = { 0 };
	int ret = list_links(l, &list);

	*error = (struct live_error){ .fault = LIVE_FAULT_NONE };
	if (!ret && l->cgroup)
		ret = live_cgroup_attach(l, error);
	else if (ret)
		live_fail(error, LIVE_FAULT_KERNEL, ret, "the interfaces cannot be listed: %s", strerror(-ret));
	else
		ret = check_names(l, &list, error);
	for (size_t i = 0; !ret && i < list.cnt; i++)
		on_link(l, &list.v[i]);
	free(list.v);
	if (!ret && !l->slot_cnt && l->failed_cnt) {
		ret = -ENODEV;
		live_fail(error, LIVE_FAULT_INTERFACE, ret, "no interface could be attached");
	}
	return ret;
}

/* Puts a lost one back. */
static void restore(struct live *l, struct live_slot *s)
{
	struct live_slot was = *s;
	enum link_layer layer = was.pub.l3 ? LINK_NONE : LINK_ETHERNET;

	drop_slot(l, s);
	live_slot_detach(l, &was);
	tell(l, &was.pub, LIVE_LOST, 0);
	if (was.restored++ < RESTORE_MAX)
		(void)attach(l, &was, layer);
	else
		remember_failed(l, was.pub.ifindex);
}

static void check_slot(struct live *l, struct live_slot *s)
{
	char name[IF_NAMESIZE];

	/* An interface that is going loses its programs before RTM_DELLINK comes. */
	if (!live_slot_intact(s) && if_indextoname(s->pub.ifindex, name))
		restore(l, s);
}

static void on_tc_changed(void *ctx, uint32_t ifindex)
{
	struct live *l = ctx;
	struct live_slot *s = find_slot(l, ifindex);

	if (s)
		check_slot(l, s);
	s = find_slot(l, ifindex);
	if (s)
		look_ahead(l, s, true);
}

/* A service that is started again has a cgroup of its own again. */
static void check_cgroup(struct live *l)
{
	struct live_interface i = { .name = "cgroup", .attach = LIVE_ATTACH_CGROUP };
	struct live_error e;

	if (live_cgroup_intact(l))
		return;
	if (l->cgroup_path[0]) {
		live_cgroup_detach(l);
		tell(l, &i, LIVE_LOST, 0);
	}
	if (!live_cgroup_attach(l, &e))
		tell(l, &i, LIVE_ATTACHED, 0);
}

void live_check(struct live *l)
{
	if (l->cgroup)
		check_cgroup(l);
	/* From the end: a slot that is put back goes there. Removed filters are told through netlink, links are not. */
	for (size_t i = l->slot_cnt; i-- > 0;) {
		live_slot_upgrade(l, &l->slots[i]);
		look_ahead(l, &l->slots[i], false);
		if (l->slots[i].pub.attach != LIVE_ATTACH_CLSACT)
			check_slot(l, &l->slots[i]);
	}
}

int live_follow(struct live *l)
{
	int ret = netlink_read(l->nl, on_link, on_tc_changed, l);

	if (ret != -ENOBUFS)
		return ret;
	ret = resync(l);
	for (size_t i = l->slot_cnt; i-- > 0;)
		check_slot(l, &l->slots[i]);
	return ret;
}

int live_netlink_fd(const struct live *l)
{
	return netlink_fd(l->nl);
}

size_t live_interface_cnt(const struct live *l)
{
	return l->slot_cnt;
}

const struct live_interface *live_interface_at(const struct live *l, size_t i)
{
	return i < l->slot_cnt ? &l->slots[i].pub : NULL;
}

const char *live_attach_name(enum live_attach attach)
{
	static const char *const names[] = { "auto", "tcx", "clsact", "xdp", "xdpgeneric", "cgroup" };

	return names[attach];
}

void live_detach_all(struct live *l)
{
	live_cgroup_detach(l);
	while (l->slot_cnt) {
		struct live_slot was = l->slots[l->slot_cnt - 1];

		l->slot_cnt--;
		live_slot_detach(l, &was);
		tell(l, &was.pub, LIVE_DETACHED, 0);
	}
}

void live_free(struct live *l)
{
	if (!l)
		return;
	l->fn = NULL;
	live_detach_all(l);
	live_unload(l);
}
