// SPDX-License-Identifier: BSD-2-Clause
#include "privs.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int from_number(const char *s, struct privs_identity *out)
{
	char *end;
	unsigned long n;

	if (*s < '0' || *s > '9')
		return -ENOENT;
	errno = 0;
	n = strtoul(s, &end, 10);
	/* (uid_t)-1 means "leave it" to setresuid(). */
	if (errno || *end || n >= UINT32_MAX)
		return -ENOENT;
	*out = (struct privs_identity){ .uid = (uid_t)n, .gid = (gid_t)n };
	return 0;
}

static int from_name(const char *name, struct privs_identity *out)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw)
		return from_number(name, out);
	*out = (struct privs_identity){ .uid = pw->pw_uid, .gid = pw->pw_gid };
	return 0;
}

int privs_find_any(const char *user, struct privs_identity *out)
{
	return from_name(user, out);
}

int privs_find(const char *user, struct privs_identity *out)
{
	int ret;

	if (user) {
		ret = privs_find_any(user, out);
		return ret ? ret : (out->uid == 0 || out->gid == 0) ? -EINVAL : 0;
	}
	if ((!from_name("hsmon", out) || !from_name("nobody", out)) && out->uid && out->gid)
		return 0;
	*out = (struct privs_identity){ .uid = PRIVS_NOBODY, .gid = PRIVS_NOBODY };
	return 0;
}

/* Needs CAP_SETPCAP; without, PR_SET_NO_NEW_PRIVS makes the bounding set meaningless anyway. must: whoever can become
 * somebody else has it. */
static int drop_bounding_set(bool must)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return errno == EPERM && !must ? 0 : -errno;
	return 0;
}

static int become(const struct privs_identity *id)
{
	if (setgroups(0, NULL) || setresgid(id->gid, id->gid, id->gid) || setresuid(id->uid, id->uid, id->uid))
		return -errno;
	return 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	/* Linux 4.3; the ambient set empties with the permitted one, too. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &head, none) ? -errno : 0;
}

static bool capabilities_are_gone(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return false;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if (data[i].effective | data[i].permitted | data[i].inheritable)
			return false;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static bool identity_is(const struct privs_identity *id)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) || getresgid(&gid[0], &gid[1], &gid[2]) || getgroups(0, NULL) != 0)
		return false;
	for (int i = 0; i < 3; i++)
		if (uid[i] != id->uid || gid[i] != id->gid)
			return false;
	return setuid(0) && setgid(0) && setgroups(0, NULL);
}

int privs_drop(const struct privs_identity *id)
{
	const struct rlimit no_core = { 0 };
	bool was_root = geteuid() == 0 || getuid() == 0;
	int ret = drop_bounding_set(was_root && id);

	if (!ret && id && was_root)
		ret = become(id);
	if (!ret)
		ret = drop_capabilities();
	if (ret)
		return ret;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || setrlimit(RLIMIT_CORE, &no_core))
		return -errno;
#ifndef HSMON_SANITIZED
	/* The leak checker reads its own /proc/self/maps and traces itself. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -errno;
#endif
	if (!capabilities_are_gone() || (id && was_root && !identity_is(id)))
		return -ENOTRECOVERABLE;
	return 0;
}
