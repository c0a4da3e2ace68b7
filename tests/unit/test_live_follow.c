// SPDX-License-Identifier: BSD-2-Clause
/* Interfaces that come, go, change and are taken from us. */
#include "base/clock.h"
#include "live_env.h"

static void follows(void **state)
{
	struct live *l;
	uint32_t ifindex;

	(void)state;
	NEEDS_NETNS();
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	assert_true(netns_sh("ip link set v1 up"));
	follow(l);
	assert_non_null(watched(l, "v1"));
	ifindex = watched(l, "v1")->ifindex;
	assert_true(netns_sh("ip link set v1 down && ip link set v1 name w1 && ip link set w1 up"));
	follow(l);
	assert_null(watched(l, "v1"));
	assert_int_equal(watched(l, "w1")->ifindex, ifindex);
	assert_non_null(find_told(LIVE_RENAMED, "w1"));
	/* Down is not away. */
	assert_true(netns_sh("ip link set w1 down && ip link set w1 up"));
	follow(l);
	assert_int_equal(count_told(LIVE_DETACHED), 0);
	assert_true(netns_sh("ip link del w1"));
	follow(l);
	assert_null(watched(l, "w1"));
	assert_null(watched(l, "v0"));
	assert_int_equal(count_told(LIVE_DETACHED), 2);
	assert_int_equal(count_told(LIVE_LOST) + count_told(LIVE_FAILED), 0);
	/* Here and gone again before we look. */
	assert_true(netns_sh("ip link add v2 type veth peer name v3 && ip link set v2 up && ip link del v2"));
	follow(l);
	assert_int_equal(count_told(LIVE_FAILED), 0);
	assert_int_equal(live_interface_cnt(l), 1);
	live_free(l);
}

static void follows_after_overrun(void **state)
{
	const int least = 1;
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	assert_int_equal(setsockopt(live_netlink_fd(l), SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
	assert_true(netns_sh("for i in 1 2 3 4 5 6 7 8; do ip link add a$i type veth peer name b$i; ip link set a$i up; done; "
			     "ip link del v0"));
	follow(l);
	follow(l);
	for (int i = 1; i <= 8; i++) {
		char name[8];

		snprintf(name, sizeof(name), "a%d", i);
		assert_non_null(watched(l, name));
	}
	assert_null(watched(l, "v0"));
	assert_int_equal(live_interface_cnt(l), 9);
	live_free(l);
}

static void removed_by_others(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	for (size_t n = 1; n <= 3; n++) {
		assert_true(netns_sh("tc qdisc del dev v0 clsact"));
		follow(l);
		assert_int_equal(count_told(LIVE_LOST), n);
		assert_true(has_filter("v0", "hsmon_egress"));
		assert_non_null(watched(l, "v0"));
	}
	/* Then whoever does that is let have it. */
	assert_true(netns_sh("tc qdisc del dev v0 clsact"));
	follow(l);
	follow(l);
	assert_int_equal(count_told(LIVE_LOST), 4);
	assert_null(watched(l, "v0"));
	assert_false(has_qdisc("v0"));
	/* One direction alone. */
	assert_true(netns_sh("tc filter del dev lo egress"));
	follow(l);
	assert_int_equal(count_told(LIVE_LOST), 5);
	assert_true(has_filter("lo", "hsmon_egress"));
	live_free(l);
	assert_false(has_qdisc("lo"));
}

/* As `bpftool link detach` does, but only to links that this process holds: ids are those of the whole machine. */
static bool force_detach(const char *name)
{
	for (int fd = 3; fd < 256; fd++) {
		struct bpf_link_info info = { 0 };
		uint32_t len = sizeof(info);
		char path[32], target[64] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) > 0 && strstr(target, "bpf_link") &&
		    !bpf_obj_get_info_by_fd(fd, &info, &len) && info.xdp.ifindex == if_nametoindex(name))
			return !bpf_link_detach(fd);
	}
	return false;
}

static void removed_by_others_tcx(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_TCX();
	l = attached(LIVE_ATTACH_TCX, NULL, 0);
	live_check(l);
	assert_int_equal(count_told(LIVE_LOST), 0);
	assert_true(force_detach("v0"));
	assert_int_equal(tcx_count("v0"), 1);
	live_check(l);
	assert_int_equal(count_told(LIVE_LOST), 1);
	assert_int_equal(tcx_count("v0"), 2);
	live_free(l);
	assert_int_equal(tcx_count("v0"), 0);
}

static size_t count_attach(struct live *l, enum live_attach attach)
{
	size_t n = 0;

	for (size_t i = 0; i < live_interface_cnt(l); i++)
		n += live_interface_at(l, i)->attach == attach;
	return n;
}

static void many(void **state)
{
	struct live *l;
	uint64_t t[4];

	(void)state;
	NEEDS_NETNS();
	assert_true(make_many(100));
	t[0] = clock_monotonic_ns();
	l = attached(LIVE_ATTACH_AUTO, NULL, 0);
	t[1] = clock_monotonic_ns();
	assert_int_equal(live_interface_cnt(l), 202);
	assert_int_equal(count_told(LIVE_ATTACHED), 202);
	assert_int_equal(count_attach(l, LIVE_ATTACH_TCX), has_tcx ? 8 : 0);
	t[2] = clock_monotonic_ns();
	live_detach_all(l);
	t[3] = clock_monotonic_ns();
	print_message("# 202 interfaces: attached in %.0f ms, detached in %.0f ms\n", (double)(t[1] - t[0]) / NS_PER_MS,
		      (double)(t[3] - t[2]) / NS_PER_MS);
	assert_false(netns_sh("tc qdisc show | grep -q clsact"));
	live_free(l);
}

/* Where somebody else uses TCX, a filter behind it might see nothing. */
static void foreign_tcx(void **state)
{
	const struct bpf_insn pass[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0 }, { .code = BPF_JMP | BPF_EXIT } };
	int prog, before, later;
	struct live *l;

	(void)state;
	NEEDS_TCX();
	assert_true(make_many(6));
	prog = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "foreign", "GPL", pass, 2, NULL);
	before = bpf_link_create(prog, (int)if_nametoindex("b6"), TCX_INGRESS, NULL);
	assert_true(prog >= 0 && before >= 0);
	l = attached(LIVE_ATTACH_AUTO, NULL, 0);
	assert_int_equal(watched(l, "b6")->attach, LIVE_ATTACH_TCX);
	assert_int_equal(watched(l, "b5")->attach, LIVE_ATTACH_CLSACT);
	later = bpf_link_create(prog, (int)if_nametoindex("b5"), TCX_EGRESS, NULL);
	assert_true(later >= 0);
	live_check(l);
	assert_int_equal(watched(l, "b5")->attach, LIVE_ATTACH_TCX);
	assert_int_equal(tcx_count("b5"), 3);
	assert_false(has_qdisc("b5"));
	live_check(l);
	assert_int_equal(count_told(LIVE_LOST), 0);
	live_free(l);
	assert_int_equal(tcx_count("b5"), 1);
	assert_int_equal(tcx_count("b6"), 1);
	close(before);
	close(later);
	close(prog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(follows), TEST(follows_after_overrun), TEST(removed_by_others), TEST(removed_by_others_tcx), TEST(many),
		TEST(foreign_tcx),
	};

	return live_tests_run(tests, sizeof(tests) / sizeof(tests[0]));
}
