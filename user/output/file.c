/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that grows, and is put aside when it is large or old enough. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "output/aside.h"
#include "output/delivery.h"

#define BUFFER 65536
#define ENDS_MAX 4096
#define SYNC_NS NS_PER_S
#define MODE 0640

struct file {
	struct delivery d;
	int fd;
	struct aside *aside;		/* closed files: compresses and removes them */
	uint64_t size;			/* of the file, the buffer not counted */
	struct strbuf buf;
	uint32_t end[ENDS_MAX];		/* where each record in the buffer ends */
	size_t cnt;
	uint64_t confirmed;
	time_t period;			/* of rotate-time: the file is of this one */
	uint64_t sync_due_ns;		/* 0: nothing to sync */
};

static struct file *file_of(struct delivery *d)
{
	return (struct file *)d;
}

static bool rotates(const struct output_spec *s)
{
	return s->rotate_size || s->rotate_s;
}

static time_t period_now(const struct output_spec *s)
{
	return s->rotate_s ? time(NULL) / (time_t)s->rotate_s : 0;
}

static int file_prepare(struct delivery *d)
{
	struct file *f = file_of(d);

	f->fd = -1;
	f->aside = aside_new(d->spec);
	return f->aside ? 0 : -ENOMEM;
}

/* A line that was cut short, by a crash of the machine, does not take the next one with it. */
static int end_last_line(struct file *f)
{
	char last = '\n';

	if (f->size && pread(f->fd, &last, 1, (off_t)f->size - 1) == 1 && last != '\n') {
		if (write(f->fd, "\n", 1) != 1)
			return -errno;
		f->size++;
	}
	return 0;
}

static int open_path(struct file *f)
{
	struct stat st;

	f->fd = open(f->d.spec->target, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, MODE);
	if (f->fd < 0 || fstat(f->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return delivery_fail(&f->d, -EINVAL, "is no regular file");
	f->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	f->period = f->size && f->d.spec->rotate_s ? st.st_mtime / (time_t)f->d.spec->rotate_s : period_now(f->d.spec);
	return end_last_line(f);
}

static void set_alarm(struct file *f)
{
	const struct output_spec *s = f->d.spec;
	uint64_t next = DELIVERY_NO_TIME, now = clock_monotonic_ns();

	if (s->rotate_s) {
		uint64_t real = clock_real_ns(), period_ns = s->rotate_s * NS_PER_S;

		next = now + (period_ns - real % period_ns);
	}
	if (f->sync_due_ns && f->sync_due_ns < next)
		next = f->sync_due_ns;
	f->d.wake_ns = next;
	f->d.fd = aside_fd(f->aside);
	f->d.events = 1;		/* POLLIN */
}

static int file_open(struct delivery *d)
{
	struct file *f = file_of(d);
	int ret;

	f->cnt = 0;
	f->confirmed = 0;
	f->sync_due_ns = 0;
	strbuf_reset(&f->buf);
	ret = open_path(f);
	/* What an earlier run put aside and did not come to compress. */
	if (!ret && rotates(d->spec))
		aside_tidy(f->aside);
	set_alarm(f);
	return ret;
}

static int sync_now(struct file *f)
{
	f->sync_due_ns = 0;
	return fdatasync(f->fd) && errno != EINVAL && errno != EROFS ? -errno : 0;
}

/* Others may cut it, too. */
static void measure(struct file *f)
{
	struct stat st;

	if (!fstat(f->fd, &st) && S_ISREG(st.st_mode))
		f->size = (uint64_t)st.st_size;
}

/* Some of the buffer came into the file: whole records stay, the rest is taken back. */
static int cut(struct file *f, size_t written, int err)
{
	size_t whole = 0, i = 0;

	for (; i < f->cnt && f->end[i] <= written; i++)
		whole = f->end[i];
	measure(f);
	if (written > whole && f->size >= written - whole && ftruncate(f->fd, (off_t)(f->size - (written - whole))))
		return delivery_fail(&f->d, -errno, "a line was cut short");
	f->confirmed += i;
	return err;
}

static int write_buffer(struct file *f)
{
	size_t at = 0;

	while (at < f->buf.len) {
		ssize_t n = write(f->fd, f->buf.s + at, f->buf.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return cut(f, at, n ? -errno : -ENOSPC);
		at += (size_t)n;
	}
	if (at && f->d.spec->fsync == FSYNC_EACH && sync_now(f))
		return -EIO;
	if (at && f->d.spec->fsync == FSYNC_INTERVAL && !f->sync_due_ns)
		f->sync_due_ns = clock_monotonic_ns() + SYNC_NS;
	measure(f);
	f->confirmed += f->cnt;
	f->cnt = 0;
	strbuf_reset(&f->buf);
	return 0;
}

static int file_flush(struct delivery *d)
{
	int ret = write_buffer(file_of(d));

	set_alarm(file_of(d));
	return ret;
}

/* The file that the path names now is still ours. */
static bool is_ours(const struct file *f)
{
	struct stat a, b;

	return !fstat(f->fd, &a) && !stat(f->d.spec->target, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int leave(struct file *f)
{
	int ret = f->d.spec->fsync != FSYNC_NONE ? sync_now(f) : 0;

	close(f->fd);
	f->fd = -1;
	return ret;
}

static int rotate(struct file *f)
{
	int ret = write_buffer(f);

	if (!ret)
		ret = leave(f);
	if (!ret && f->size)
		ret = aside_put(f->aside);
	return ret ? ret : open_path(f);
}

static int file_deliver(struct delivery *d, const struct record_head *head, const char *bytes)
{
	struct file *f = file_of(d);
	const struct output_spec *s = d->spec;
	int ret = 0;

	if (f->cnt == ENDS_MAX || (f->cnt && f->buf.len + head->len > BUFFER))
		ret = write_buffer(f);
	if (!ret && s->rotate_size && f->size + f->buf.len && f->size + f->buf.len + head->len > s->rotate_size)
		ret = rotate(f);
	if (ret)
		return ret;
	strbuf_add(&f->buf, bytes, head->len);
	if (f->buf.failed)
		return -ENOMEM;
	f->end[f->cnt++] = (uint32_t)f->buf.len;
	return 0;
}

static int file_step(struct delivery *d)
{
	struct file *f = file_of(d);
	int ret = 0;

	aside_step(f->aside);
	if (f->sync_due_ns && clock_monotonic_ns() >= f->sync_due_ns)
		ret = sync_now(f);
	if (!ret && d->spec->rotate_s && period_now(d->spec) != f->period)
		ret = rotate(f);
	set_alarm(f);
	return ret;
}

/* SIGHUP: somebody has moved the file away, or wants us to. */
static int file_reopen(struct delivery *d)
{
	struct file *f = file_of(d);
	int ret;

	if (rotates(d->spec) && is_ours(f)) {
		ret = rotate(f);
	} else {
		ret = write_buffer(f);
		if (!ret)
			ret = leave(f);
		if (!ret)
			ret = open_path(f);
	}
	set_alarm(f);
	return ret;
}

static uint64_t file_confirmed(struct delivery *d)
{
	return file_of(d)->confirmed;
}

static void file_close(struct delivery *d)
{
	struct file *f = file_of(d);

	if (f->fd >= 0)
		(void)leave(f);
}

static void file_free(struct delivery *d)
{
	aside_free(file_of(d)->aside);
	strbuf_free(&file_of(d)->buf);
}

const struct delivery_ops delivery_file = {
	.name = "file",
	.size = sizeof(struct file),
	.is_path = true,
	.must_open = true,
	.prepare = file_prepare,
	.open = file_open,
	.step = file_step,
	.deliver = file_deliver,
	.flush = file_flush,
	.confirmed = file_confirmed,
	.reopen = file_reopen,
	.close = file_close,
	.free = file_free,
};
