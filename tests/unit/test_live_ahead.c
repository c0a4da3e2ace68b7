// SPDX-License-Identifier: BSD-2-Clause
/* Programs of others that run ahead of ours. */
#include <linux/bpf.h>

#include "live_env.h"

#define AFTER (1u << 4)			/* BPF_F_AFTER */
#define BEFORE (1u << 3)		/* BPF_F_BEFORE */

/* A program that lets everything pass, with that name. */
static int stranger(const char *name)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", code, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

static int put_tcx(int prog, enum bpf_attach_type type, uint32_t where)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = where);
	int fd = bpf_link_create(prog, (int)if_nametoindex("v0"), type, &opts);

	assert_true(fd >= 0);
	return fd;
}

static void tcx_program_ahead(void **state)
{
	struct live *l;
	int prog, link;

	(void)state;
	NEEDS_TCX();
	prog = stranger("stranger");
	l = attached(LIVE_ATTACH_AUTO, NULL, 0);
	live_check(l);
	assert_int_equal(count_told(LIVE_NOTED), 0);
	link = put_tcx(prog, TCX_EGRESS, BEFORE);
	live_check(l);
	assert_int_equal(count_told(LIVE_NOTED), 1);
	assert_non_null(strstr(find_told(LIVE_NOTED, "v0")->i.note, "tcx program stranger (id "));
	assert_non_null(strstr(find_told(LIVE_NOTED, "v0")->i.note, "egress"));
	/* Said once; and again when it comes again. */
	live_check(l);
	assert_int_equal(count_told(LIVE_NOTED), 1);
	close(link);
	live_check(l);
	link = put_tcx(prog, TCX_EGRESS, BEFORE);
	live_check(l);
	assert_int_equal(count_told(LIVE_NOTED), 2);
	live_free(l);
	close(link);
	close(prog);
}

static void tcx_program_behind_is_none_of_ours(void **state)
{
	struct live *l;
	int prog, link;

	(void)state;
	NEEDS_TCX();
	prog = stranger("stranger");
	l = attached(LIVE_ATTACH_TCX, NULL, 0);
	link = put_tcx(prog, TCX_INGRESS, AFTER);
	live_check(l);
	assert_int_equal(count_told(LIVE_NOTED), 0);
	live_free(l);
	close(link);
	close(prog);
}

/* Another hsmon takes nothing out. */
static void another_hsmon_is_no_stranger(void **state)
{
	struct live *a, *b;

	(void)state;
	NEEDS_NETNS();
	a = attached(LIVE_ATTACH_AUTO, NULL, 0);
	b = attached(LIVE_ATTACH_AUTO, NULL, 0);
	live_check(a);
	live_check(b);
	live_free(b);
	live_free(a);
	a = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	b = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	follow(a);
	follow(b);
	live_check(a);
	live_free(b);
	live_free(a);
	assert_int_equal(count_told(LIVE_NOTED), 0);
}

static void tcx_is_ahead_of_clsact(void **state)
{
	struct live *l;
	int prog, link;

	(void)state;
	NEEDS_TCX();
	prog = stranger("stranger");
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	link = put_tcx(prog, TCX_INGRESS, 0);
	live_check(l);
	assert_non_null(find_told(LIVE_NOTED, "v0"));
	assert_non_null(strstr(find_told(LIVE_NOTED, "v0")->i.note, "tcx program stranger (id "));
	live_free(l);
	close(link);
	close(prog);
}

static void filter_ahead(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_U32();
	assert_true(netns_sh("tc qdisc add dev v0 clsact && tc filter add dev v0 ingress prio 1 protocol ip u32 match u32 0 0"));
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	assert_int_equal(count_told(LIVE_NOTED), 1);
	assert_string_equal(find_told(LIVE_NOTED, "v0")->i.note,
			    "u32 filter of priority 1 runs ahead of hsmon at ingress: packets that it takes out are not seen");
	/* Gone, and another one later: told as it comes, by netlink. */
	assert_true(netns_sh("tc filter del dev v0 ingress prio 1"));
	follow(l);
	assert_int_equal(count_told(LIVE_NOTED), 1);
	assert_true(netns_sh("tc filter add dev v0 ingress prio 1 protocol ip u32 match u32 0 0"));
	follow(l);
	assert_int_equal(count_told(LIVE_NOTED), 2);
	live_free(l);
}

static void filter_behind_is_none_of_ours(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_U32();
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	assert_true(netns_sh("tc filter add dev v0 ingress prio 5 protocol ip u32 match u32 0 0"));
	follow(l);
	live_check(l);
	assert_int_equal(count_told(LIVE_NOTED), 0);
	live_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tcx_program_ahead),
		TEST(tcx_program_behind_is_none_of_ours),
		TEST(another_hsmon_is_no_stranger),
		TEST(tcx_is_ahead_of_clsact),
		TEST(filter_ahead),
		TEST(filter_behind_is_none_of_ours),
	};

	return live_tests_run(tests, sizeof(tests) / sizeof(tests[0]));
}
