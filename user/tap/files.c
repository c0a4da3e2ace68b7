/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/table.h"
#include "tap/mappings.h"
#include "tap/programs.h"

/* A file in which there was nothing to tap may be written again: it is looked at after so long, if it has changed. */
#define RECHECK_NS (10 * NS_PER_S)

struct key {
	uint64_t dev, ino;
};

struct file {
	struct table_node node;
	struct key key;
	uint64_t generation;		/* 0: not known */
	uint64_t checked_ns;
	int64_t size;			/* when it was looked at */
	struct timespec modified;
	/* for those that are tapped */
	struct file *prev, *next;
	struct tap_links links;
	struct tap_target targets[TAP_POINT_END];
	int target_cnt;			/* 0: is not tapped */
	int fd;
	int watch;			/* of inotify; -1: none */
	bool in_use;			/* seen by this sweep */
};

struct tap_files {
	const struct tap_programs *programs;
	struct table *known;
	struct file *tapped;
	struct tap_files_stats stats;
	int inotify_fd;
	bool want_sweep;
};

struct tap_files *tap_files_new(const struct tap_programs *p)
{
	struct tap_files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->programs = p;
	f->known = table_new();
	f->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->known && f->inotify_fd >= 0)
		return f;
	tap_files_free(f);
	return NULL;
}

static void unlink_tapped(struct tap_files *f, struct file *file)
{
	if (file->prev)
		file->prev->next = file->next;
	else
		f->tapped = file->next;
	if (file->next)
		file->next->prev = file->prev;
}

static void untap(struct tap_files *f, struct file *file)
{
	if (!file->target_cnt)
		return;
	tap_links_close(&file->links);
	for (int i = 0; i < file->target_cnt; i++)
		f->stats.by_point[file->targets[i].point]--;
	if (file->watch >= 0)
		(void)inotify_rm_watch(f->inotify_fd, file->watch);
	close(file->fd);
	unlink_tapped(f, file);
	file->target_cnt = 0;
	f->stats.tapped--;
}

static void forget(struct tap_files *f, struct file *file)
{
	untap(f, file);
	table_remove(f->known, &file->node);
	free(file);
}

void tap_files_free(struct tap_files *f)
{
	struct table_node *n;

	while (f->known && (n = table_oldest(f->known)))
		forget(f, container_of_node(n, struct file, node));
	table_free(f->known);
	if (f->inotify_fd >= 0)
		close(f->inotify_fd);
	free(f);
}

/* Not those that are tapped: there are far fewer of them than may be known. */
static void make_room(struct tap_files *f)
{
	while (table_count(f->known) >= FILES_KNOWN_MAX) {
		struct table_node *n = table_oldest(f->known);
		struct file *file = container_of_node(n, struct file, node);

		if (file->target_cnt)
			table_touch(f->known, n);
		else
			forget(f, file);
	}
}

static struct file *add(struct tap_files *f, const struct mapping *m)
{
	struct file *file;

	make_room(f);
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->key = (struct key){ m->dev, m->ino };
	file->generation = m->generation;
	file->watch = file->fd = -1;
	file->node.key = &file->key;
	file->node.key_len = sizeof(file->key);
	table_insert(f->known, &file->node);
	return file;
}

static int watch(const struct tap_files *f, int fd)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return inotify_add_watch(f->inotify_fd, path, IN_MODIFY | IN_ATTRIB);
}

/* Takes over fd, which is watched before anything is attached. */
static void tap(struct tap_files *f, struct file *file, int fd, int target_cnt)
{
	if (f->stats.tapped >= FILES_TAPPED_MAX) {
		f->stats.refused++;
		file->size = -1;	/* there may be room the next time */
		close(fd);
		return;
	}
	file->watch = watch(f, fd);
	if (tap_programs_attach(f->programs, fd, file->targets, (size_t)target_cnt, &file->links)) {
		f->stats.failed++;
		if (file->watch >= 0)
			(void)inotify_rm_watch(f->inotify_fd, file->watch);
		file->watch = -1;
		close(fd);
		return;
	}
	file->fd = fd;
	file->target_cnt = target_cnt;
	file->in_use = true;
	file->prev = NULL;
	file->next = f->tapped;
	if (f->tapped)
		f->tapped->prev = file;
	f->tapped = file;
	f->stats.tapped++;
	for (int i = 0; i < target_cnt; i++)
		f->stats.by_point[file->targets[i].point]++;
}

static bool is_unchanged(const struct file *file, const struct stat *st)
{
	return file->checked_ns && file->size == st->st_size && file->modified.tv_sec == st->st_mtim.tv_sec &&
	       file->modified.tv_nsec == st->st_mtim.tv_nsec;
}

static void look(struct tap_files *f, struct file *file, const struct mapping *m)
{
	int cnt, fd = mapping_open_file(m);
	struct stat st;

	if (fd == -ESRCH) {
		forget(f, file);	/* the next process that maps it tells of it again */
		return;
	}
	if (fd == -EREMOTE)
		f->stats.remote++;
	if (fd < 0 || fstat(fd, &st) || is_unchanged(file, &st)) {
		if (fd >= 0)
			close(fd);
		file->checked_ns = clock_monotonic_ns();
		return;
	}
	file->size = st.st_size;
	file->modified = st.st_mtim;
	file->checked_ns = clock_monotonic_ns();
	cnt = tap_find(fd, file->targets);
	if (cnt > 0)
		tap(f, file, fd, cnt);
	else
		close(fd);
}

/* A number of an inode that now is another file's. */
static bool is_another(const struct file *file, const struct mapping *m)
{
	return file->generation && m->generation && file->generation != m->generation;
}

void tap_files_see(struct tap_files *f, const struct mapping *m)
{
	const struct key key = { m->dev, m->ino };
	struct table_node *n = table_find(f->known, &key, sizeof(key));
	struct file *file = n ? container_of_node(n, struct file, node) : NULL;

	if (file && is_another(file, m)) {
		forget(f, file);
		file = NULL;
	}
	if (!file) {
		file = add(f, m);
		if (file)
			look(f, file, m);
		return;
	}
	table_touch(f->known, &file->node);
	file->in_use = true;
	if (m->generation)
		file->generation = m->generation;
	if (!file->target_cnt && clock_monotonic_ns() - file->checked_ns >= RECHECK_NS)
		look(f, file, m);
}

static struct file *by_watch(const struct tap_files *f, int watch)
{
	for (struct file *file = f->tapped; file; file = file->next)
		if (file->watch == watch)
			return file;
	return NULL;
}

static bool is_removed(const struct file *file)
{
	struct stat st;

	return fstat(file->fd, &st) || !st.st_nlink;
}

static void on_change(struct tap_files *f, const struct inotify_event *e)
{
	struct file *file = by_watch(f, e->wd);

	if (!file)
		return;
	if (e->mask & IN_MODIFY)
		forget(f, file);
	else if ((e->mask & IN_ATTRIB) && is_removed(file))
		f->want_sweep = true;
}

int tap_files_fd(const struct tap_files *f)
{
	return f->inotify_fd;
}

void tap_files_check(struct tap_files *f)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len;

	while ((len = read(f->inotify_fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + len; p += sizeof(struct inotify_event) + ((struct inotify_event *)p)->len)
			on_change(f, (const struct inotify_event *)p);
}

void tap_files_sweep_begin(struct tap_files *f)
{
	for (struct file *file = f->tapped; file; file = file->next)
		file->in_use = false;
}

void tap_files_sweep_end(struct tap_files *f)
{
	struct file *next;

	f->want_sweep = false;
	for (struct file *file = f->tapped; file; file = next) {
		next = file->next;
		if (!is_removed(file))
			continue;
		if (file->in_use)
			f->want_sweep = true;	/* later */
		else
			forget(f, file);
	}
}

bool tap_files_want_sweep(const struct tap_files *f)
{
	return f->want_sweep;
}

const struct tap_files_stats *tap_files_stats(const struct tap_files *f)
{
	return &f->stats;
}
