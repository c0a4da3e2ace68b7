/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file behind a mapping. Whoever may run programs decides what is behind a path, so it is first opened without
 * effect (O_PATH), looked at, and opened for reading only if it is a regular file that cannot make us wait.
 */
#include "tap/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Of linux/magic.h and of the file systems' sources. */
static const uint32_t waiting_systems[] = {
	0x00006969,	/* NFS */
	0xff534d42,	/* CIFS */
	0xfe534d42,	/* SMB 2 */
	0x517b,		/* SMB */
	0x01021997,	/* 9p */
	0x65735546,	/* FUSE */
	0x00c36400,	/* Ceph */
	0x5346414f,	/* AFS */
	0x73757245,	/* Coda */
};

/* Where the system itself is, it has been waited for already. */
static bool is_on_root(const struct stat *st)
{
	struct stat root;

	return !stat("/", &root) && root.st_dev == st->st_dev;
}

static bool may_wait(int fd, const struct stat *st)
{
	struct statfs fs;

	if (is_on_root(st))
		return false;
	if (fstatfs(fd, &fs))
		return true;
	for (size_t i = 0; i < sizeof(waiting_systems) / sizeof(waiting_systems[0]); i++)
		if ((uint32_t)fs.f_type == waiting_systems[i])
			return true;
	return false;
}

static int open_for_reading(int fd)
{
	char path[40];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return ret < 0 ? -errno : ret;
}

/* ino: 0, or which file it must be. */
static int open_path(const char *path, int flags, uint64_t ino)
{
	int ret, fd = open(path, O_PATH | O_CLOEXEC | flags);
	struct stat st;

	if (fd < 0)
		return -ESRCH;
	if (fstat(fd, &st))
		ret = -errno;
	else if (ino && st.st_ino != ino)
		ret = -ESRCH;
	else if (!S_ISREG(st.st_mode))
		ret = -EBADF;
	else if (may_wait(fd, &st))
		ret = -EREMOTE;
	else
		ret = open_for_reading(fd);
	close(fd);
	return ret;
}

int mapping_open_file(const struct mapping *m)
{
	char path[PATH_MAX + 40];
	int ret;

	/* The mapped file itself, even if it has been removed meanwhile. */
	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)m->pid, m->start, m->end);
	ret = open_path(path, 0, 0);
	if (ret != -ESRCH)
		return ret;
	/* The mapping has changed, or the process has ended already: then perhaps we see the same files. */
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)m->pid, m->path);
	ret = open_path(path, O_NOFOLLOW, m->ino);
	return ret == -ESRCH ? open_path(m->path, O_NOFOLLOW, m->ino) : ret;
}
