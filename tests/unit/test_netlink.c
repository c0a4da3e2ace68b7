// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <net/if_arp.h>
#include <linux/pkt_sched.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "capture/netlink.h"
#include "netns.h"

#define INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)

struct seen {
	struct netlink_link link[64];
	size_t link_cnt;
	struct netlink_filter filter[8];
	size_t filter_cnt;
	uint32_t tc_ifindex;
};

static struct netlink *nl;
static struct seen seen;

static void on_link(void *ctx, const struct netlink_link *link)
{
	(void)ctx;
	if (seen.link_cnt < 64)
		seen.link[seen.link_cnt] = *link;
	seen.link_cnt++;
}

static void on_filter(void *ctx, const struct netlink_filter *filter)
{
	(void)ctx;
	if (seen.filter_cnt < 8)
		seen.filter[seen.filter_cnt++] = *filter;
}

static void on_tc(void *ctx, uint32_t ifindex)
{
	(void)ctx;
	seen.tc_ifindex = ifindex;
}

static const struct netlink_link *last(const char *name)
{
	for (size_t i = seen.link_cnt; i-- > 0;)
		if (i < 64 && !strcmp(seen.link[i].name, name))
			return &seen.link[i];
	return NULL;
}

static int setup(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	nl = NULL;
	return geteuid() ? 0 : netlink_open(&nl, true);
}

static int teardown(void **state)
{
	(void)state;
	netlink_close(nl);
	if (!geteuid())
		(void)netns_sh("ip link del v0 2>/dev/null; ip link del v1 2>/dev/null; tc qdisc del dev lo clsact 2>/dev/null");
	return 0;
}

static void read_all(void)
{
	seen.link_cnt = 0;
	assert_int_equal(netlink_read(nl, on_link, on_tc, NULL), 0);
}

static void dump(void **state)
{
	(void)state;
	NEEDS_NETNS();
	assert_true(netns_sh("ip link add v0 type veth peer name v1 && ip link set v0 up"));
	assert_int_equal(netlink_dump(nl, on_link, NULL), 0);
	assert_non_null(last("lo"));
	assert_int_equal(last("lo")->ifindex, 1);
	assert_int_equal(last("lo")->arphrd, ARPHRD_LOOPBACK);
	assert_true(last("v0")->up && !last("v0")->gone);
	assert_false(last("v1")->up);
	assert_int_equal(last("v1")->arphrd, ARPHRD_ETHER);
	/* The socket is free again. */
	seen.link_cnt = 0;
	assert_int_equal(netlink_dump(nl, on_link, NULL), 0);
	assert_non_null(last("v1"));
}

static void changes(void **state)
{
	struct pollfd p = { .events = POLLIN };
	uint32_t ifindex;

	(void)state;
	NEEDS_NETNS();
	p.fd = netlink_fd(nl);
	read_all();
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_true(netns_sh("ip link add v0 type veth peer name v1"));
	assert_int_equal(poll(&p, 1, 0), 1);
	read_all();
	assert_false(last("v0")->up);
	ifindex = last("v0")->ifindex;
	assert_true(netns_sh("ip link set v0 up"));
	read_all();
	assert_true(last("v0")->up);
	assert_true(netns_sh("ip link set v0 down && ip link set v0 name w0"));
	read_all();
	assert_int_equal(last("w0")->ifindex, ifindex);
	assert_true(netns_sh("ip link set w0 name v0 && ip link del v0"));
	read_all();
	assert_true(last("v0")->gone && last("v1")->gone);
	assert_int_equal(last("v0")->ifindex, ifindex);
	read_all();
	assert_int_equal(seen.link_cnt, 0);
}

/* Leaving a bridge is told much as being deleted is. */
static void bridge_port_is_not_gone(void **state)
{
	(void)state;
	NEEDS_NETNS();
	if (!netns_sh("ip link add br0 type bridge 2>/dev/null")) {
		print_message("# skip: this kernel has no bridge\n");
		skip();
	}
	assert_true(netns_sh("ip link add v0 type veth peer name v1 && ip link set v0 master br0 up"));
	read_all();
	assert_true(netns_sh("ip link set v0 nomaster"));
	read_all();
	for (size_t i = 0; i < seen.link_cnt; i++)
		assert_false(seen.link[i].gone);
	assert_true(netns_sh("ip link del br0"));
}

static void filters(void **state)
{
	(void)state;
	NEEDS_U32();
	read_all();
	seen.tc_ifindex = 0;
	assert_int_equal(netlink_filters(nl, 1, INGRESS, on_filter, NULL), 0);
	assert_int_equal(seen.filter_cnt, 0);
	assert_true(netns_sh("tc qdisc add dev lo clsact && "
			     "tc filter add dev lo ingress prio 7 protocol all u32 match u32 0 0"));
	assert_int_equal(netlink_filters(nl, 1, INGRESS, on_filter, NULL), 0);
	assert_true(seen.filter_cnt >= 1);
	assert_int_equal(seen.filter[0].priority, 7);
	assert_string_equal(seen.filter[0].name, "");
	assert_string_equal(seen.filter[0].kind, "u32");
	seen.filter_cnt = 0;
	assert_int_equal(netlink_filters(nl, 1, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), on_filter, NULL), 0);
	assert_int_equal(seen.filter_cnt, 0);
	read_all();
	assert_int_equal(seen.tc_ifindex, 1);
	seen.tc_ifindex = 0;
	assert_true(netns_sh("tc qdisc del dev lo clsact"));
	read_all();
	assert_int_equal(seen.tc_ifindex, 1);
}

static void filters_bad(void **state)
{
	(void)state;
	NEEDS_NETNS();
	(void)netlink_filters(nl, 0x7fffffff, INGRESS, on_filter, NULL);
	assert_int_equal(seen.filter_cnt, 0);
	/* Whatever was said about that one, the next answer is not mixed up with it. */
	assert_int_equal(netlink_dump(nl, on_link, NULL), 0);
	assert_non_null(last("lo"));
}

static void overrun_bad(void **state)
{
	const int least = 1;

	(void)state;
	NEEDS_NETNS();
	assert_int_equal(setsockopt(netlink_fd(nl), SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
	assert_true(netns_sh("ip link add v0 type veth peer name v1 && "
			     "for i in 1 2 3 4 5; do ip link set v0 up; ip link set v0 down; done"));
	/* What fitted in comes before or after the word that something is missing. */
	for (int i = 0; i < 2; i++)
		if (netlink_read(nl, on_link, NULL, NULL) == -ENOBUFS)
			break;
		else
			assert_int_equal(i, 0);
	assert_int_equal(netlink_dump(nl, on_link, NULL), 0);
	assert_false(last("v0")->up);
	while (netlink_read(nl, on_link, NULL, NULL) == -ENOBUFS)
		;
	assert_true(netns_sh("ip link set v0 up"));
	assert_int_equal(netlink_read(nl, on_link, NULL, NULL), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dump), TEST(changes), TEST(bridge_port_is_not_gone), TEST(filters), TEST(filters_bad), TEST(overrun_bad),
	};

	if (!geteuid() && !netns_own())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
