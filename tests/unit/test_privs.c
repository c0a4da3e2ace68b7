// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "child.h"
#include "privs.h"

static void find(void **state)
{
	struct privs_identity id = { 1, 1 };
	const struct passwd *pw = getpwnam("hsmon");

	(void)state;
	if (!pw)
		pw = getpwnam("nobody");
	assert_int_equal(privs_find(NULL, &id), 0);
	assert_int_equal(id.uid, pw ? pw->pw_uid : PRIVS_NOBODY);
	assert_int_equal(id.gid, pw ? pw->pw_gid : PRIVS_NOBODY);
	assert_int_equal(privs_find("4242", &id), 0);
	assert_int_equal(id.uid, 4242);
	assert_int_equal(id.gid, 4242);
}

static void find_bad(void **state)
{
	static const char *const absent[] = { "no-such-user-here", "", "-1", "4294967295", "99999999999999999999", "12x", " 12" };
	struct privs_identity id;

	(void)state;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_int_equal(privs_find(absent[i], &id), -ENOENT);
	assert_int_equal(privs_find("root", &id), -EINVAL);
	assert_int_equal(privs_find("0", &id), -EINVAL);
}

/* What /proc/self/status says after a name. */
static uint64_t status_hex(const char *name)
{
	char buf[8192] = { 0 }, *at;
	int fd = open("/proc/self/status", O_RDONLY);

	CHILD_CHECK(fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	at = strstr(buf, name);
	CHILD_CHECK(at);
	return strtoull(at + strlen(name), NULL, 16);
}

static void check_dropped(const struct privs_identity *id)
{
	static const char *const sets[] = { "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:" };
	struct rlimit lim;
	gid_t groups[8];

	CHILD_CHECK(getuid() == id->uid && geteuid() == id->uid && getgid() == id->gid && getegid() == id->gid);
	CHILD_CHECK(getgroups(8, groups) == 0);
	CHILD_CHECK(setuid(0) == -1 && seteuid(0) == -1 && setgid(0) == -1);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		CHILD_CHECK(status_hex(sets[i]) == 0);
	CHILD_CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
#ifndef HSMON_SANITIZED
	CHILD_CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
#endif
	CHILD_CHECK(!getrlimit(RLIMIT_CORE, &lim) && lim.rlim_max == 0);
	CHILD_CHECK(open("/etc/shadow", O_RDONLY) == -1);
}

static void drop_in_child(const void *arg)
{
	const struct privs_identity id = { 4242, 4343 };
	const gid_t groups[] = { 5, 6 };

	(void)arg;
	CHILD_CHECK(!setgroups(2, groups));
	CHILD_CHECK(privs_drop(&id) == 0);
	check_dropped(&id);
	/* Once more, as nobody special. */
	CHILD_CHECK(privs_drop(&id) == 0);
}

/* An identity that the namespace does not have: must fail, and loudly. */
static void drop_in_user_namespace(const void *arg)
{
	const struct privs_identity id = { 4242, 4242 };
	int fd;

	(void)arg;
	if (unshare(CLONE_NEWUSER))
		_exit(77);
	fd = open("/proc/self/uid_map", O_WRONLY);
	CHILD_CHECK(fd >= 0 && write(fd, "0 0 1\n", 6) == 6);
	CHILD_CHECK(privs_drop(&id) < 0);
	CHILD_CHECK(privs_drop(NULL) == 0);
	CHILD_CHECK(status_hex("CapPrm:") == 0 && status_hex("CapEff:") == 0);
}

static void needs_root(void)
{
	if (geteuid()) {
		print_message("# skip: needs root to give it up\n");
		skip();
	}
}

static void drop(void **state)
{
	(void)state;
	needs_root();
	assert_int_equal(child_run(drop_in_child, NULL), 0);
}

static void drop_bad(void **state)
{
	int status;

	(void)state;
	needs_root();
	status = child_run(drop_in_user_namespace, NULL);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("# skip: no user namespaces here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void unprivileged_in_child(const void *arg)
{
	const struct privs_identity other = { 4242, 4242 };
	uid_t me;

	(void)arg;
	if (!geteuid())
		CHILD_CHECK(!setgroups(0, NULL) && !setresgid(777, 777, 777) && !setresuid(777, 777, 777));
	me = getuid();
	CHILD_CHECK(privs_drop(&other) == 0);
	CHILD_CHECK(getuid() == me && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

static void drop_unprivileged(void **state)
{
	(void)state;
	assert_int_equal(child_run(unprivileged_in_child, NULL), 0);
}

/* Not root, but with capabilities, as a program that has them in its file. */
static void capable_in_child(const void *arg)
{
	const struct privs_identity id = { 777, 777 };

	(void)arg;
	CHILD_CHECK(!setgroups(0, NULL) && !setresgid(777, 777, 777));
	CHILD_CHECK(!prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) && !setresuid(777, 777, 777));
	CHILD_CHECK(status_hex("CapPrm:") != 0);
	CHILD_CHECK(privs_drop(&id) == 0);
	CHILD_CHECK(status_hex("CapPrm:") == 0 && status_hex("CapEff:") == 0);
}

static void drop_capabilities_only(void **state)
{
	(void)state;
	needs_root();
	assert_int_equal(child_run(capable_in_child, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find),
		cmocka_unit_test(find_bad),
		cmocka_unit_test(drop),
		cmocka_unit_test(drop_bad),
		cmocka_unit_test(drop_unprivileged),
		cmocka_unit_test(drop_capabilities_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
