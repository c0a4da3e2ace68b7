// SPDX-License-Identifier: BSD-2-Clause
/* The XDP hook of interfaces. */
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <signal.h>
#include <sys/wait.h>

#include "live_env.h"

static bool has_xdp(const char *name)
{
	return netns_sh("ip link show dev %s | grep -q ' xdp'", name);
}

static struct live *on(enum live_attach attach, const char *name)
{
	static const char *only[1];

	only[0] = name;
	return attached(attach, only, 1);
}

/* A veth has a native hook, at a price that is told. */
static void native(void **state)
{
	struct live *l;
	uint64_t before;

	(void)state;
	NEEDS_NETNS();
	l = on(LIVE_ATTACH_XDP, "v0");
	assert_int_equal(live_interface_at(l, 0)->attach, LIVE_ATTACH_XDP);
	assert_int_equal(count_told(LIVE_NOTED), 1);
	assert_non_null(strstr(find_told(LIVE_NOTED, "v0")->i.note, "halves its throughput"));
	before = packets(l);
	/* The other end's neighbour discovery. */
	assert_true(netns_sh("ip link set v1 up"));
	for (int i = 0; i < 500 && packets(l) == before; i++)
		usleep(10000);
	assert_true(packets(l) > before);
	live_free(l);
	assert_false(has_xdp("v0"));
}

/* Loopback has none. */
static void generic_instead(void **state)
{
	struct live *l;
	uint64_t before;

	(void)state;
	NEEDS_NETNS();
	l = on(LIVE_ATTACH_XDP, "lo");
	assert_int_equal(live_interface_at(l, 0)->attach, LIVE_ATTACH_XDP_GENERIC);
	assert_non_null(strstr(find_told(LIVE_NOTED, "lo")->i.note, "generic"));
	before = packets(l);
	send_packet();
	/* It, and that nobody listens. */
	assert_true(packets(l) > before);
	live_detach_all(l);
	assert_false(has_xdp("lo"));
	live_free(l);
}

static void generic_wanted(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	l = on(LIVE_ATTACH_XDP_GENERIC, "v0");
	assert_true(netns_sh("ip link show dev v0 | grep -q xdpgeneric"));
	assert_int_equal(count_told(LIVE_NOTED), 0);
	live_free(l);
}

static int stranger(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "stranger", "GPL", code, 2, NULL);
}

/* Who is there stays there. */
static void taken_bad(void **state)
{
	static const char *const only[] = { "v0" };
	struct live *l;
	int prog, link;

	(void)state;
	NEEDS_NETNS();
	prog = stranger();
	assert_true(prog >= 0);
	link = bpf_link_create(prog, (int)if_nametoindex("v0"), BPF_XDP, NULL);
	assert_true(link >= 0);
	l = load(&(struct live_settings){ .attach = LIVE_ATTACH_XDP, .ifnames = only, .ifname_cnt = 1, .ring_bytes = 65536 });
	assert_true(live_attach_all(l, &error) < 0);
	assert_int_equal(error.fault, LIVE_FAULT_INTERFACE);
	assert_string_equal(live_failure_text(find_told(LIVE_FAILED, "v0")->err), "somebody else's XDP program is there");
	live_free(l);
	assert_true(has_xdp("v0"));
	close(link);
	close(prog);
}

/* The kernel takes it off with its process. */
static void killed(void **state)
{
	int fds[2], status;
	pid_t pid;
	char c;

	(void)state;
	NEEDS_NETNS();
	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		(void)on(LIVE_ATTACH_XDP, "v0");
		if (write(fds[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_true(has_xdp("v0"));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	for (int i = 0; i < 500 && has_xdp("v0"); i++)
		usleep(10000);
	assert_false(has_xdp("v0"));
}

static void goes_with_its_interface(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	l = on(LIVE_ATTACH_XDP, "v0");
	assert_true(netns_sh("ip link del v0"));
	live_check(l);
	follow(l);
	assert_non_null(find_told(LIVE_DETACHED, "v0"));
	assert_int_equal(live_interface_cnt(l), 0);
	assert_true(netns_sh("ip link add v0 type veth peer name v1"));
	follow(l);
	assert_int_equal(live_interface_cnt(l), 1);
	live_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(native), TEST(generic_instead), TEST(generic_wanted), TEST(taken_bad), TEST(killed),
		TEST(goes_with_its_interface),
	};

	return live_tests_run(tests, sizeof(tests) / sizeof(tests[0]));
}
