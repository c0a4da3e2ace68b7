// SPDX-License-Identifier: BSD-2-Clause
#include "capture/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A link with many virtual functions is told in one message of more than libmnl's 8 KiB. */
#define BUFFER_LEN 65536
/* Two hundred interfaces that appear at once are told in about 300 KB. */
#define EVENT_QUEUE_BYTES (2 << 20)

struct netlink {
	struct mnl_socket *events;
	struct mnl_socket *requests;	/* apart: an answer is never lost among the events */
	uint32_t seq;
	char event[BUFFER_LEN], answer[BUFFER_LEN];
};

static struct mnl_socket *open_socket(unsigned int groups)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int err;

	if (!s)
		return NULL;
	if (!mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID))
		return s;
	err = errno;
	mnl_socket_close(s);
	errno = err;
	return NULL;
}

int netlink_open(struct netlink **out, bool tc)
{
	struct netlink *nl = calloc(1, sizeof(*nl));
	int bytes = EVENT_QUEUE_BYTES, err;

	if (!nl)
		return -ENOMEM;
	nl->events = open_socket(RTMGRP_LINK | (tc ? RTMGRP_TC : 0));
	nl->requests = nl->events ? open_socket(0) : NULL;
	if (!nl->requests) {
		err = -errno;
		netlink_close(nl);
		return err;
	}
	/* Without CAP_NET_ADMIN over the limit of net.core.rmem_max it stays as it is: then a burst costs a dump. */
	(void)setsockopt(netlink_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	*out = nl;
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	if (nl->events)
		mnl_socket_close(nl->events);
	if (nl->requests)
		mnl_socket_close(nl->requests);
	free(nl);
}

int netlink_fd(const struct netlink *nl)
{
	return mnl_socket_get_fd(nl->events);
}

static void copy_string(char *dst, size_t len, const struct nlattr *attr)
{
	size_t n = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	if (n >= len)
		n = len - 1;
	memcpy(dst, mnl_attr_get_payload(attr), n);
	dst[n] = '\0';
}

/* false: not about a device of this namespace. */
static bool parse_link(const struct nlmsghdr *nlh, struct netlink_link *link)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return false;
	/* A port leaving its bridge is told as RTM_DELLINK of AF_BRIDGE: the device is still there. */
	if (ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0)
		return false;
	*link = (struct netlink_link){
		.ifindex = (uint32_t)ifi->ifi_index,
		.arphrd = ifi->ifi_type,
		.up = ifi->ifi_flags & IFF_UP,
		.gone = nlh->nlmsg_type == RTM_DELLINK,
	};
	mnl_attr_for_each(attr, nlh, sizeof(*ifi))
		if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			copy_string(link->name, sizeof(link->name), attr);
	return link->name[0] || link->gone;
}

static bool parse_filter(const struct nlmsghdr *nlh, struct netlink_filter *filter)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *option;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*tcm))
		return false;
	*filter = (struct netlink_filter){ .handle = tcm->tcm_handle, .priority = TC_H_MAJ(tcm->tcm_info) >> 16 };
	mnl_attr_for_each(attr, nlh, sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			copy_string(filter->kind, sizeof(filter->kind), attr);
		if (mnl_attr_get_type(attr) != TCA_OPTIONS)
			continue;
		/* Other kinds number their options otherwise; only cls_bpf's name looks like "name:[id]". */
		mnl_attr_for_each_nested(option, attr)
			if (mnl_attr_get_type(option) == TCA_BPF_NAME)
				copy_string(filter->name, sizeof(filter->name), option);
	}
	return true;
}

struct reader_fns {
	netlink_link_fn link;
	netlink_filter_fn filter;
	void (*tc)(void *ctx, uint32_t ifindex);
	void *ctx;
};

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	const struct reader_fns *fns = data;
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct netlink_link link;
	struct netlink_filter filter;

	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (fns->link && parse_link(nlh, &link))
			fns->link(fns->ctx, &link);
		break;
	case RTM_NEWTFILTER:
		if (!parse_filter(nlh, &filter))
			break;
		if (fns->filter)
			fns->filter(fns->ctx, &filter);
		else if (fns->tc && strncmp(filter.name, "hsmon_", 6) && tcm->tcm_ifindex > 0)
			fns->tc(fns->ctx, (uint32_t)tcm->tcm_ifindex);
		break;
	case RTM_DELTFILTER:
	case RTM_DELQDISC:
		if (fns->tc && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*tcm) && tcm->tcm_ifindex > 0)
			fns->tc(fns->ctx, (uint32_t)tcm->tcm_ifindex);
		break;
	}
	return MNL_CB_OK;
}

/* Sends the dump request in nl->answer and reads its answer to the end. */
static int dump(struct netlink *nl, struct nlmsghdr *nlh, struct reader_fns *fns)
{
	ssize_t len;
	int ret;

	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->requests, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(nl->requests, nl->answer, sizeof(nl->answer));
		if (len < 0)
			return -errno;
		ret = mnl_cb_run(nl->answer, (size_t)len, nl->seq, mnl_socket_get_portid(nl->requests), on_message, fns);
		/* Answers to a dump that was given up before: skip. */
		if (ret < 0 && errno == EPROTO)
			ret = MNL_CB_OK;
	} while (ret > MNL_CB_STOP);
	return ret < 0 ? -errno : 0;
}

int netlink_dump(struct netlink *nl, netlink_link_fn fn, void *ctx)
{
	struct reader_fns fns = { .link = fn, .ctx = ctx };
	int ret;

	/* -EINTR: the list changed while it was read, and may be inconsistent (NLM_F_DUMP_INTR). */
	for (int tries = 0; tries < 10; tries++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->answer);
		struct ifinfomsg *ifi;

		nlh->nlmsg_type = RTM_GETLINK;
		ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
		ifi->ifi_family = AF_UNSPEC;
		mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		ret = dump(nl, nlh, &fns);
		if (ret != -EINTR)
			break;
	}
	return ret;
}

int netlink_filters(struct netlink *nl, uint32_t ifindex, uint32_t parent, netlink_filter_fn fn, void *ctx)
{
	struct reader_fns fns = { .filter = fn, .ctx = ctx };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->answer);
	struct tcmsg *tcm;

	nlh->nlmsg_type = RTM_GETTFILTER;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = parent;
	return dump(nl, nlh, &fns);
}

int netlink_read(struct netlink *nl, netlink_link_fn fn, void (*tc_fn)(void *ctx, uint32_t ifindex), void *ctx)
{
	struct reader_fns fns = { .link = fn, .tc = tc_fn, .ctx = ctx };

	for (;;) {
		ssize_t len = recv(netlink_fd(nl), nl->event, sizeof(nl->event), MSG_DONTWAIT | MSG_TRUNC);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return errno == EAGAIN ? 0 : -errno;
		if ((size_t)len > sizeof(nl->event))
			return -ENOBUFS;
		/* Events carry sequence number and port of whoever caused them: no check of either. */
		if (mnl_cb_run(nl->event, (size_t)len, 0, 0, on_message, &fns) < 0)
			return -errno;
	}
}
