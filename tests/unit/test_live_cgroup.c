// SPDX-License-Identifier: BSD-2-Clause
/* The sockets of one cgroup: in cgroups of the test's own below the mount of cgroup2. */
#include <fcntl.h>
#include <sys/stat.h>

#include "capture/cgroup.h"
#include "live_env.h"

static char base[256], name[64];	/* full path; its last part */

#define NEEDS_CGROUP()                                                                                        \
	do {                                                                                                   \
		NEEDS_NETNS();                                                                                 \
		if (!base[0]) {                                                                                \
			print_message("# skip: no cgroup2 where cgroups can be made\n");                       \
			skip();                                                                                \
		}                                                                                              \
	} while (0)

static int make_base(void **state)
{
	(void)state;
	told_cnt = 0;
	snprintf(name, sizeof(name), "hsmon-test-%d", getpid());
	if (geteuid() || cgroup_find("/", base, sizeof(base))) {
		base[0] = '\0';
		return 0;
	}
	snprintf(base + strlen(base), sizeof(base) - strlen(base), "%s", name);
	if (mkdir(base, 0755))
		base[0] = '\0';
	return netns_sh("ip link set lo up") ? 0 : -1;
}

static int remove_base(void **state)
{
	char inner[300];

	(void)state;
	snprintf(inner, sizeof(inner), "%s/x.service", base);
	if (base[0]) {
		rmdir(inner);
		rmdir(base);
	}
	return 0;
}

static struct live *watching(const char *cgroup, bool unit)
{
	struct live *l = load(&(struct live_settings){ .cgroup = cgroup, .cgroup_unit = unit, .ring_bytes = 65536 });

	if (live_attach_all(l, &error))
		fail_msg("%s", error.text);
	return l;
}

/* A packet from a process of that cgroup, or of none. */
static void send_from(const char *cgroup)
{
	char procs[300];
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup ? cgroup : "");
		int fd = cgroup ? open(procs, O_WRONLY) : -1;

		if (cgroup && write(fd, "0", 1) != 1)
			_exit(1);
		send_packet();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void found(void **state)
{
	char out[300], inner[300], with_slash[80];

	(void)state;
	NEEDS_CGROUP();
	assert_int_equal(cgroup_find(base, out, sizeof(out)), 0);
	assert_string_equal(out, base);
	assert_int_equal(cgroup_find(name, out, sizeof(out)), 0);
	snprintf(with_slash, sizeof(with_slash), "/%s", name);
	assert_int_equal(cgroup_find(with_slash, out, sizeof(out)), 0);
	snprintf(inner, sizeof(inner), "%s/x.service", base);
	assert_int_equal(mkdir(inner, 0755), 0);
	assert_int_equal(cgroup_find_unit("x", out, sizeof(out)), 0);
	assert_non_null(strstr(out, name));
	assert_non_null(strstr(out, "/x.service"));
	assert_int_equal(cgroup_find_unit("x.service", out, sizeof(out)), 0);
	rmdir(inner);
}

static void found_bad(void **state)
{
	char out[300], small[8];

	(void)state;
	NEEDS_CGROUP();
	assert_int_equal(cgroup_find("nosuch/nosuch", out, sizeof(out)), -ENOENT);
	assert_int_equal(cgroup_find("/nosuch", out, sizeof(out)), -ENOENT);
	assert_int_equal(cgroup_find("/tmp", out, sizeof(out)), -ENOTDIR);
	assert_int_equal(cgroup_find(base, small, sizeof(small)), -ENAMETOOLONG);
	assert_int_equal(cgroup_find_unit("nosuch-unit", out, sizeof(out)), -ENOENT);
	assert_int_equal(cgroup_find_unit("", out, sizeof(out)), -ENOENT);
	assert_int_equal(cgroup_find_unit("../x", out, sizeof(out)), -ENOENT);
}

static void only_its_own(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_CGROUP();
	l = watching(name, false);
	assert_string_equal(live_cgroup_path(l) + strlen(live_cgroup_path(l)) - strlen(name), name);
	assert_int_equal(live_interface_cnt(l), 0);
	send_from(NULL);
	assert_int_equal(packets(l), 0);
	/* To a port without listener: only going out, what comes in is nobody's. */
	send_from(base);
	assert_int_equal(packets(l), 1);
	live_detach_all(l);
	send_from(base);
	assert_int_equal(packets(l), 1);
	live_free(l);
}

/* A service that is started again. */
static void goes_and_comes_back(void **state)
{
	struct live *l;
	char inner[300];

	(void)state;
	NEEDS_CGROUP();
	snprintf(inner, sizeof(inner), "%s/x.service", base);
	assert_int_equal(mkdir(inner, 0755), 0);
	l = watching("x", true);
	live_check(l);
	assert_int_equal(told_cnt - count_told(LIVE_RENAMED), 0);
	assert_int_equal(rmdir(inner), 0);
	for (int i = 0; i < 500 && !count_told(LIVE_LOST); i++) {
		live_check(l);
		usleep(10000);
	}
	assert_int_equal(count_told(LIVE_LOST), 1);
	assert_string_equal(live_cgroup_path(l), "");
	live_check(l);
	assert_int_equal(count_told(LIVE_LOST), 1);
	assert_int_equal(mkdir(inner, 0755), 0);
	live_check(l);
	assert_int_equal(count_told(LIVE_ATTACHED), 1);
	send_from(inner);
	assert_int_equal(packets(l), 1);
	live_free(l);
}

static void no_such_cgroup_bad(void **state)
{
	struct live *l;

	(void)state;
	NEEDS_CGROUP();
	l = load(&(struct live_settings){ .cgroup = "nosuch", .ring_bytes = 65536 });
	assert_true(live_attach_all(l, &error) < 0);
	assert_int_equal(error.fault, LIVE_FAULT_INTERFACE);
	assert_string_equal(error.text, "there is no cgroup 'nosuch'");
	live_free(l);
}

#define CG_TEST(fn) cmocka_unit_test_setup_teardown(fn, make_base, remove_base)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CG_TEST(found), CG_TEST(found_bad), CG_TEST(only_its_own), CG_TEST(goes_and_comes_back),
		CG_TEST(no_such_cgroup_bad),
	};

	return live_tests_run(tests, sizeof(tests) / sizeof(tests[0]));
}
