/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs on interfaces of the test's own namespace, and what is told about them. */
#ifndef HSMON_TESTS_LIVE_ENV_H
#define HSMON_TESTS_LIVE_ENV_H

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "capture/live.h"
#include "capture/ring.h"
#include "capture/segment.h"
#include "child.h"
#include "netns.h"

#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_EGRESS ((enum bpf_attach_type)47)

static struct live_error error;
static bool has_tcx;

static struct told {
	enum live_change change;
	int err;
	struct live_interface i;
} told[1024];
static size_t told_cnt;

static inline void on_change(void *ctx, const struct live_interface *i, enum live_change change, int err)
{
	(void)ctx;
	if (told_cnt < sizeof(told) / sizeof(told[0]))
		told[told_cnt] = (struct told){ change, err, *i };
	told_cnt++;
}

static inline const struct told *find_told(enum live_change change, const char *name)
{
	for (size_t i = 0; i < told_cnt; i++)
		if (told[i].change == change && !strcmp(told[i].i.name, name))
			return &told[i];
	return NULL;
}

static inline size_t count_told(enum live_change change)
{
	size_t n = 0;

	for (size_t i = 0; i < told_cnt; i++)
		n += told[i].change == change;
	return n;
}

static inline struct live *load(const struct live_settings *s)
{
	struct live *l = live_load(s, on_change, NULL, &error);

	if (!l)
		fail_msg("%s", error.text);
	return l;
}

static inline struct live *attached(enum live_attach attach, const char *const *names, size_t name_cnt)
{
	const struct live_settings s = { .attach = attach, .ifnames = names, .ifname_cnt = name_cnt, .ring_bytes = 65536 };
	struct live *l = load(&s);

	if (live_attach_all(l, &error))
		fail_msg("%s", error.text);
	return l;
}

static inline uint32_t tcx_count(const char *name)
{
	uint32_t cnt, sum = 0;

	for (int i = 0; i < 2; i++) {
		cnt = 0;
		if (!bpf_prog_query((int)if_nametoindex(name), i ? TCX_EGRESS : TCX_INGRESS, 0, NULL, NULL, &cnt))
			sum += cnt;
	}
	return sum;
}

static inline bool has_qdisc(const char *name)
{
	return netns_sh("tc qdisc show dev %s | grep -q clsact", name);
}

static inline bool has_filter(const char *name, const char *what)
{
	return netns_sh("{ tc filter show dev %s ingress; tc filter show dev %s egress; } | grep -q '%s'", name, name, what);
}

static inline const struct live_interface *watched(struct live *l, const char *name)
{
	for (size_t i = 0; i < live_interface_cnt(l); i++)
		if (!strcmp(live_interface_at(l, i)->name, name))
			return live_interface_at(l, i);
	return NULL;
}

static inline void follow(struct live *l)
{
	assert_int_equal(live_follow(l), 0);
}

static inline int setup(void **state)
{
	(void)state;
	told_cnt = 0;
	if (geteuid())
		return 0;
	return netns_sh("ip link set lo up && ip link add v0 type veth peer name v1 && ip link set v0 up") ? 0 : -1;
}

static inline int teardown(void **state)
{
	(void)state;
	if (!geteuid())
		(void)netns_sh("for i in $(ip -o link | cut -d: -f2 | cut -d@ -f1); do ip link del $i; done 2>/dev/null; "
			       "tc qdisc del dev lo clsact 2>/dev/null");
	return 0;
}

/* A packet to a port that nobody listens on, over loopback: seen going out and coming in. */
static inline void send_packet(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(443), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	close(fd);
}

static inline uint64_t packets(struct live *l)
{
	const struct segment_sink sink = { 0 };
	struct ring *r;
	__u64 sum[HS_CNT_MAX];

	assert_int_equal(ring_new(&r, live_ring_fd(l), live_counters_fd(l), live_cpu_cnt(l), &sink, NULL), 0);
	ring_counters(r, sum);
	ring_free(r);
	return sum[HS_CNT_PACKETS];
}

static inline bool make_many(int pairs)
{
	return netns_sh("for i in $(seq %d); do echo link add a$i type veth peer name b$i; echo link set a$i up; "
			"echo link set b$i up; done | ip -batch -", pairs);
}

static inline int group_setup(void **state)
{
	struct live *l;

	(void)state;
	if (geteuid())
		return 0;
	l = live_load(&(struct live_settings){ .attach = LIVE_ATTACH_TCX }, NULL, NULL, &error);
	has_tcx = l;
	if (!l && error.fault != LIVE_FAULT_KERNEL) {
		print_error("%s\n", error.text);
		return -1;
	}
	live_free(l);
	return 0;
}

#define NEEDS_TCX()                                                                                           \
	do {                                                                                                   \
		NEEDS_NETNS();                                                                                 \
		if (!has_tcx) {                                                                                \
			print_message("# skip: this kernel has no TCX\n");                                     \
			skip();                                                                                \
		}                                                                                              \
	} while (0)

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static inline int live_tests_run(const struct CMUnitTest *tests, size_t cnt)
{
	if (!geteuid() && !netns_own())
		return 1;
	return _cmocka_run_group_tests("live", tests, cnt, group_setup, NULL);
}

#endif
