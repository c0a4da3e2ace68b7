// SPDX-License-Identifier: BSD-2-Clause
/* Loading the programs, choosing interfaces, attaching to them. */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "live_env.h"

static void names(void **state)
{
	static const char *const good[] = { "eth0", "a", "fifteen-letters", "veth*", "en[op]s?", "br-1.7@x" };
	static const char *const bad[] = { "", ".", "..", "sixteen-letters!", "a/b", "a:1", "a b", "a\tb", "\033[1m" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(live_name_fault(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(live_name_fault(bad[i]));
}

static void expect_setting(const struct live_settings *s, const char *text)
{
	assert_null(live_load(s, NULL, NULL, &error));
	assert_int_equal(error.fault, LIVE_FAULT_SETTING);
	if (!strstr(error.text, text))
		fail_msg("no '%s' in: %s", text, error.text);
}

static void settings_bad(void **state)
{
	const char *name = "a/b";

	(void)state;
	expect_setting(&(struct live_settings){ .ring_bytes = 1 }, "a ring of 1 bytes");
	expect_setting(&(struct live_settings){ .ring_bytes = 12288 }, "power of two");
	expect_setting(&(struct live_settings){ .ring_bytes = 1u << 31 }, "1073741824");
	expect_setting(&(struct live_settings){ .flows_max = 1 }, "from 16 to");
	expect_setting(&(struct live_settings){ .openings_max = UINT32_MAX }, "4294967295 connections");
	expect_setting(&(struct live_settings){ .ifnames = &name, .ifname_cnt = 1 }, "'a/b'");
}

/* A kernel that says no to everything, and what is to be made of it. */
struct refusal {
	int bpf_errno;			/* 0: bpf() works */
	rlim_t files;			/* 0: no limit */
	enum live_fault fault;
	const char *text;
};

static const struct refusal refusals[] = {
	{ EPERM, 0, LIVE_FAULT_PRIVILEGE, "forbids bpf()" },
	{ ENOSYS, 0, LIVE_FAULT_KERNEL, "CONFIG_BPF_SYSCALL" },
	{ EINVAL, 0, LIVE_FAULT_KERNEL, "5.8 or newer" },
	{ ENOMEM, 0, LIVE_FAULT_MEMORY, "no memory" },
	{ 0, 4, LIVE_FAULT_MEMORY, "ulimit -n" },
	{ 0, 9, LIVE_FAULT_MEMORY, "ulimit -n" },
};

static void load_refused(const void *arg)
{
	const struct refusal *r = arg;
	const struct rlimit files = { r->files, r->files };

	if (r->bpf_errno) {
		scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

		CHILD_CHECK(!seccomp_rule_add(ctx, SCMP_ACT_ERRNO((uint32_t)r->bpf_errno), SCMP_SYS(bpf), 0));
		CHILD_CHECK(!seccomp_load(ctx));
	}
	CHILD_CHECK(!r->files || !setrlimit(RLIMIT_NOFILE, &files));
	CHILD_CHECK(!live_load(&(struct live_settings){ 0 }, NULL, NULL, &error));
	if (error.fault != r->fault || !strstr(error.text, r->text) || strchr(error.text, '\n')) {
		dprintf(2, "%d: %s\n", error.fault, error.text);
		_exit(1);
	}
}

static void refused_bad(void **state)
{
	(void)state;
	NEEDS_NETNS();
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		assert_int_equal(child_run(load_refused, &refusals[i]), 0);
}

static void load_unprivileged(const void *arg)
{
	(void)arg;
	CHILD_CHECK(geteuid() || !setresuid(65534, 65534, 65534));
	CHILD_CHECK(!live_load(&(struct live_settings){ 0 }, NULL, NULL, &error));
	CHILD_CHECK(error.fault == LIVE_FAULT_PRIVILEGE && strstr(error.text, "root"));
}

static void no_privilege_bad(void **state)
{
	(void)state;
	assert_int_equal(child_run(load_unprivileged, NULL), 0);
}

static void attaches(enum live_attach attach)
{
	struct live *l = attached(attach, NULL, 0);
	uint64_t before;

	assert_non_null(find_told(LIVE_ATTACHED, "lo"));
	assert_non_null(watched(l, "v0"));
	assert_null(watched(l, "v1"));		/* down */
	assert_int_equal(watched(l, "lo")->attach, attach);
	assert_string_equal(live_attach_name(watched(l, "lo")->attach), attach == LIVE_ATTACH_TCX ? "tcx" : "clsact");
	before = packets(l);
	send_packet();
	assert_true(packets(l) >= before + 2);
	live_detach_all(l);
	assert_int_equal(live_interface_cnt(l), 0);
	assert_non_null(find_told(LIVE_DETACHED, "v0"));
	before = packets(l);
	send_packet();
	assert_int_equal(packets(l), before);
	live_free(l);
}

static void attaches_tcx(void **state)
{
	(void)state;
	NEEDS_TCX();
	attaches(LIVE_ATTACH_TCX);
	assert_int_equal(tcx_count("lo") + tcx_count("v0"), 0);
}

static void attaches_clsact(void **state)
{
	(void)state;
	NEEDS_NETNS();
	attaches(LIVE_ATTACH_CLSACT);
	assert_false(has_qdisc("lo") || has_qdisc("v0"));
}

/* Detached by live_free() alone. */
static void frees(void **state)
{
	(void)state;
	NEEDS_NETNS();
	live_free(attached(LIVE_ATTACH_CLSACT, NULL, 0));
	live_free(attached(LIVE_ATTACH_AUTO, NULL, 0));
	assert_false(has_qdisc("lo"));
	assert_int_equal(tcx_count("lo"), 0);
	live_free(NULL);
}

static void ports(void **state)
{
	uint64_t bits[HS_PORT_WORDS] = { 0 };
	const uint64_t *const both[2] = { bits, NULL };
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	l = load(&(struct live_settings){ .ports = { bits, bits } });
	bits[443 / 64] |= 1ull << 443 % 64;
	live_set_ports(l, both);
	live_free(l);
}

static void selection(void **state)
{
	static const char *const selected[] = { "v0", "veth*" };
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	l = attached(LIVE_ATTACH_CLSACT, selected, 2);
	assert_int_equal(live_interface_cnt(l), 1);
	assert_true(netns_sh("ip link add veth7 type veth peer name other && ip link set other up"));
	follow(l);
	assert_non_null(watched(l, "veth7"));		/* asked for, so also while it is down */
	assert_null(watched(l, "other"));
	assert_true(netns_sh("ip link del v0 && ip link add v0 type veth peer name v1"));
	follow(l);
	assert_non_null(watched(l, "v0"));
	live_free(l);
}

static void names_bad(void **state)
{
	static const char *const absent[] = { "v0", "eth9" };
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	l = load(&(struct live_settings){ .ifnames = absent, .ifname_cnt = 2 });
	assert_int_equal(live_attach_all(l, &error), -ENODEV);
	assert_int_equal(error.fault, LIVE_FAULT_INTERFACE);
	assert_string_equal(error.text, "there is no interface 'eth9'; there are lo, v1, v0");
	assert_int_equal(live_interface_cnt(l), 0);
	assert_int_equal(told_cnt, 0);
	live_free(l);
	/* More than fit into the line. */
	assert_true(netns_sh("for i in $(seq 30); do ip link add long-name-no-$i type veth peer name peer-$i; done"));
	l = load(&(struct live_settings){ .ifnames = absent, .ifname_cnt = 2 });
	assert_int_equal(live_attach_all(l, &error), -ENODEV);
	assert_non_null(strstr(error.text, ", ..."));
	live_free(l);
}

static int open_tun(const char *name, int arphrd)
{
	struct ifreq req = { .ifr_flags = IFF_TUN };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &req) || (arphrd && ioctl(fd, TUNSETLINK, arphrd))) {
		print_message("# skip: no tun device here\n");
		skip();
	}
	return fd;
}

static void link_layers(void **state)
{
	static const char *const only[] = { "radio" };
	int plain, radio;
	struct live *l;

	(void)state;
	NEEDS_NETNS();
	plain = open_tun("plain", 0);
	radio = open_tun("radio", 803);		/* ARPHRD_IEEE80211_RADIOTAP */
	assert_true(netns_sh("ip link set plain up && ip link set radio up"));
	l = attached(LIVE_ATTACH_CLSACT, NULL, 0);
	assert_true(watched(l, "plain")->l3);
	assert_false(watched(l, "lo")->l3);
	assert_null(watched(l, "radio"));
	assert_true(has_filter("plain", "hsmon_ingress_l"));
	assert_int_equal(count_told(LIVE_FAILED), 0);	/* nobody asked for it */
	live_free(l);
	l = load(&(struct live_settings){ .ifnames = only, .ifname_cnt = 1 });
	assert_int_equal(live_attach_all(l, &error), -ENODEV);
	assert_int_equal(find_told(LIVE_FAILED, "radio")->err, -EPROTONOSUPPORT);
	/* Told once, not at every change of it. */
	assert_true(netns_sh("ip link set radio down && ip link set radio up"));
	follow(l);
	assert_int_equal(count_told(LIVE_FAILED), 1);
	live_free(l);
	close(plain);
	close(radio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(settings_bad), cmocka_unit_test(refused_bad),
		cmocka_unit_test(no_privilege_bad), TEST(attaches_tcx), TEST(attaches_clsact), TEST(frees), TEST(ports),
		TEST(selection), TEST(names_bad), TEST(link_layers),
	};

	return live_tests_run(tests, sizeof(tests) / sizeof(tests[0]));
}
