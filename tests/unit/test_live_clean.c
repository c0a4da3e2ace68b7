// SPDX-License-Identifier: BSD-2-Clause
/* What hsmon leaves on interfaces: nothing of its own, and everything of others. */
#include <bpf/libbpf.h>
#include <signal.h>
#include <sys/wait.h>

#include "live_env.h"

/* Somebody else's qdisc, with a filter of a kind that takes none of ours beside it. */
static void foreign_filter(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_U32();
	assert_true(netns_sh("tc qdisc add dev lo clsact && tc qdisc add dev v0 clsact && "
			     "tc filter add dev lo ingress prio 1 protocol ip u32 match u32 0 0"));
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	assert_true(has_filter("lo", "hsmon_ingress"));
	assert_true(has_filter("lo", "hsmon_egress"));
	live_free(l);
	assert_false(has_filter("lo", "hsmon"));
	assert_true(has_filter("lo", "u32"));
	assert_true(has_qdisc("lo") && has_qdisc("v0"));
}

/* An ingress qdisc has no egress: attached on both sides or not at all. */
static void foreign_ingress_qdisc_bad(void **state)
{
	const char *const only[] = { "v0" };
	struct live_settings s = { .attach = LIVE_ATTACH_CLSACT, .ifnames = only, .ifname_cnt = 1 };
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	assert_true(netns_sh("tc qdisc add dev v0 ingress"));
	l = load(&s);
	assert_true(live_attach_all(l, &error) < 0);
	assert_int_equal(error.fault, LIVE_FAULT_INTERFACE);
	assert_non_null(find_told(LIVE_FAILED, "v0"));
	assert_non_null(live_failure_text(find_told(LIVE_FAILED, "v0")->err));
	assert_false(netns_sh("tc filter show dev v0 ingress | grep -q hsmon"));
	live_free(l);
	assert_true(netns_sh("tc qdisc show dev v0 | grep -q ingress"));
}

/* Two at once: whoever ends last takes the qdisc away. */
static void two_at_once(void **state)
{
	struct live *a, *b;
	uint64_t before;

	(void)state;
	NEEDS_NETNS();
	a = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	b = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	live_free(a);
	assert_true(has_filter("lo", "hsmon_ingress"));
	before = packets(b);
	send_packet();
	assert_true(packets(b) >= before + 2);
	live_free(b);
	assert_false(has_qdisc("lo"));
}

/* The reader of a process that is going to be killed: lives until nobody holds the other end of hold[0]. */
static void live_on(struct live *l, int ready_fd, const int hold[2])
{
	int ring_fd, counters_fd;
	char c;

	close(hold[1]);
	live_leave(l, &ring_fd, &counters_fd);
	if (ring_fd < 0 || counters_fd < 0 || write(ready_fd, "r", 1) != 1)
		_exit(1);
	close(ready_fd);
	_exit(read(hold[0], &c, 1) != 0);
}

/* A process that has attached, and waits to be killed. hold: NULL, or a pipe for its reader. */
static pid_t start_other(enum live_attach attach, const int *hold)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct live *l = live_load(&(struct live_settings){ .attach = attach }, NULL, NULL, &error);

		/* No assertions here: they would go on with the parent's next test. */
		if (!l || live_attach_all(l, &error))
			_exit(1);
		if (hold && fork() == 0)
			live_on(l, ready[1], hold);
		if (!hold && write(ready[1], "r", 1) != 1)
			_exit(1);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void kill_other(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void killed_clsact(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	kill_other(start_other(LIVE_ATTACH_CLSACT, NULL));
	assert_true(has_filter("lo", "hsmon_ingress"));
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	assert_true(netns_sh("test $(tc filter show dev lo ingress | grep -c hsmon_) = 1"));
	live_free(l);
	assert_false(has_qdisc("lo") || has_qdisc("v0"));
	/* The next one need not use clsact itself. */
	kill_other(start_other(LIVE_ATTACH_CLSACT, NULL));
	live_free(attached(LIVE_ATTACH_AUTO, NULL, 0));
	assert_false(has_qdisc("lo") || has_qdisc("v0"));
}

static void killed_spares_the_living_and_foreign(void **state)
{
	struct live *l;
	pid_t living;

	(void)state;
	NEEDS_U32();
	assert_true(netns_sh("tc qdisc add dev lo clsact && tc filter add dev lo ingress prio 3 protocol ip u32 match u32 0 0"));
	living = start_other(LIVE_ATTACH_CLSACT, NULL);
	kill_other(start_other(LIVE_ATTACH_CLSACT, NULL));
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	assert_true(netns_sh("test $(tc filter show dev lo ingress | grep -c hsmon_) = 2"));
	live_free(l);
	assert_true(netns_sh("test $(tc filter show dev lo ingress | grep -c hsmon_) = 1"));
	kill_other(living);
	live_free(attached(LIVE_ATTACH_CLSACT, NULL, 0));
	assert_false(has_filter("lo", "hsmon_"));
	assert_true(has_qdisc("lo") && has_filter("lo", "u32"));
	assert_false(has_qdisc("v0"));
}

/* The links of a killed process end with it, also when its reader lives on. */
static void killed_tcx(void **state)
{
	int i, hold[2];
	pid_t pid;

	(void)state;
	NEEDS_TCX();
	assert_int_equal(pipe(hold), 0);
	pid = start_other(LIVE_ATTACH_TCX, hold);
	assert_int_equal(tcx_count("lo"), 2);
	kill_other(pid);
	/* The kernel may put the last reference off to a worker. */
	for (i = 0; tcx_count("lo") && i < 1000; i++)
		usleep(10000);
	assert_int_equal(tcx_count("lo"), 0);
	close(hold[0]);
	close(hold[1]);
}

/* A filter as of a hsmon that was killed, but for its name or handle. */
static int add_filter(const char *name, uint32_t handle)
{
	const struct bpf_insn pass[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1 }, { .code = BPF_JMP | BPF_EXIT } };
	int prog = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", pass, 2, NULL), ret;
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = 1, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog, .handle = handle, .priority = 5);

	assert_true(prog >= 0);
	ret = bpf_tc_attach(&hook, &opts);
	close(prog);
	return ret;
}

/* Nobody living has that id: 2^22 - 1 is more than any pid here. Ours alone may have our pid. */
static void leftovers_by_name_and_handle(void **state)
{
	const uint32_t tag = 0x68000000, nobody = 0x3fffff;

	(void)state;
	NEEDS_NETNS();
	assert_true(netns_sh("tc qdisc add dev lo clsact"));
	assert_int_equal(add_filter("hsmon_gone", tag | nobody), 0);
	assert_int_equal(add_filter("hsmon_same_pid", tag | (uint32_t)getpid()), 0);
	assert_int_equal(add_filter("foreign", tag | 7), 0);
	assert_int_equal(add_filter("hsmon_foreign", 8), 0);
	live_free(attached(LIVE_ATTACH_CLSACT, NULL, 0));
	assert_false(has_filter("lo", "hsmon_gone") || has_filter("lo", "hsmon_same_pid"));
	assert_true(has_filter("lo", "hsmon_foreign") && has_filter("lo", " foreign"));
	assert_true(has_qdisc("lo"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(foreign_filter), TEST(foreign_ingress_qdisc_bad), TEST(two_at_once), TEST(killed_clsact),
		TEST(killed_spares_the_living_and_foreign), TEST(killed_tcx), TEST(leftovers_by_name_and_handle),
	};

	return live_tests_run(tests, sizeof(tests) / sizeof(tests[0]));
}
