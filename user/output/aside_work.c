/* SPDX-License-Identifier: BSD-2-Clause */
/* Compresses closed files, and removes the oldest. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/aside.h"
#include "output/compress.h"
#include "output/spec.h"

#define STAMP "########-######.######"	/* #: a digit */
#define PART ".part"

struct closed {
	char **name;
	size_t cnt, room;
	int dir;
	const char *base;
};

static const char *const suffixes[] = { [COMPRESS_NONE] = "", [COMPRESS_GZIP] = ".gz", [COMPRESS_ZSTD] = ".zst" };

/* What stands behind the stamp; NULL: it is not one of ours. */
static const char *behind_stamp(const char *base, const char *name)
{
	size_t len = strlen(base);
	const char *p = name + len + 1;

	if (strncmp(name, base, len) || name[len] != '.')
		return NULL;
	for (const char *s = STAMP; *s; s++, p++)
		if (*s == '#' ? *p < '0' || *p > '9' : *p != *s)
			return NULL;
	return p;
}

static bool is_closed(const char *suffix)
{
	return suffix && (!*suffix || !strcmp(suffix, ".gz") || !strcmp(suffix, ".zst"));
}

static int add(struct closed *c, const char *name)
{
	if (c->cnt == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		char **more = realloc(c->name, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->name = more;
		c->room = room;
	}
	c->name[c->cnt] = strdup(name);
	return c->name[c->cnt] ? (c->cnt++, 0) : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Half of a compressed file is left over from a run that was killed: it is made anew. */
static int list(struct closed *c, DIR *dir)
{
	const struct dirent *e;
	int ret = 0;

	while (!ret && (e = readdir(dir))) {
		const char *suffix = behind_stamp(c->base, e->d_name);

		if (suffix && !strcmp(suffix, PART))
			(void)unlinkat(c->dir, e->d_name, 0);
		else if (is_closed(suffix))
			ret = add(c, e->d_name);
	}
	if (c->cnt)
		qsort(c->name, c->cnt, sizeof(*c->name), by_name);
	return ret;
}

static int compress_one(const struct closed *c, const char *name, int how)
{
	char part[NAME_MAX + 1], done[NAME_MAX + 1];
	int in, out, ret;

	if (snprintf(part, sizeof(part), "%s" PART, name) >= (int)sizeof(part) ||
	    snprintf(done, sizeof(done), "%s%s", name, suffixes[how]) >= (int)sizeof(done))
		return -ENAMETOOLONG;
	in = openat(c->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (in < 0)
		return -errno;
	out = openat(c->dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	ret = out < 0 ? -errno : how == COMPRESS_ZSTD ? compress_zstd(in, out) : compress_gzip(in, out);
	/* The only copy is removed only when the other one is on the disk. */
	if (!ret && (fsync(out) || renameat(c->dir, part, c->dir, done)))
		ret = -errno;
	close(in);
	if (out >= 0)
		close(out);
	if (!ret)
		return unlinkat(c->dir, name, 0) ? -errno : 0;
	(void)unlinkat(c->dir, part, 0);
	return ret;
}

static int work(struct closed *c, const struct output_spec *spec)
{
	size_t surplus = spec->keep && c->cnt > spec->keep ? c->cnt - spec->keep : 0;
	int ret = 0, first = 0;

	for (size_t i = 0; i < c->cnt; i++) {
		const char *suffix = behind_stamp(c->base, c->name[i]);

		if (i < surplus)
			ret = unlinkat(c->dir, c->name[i], 0) ? -errno : 0;
		else if (spec->compress && !*suffix)
			ret = compress_one(c, c->name[i], spec->compress);
		first = first ? first : ret;
	}
	return first;
}

int aside_work(const struct output_spec *spec)
{
	const char *slash = strrchr(spec->target, '/');
	char *folder = slash ? strndup(spec->target, slash == spec->target ? 1 : (size_t)(slash - spec->target)) : strdup(".");
	DIR *dir = folder ? opendir(folder) : NULL;
	struct closed c = { .base = slash ? slash + 1 : spec->target, .dir = dir ? dirfd(dir) : -1 };
	int ret = !folder ? -ENOMEM : !dir ? -errno : list(&c, dir);

	if (!ret)
		ret = work(&c, spec);
	for (size_t i = 0; i < c.cnt; i++)
		free(c.name[i]);
	free(c.name);
	if (dir)
		closedir(dir);
	free(folder);
	return ret;
}
