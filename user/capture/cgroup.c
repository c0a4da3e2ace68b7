// SPDX-License-Identifier: BSD-2-Clause
#include "capture/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#define DEPTH_MAX 8			/* of units below each other: user managers have some */

static bool find_mount(char *out, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	bool found = false;

	for (struct mntent *m = f ? getmntent(f) : NULL; m && !found; m = getmntent(f))
		if (!strcmp(m->mnt_type, "cgroup2"))
			found = (size_t)snprintf(out, size, "%s", m->mnt_dir) < size;
	if (f)
		endmntent(f);
	return found;
}

static int is_cgroup(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs))
		return -errno;
	return fs.f_type == CGROUP2_SUPER_MAGIC ? 0 : -ENOTDIR;
}

int cgroup_find(const char *path, char *out, size_t size)
{
	char mount[256];
	int as_is = *path == '/' ? is_cgroup(path) : -ENOENT, ret;

	if (!as_is)
		return (size_t)snprintf(out, size, "%s", path) < size ? 0 : -ENAMETOOLONG;
	if (!find_mount(mount, sizeof(mount)))
		return -ENOTSUP;
	if ((size_t)snprintf(out, size, "%s/%s", mount, path + strspn(path, "/")) >= size)
		return -ENAMETOOLONG;
	ret = is_cgroup(out);
	return ret == -ENOENT ? as_is : ret;
}

/* dir, a buffer of size, becomes the path of the folder of that name below it; -ENOENT: as it was. */
static int search(char *dir, size_t size, const char *name, int depth)
{
	size_t len = strlen(dir);
	DIR *d = opendir(dir);
	int ret = -ENOENT;

	for (struct dirent *e = d ? readdir(d) : NULL; e && ret == -ENOENT; e = readdir(d)) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.' || len + strlen(e->d_name) + 2 > size)
			continue;
		snprintf(dir + len, size - len, "/%s", e->d_name);
		ret = !strcmp(e->d_name, name) ? 0 : depth ? search(dir, size, name, depth - 1) : -ENOENT;
		if (ret)
			dir[len] = '\0';
	}
	if (d)
		closedir(d);
	return ret;
}

int cgroup_find_unit(const char *unit, char *out, size_t size)
{
	char name[256], system_one[300];

	if (!*unit || strchr(unit, '/') ||
	    (size_t)snprintf(name, sizeof(name), "%s%s", unit, strchr(unit, '.') ? "" : ".service") >= sizeof(name))
		return -ENOENT;
	/* The system's own before one of the same name of some user's. */
	snprintf(system_one, sizeof(system_one), "system.slice/%s", name);
	if (!cgroup_find(system_one, out, size))
		return 0;
	if (!find_mount(out, size))
		return -ENOTSUP;
	return search(out, size, name, DEPTH_MAX);
}
