/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture file read by tests, and what came out of it. */
#ifndef HSMON_TESTS_FILE_RUN_H
#define HSMON_TESTS_FILE_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/file.h"
#include "capture/segment.h"
#include "captures.h"
#include "cases.h"

#define HELLO " open(d0) c0:200"

static char dir[] = "/tmp/hsmon-file-XXXXXX", path[64];
static struct capture cap;

/* What came out. */
struct got {
	struct text text;
	struct script script;
	uint64_t first_ns, last_ns;
	uint32_t ifindex;
	uint8_t hook;
	uint64_t counted[HS_CNT_MAX];
	char name[16];			/* of the last interface */
	char err[256];
	int open, end;			/* results */
	int packets;
};

static void file_on_open(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	struct got *g = ctx;

	assert_int_equal(offset_ns, 0);
	g->first_ns = time_ns;
	text_record(&g->text, &g->script, rec);
}

static void file_on_segment(void *ctx, const struct segment *seg)
{
	struct got *g = ctx;

	g->last_ns = seg->time_ns;
	g->ifindex = seg->rec->ifindex;
	g->hook = seg->rec->hook;
	text_record(&g->text, &g->script, seg->rec);
}

static void file_on_crossing(void *ctx, const struct hs_crossing *rec, uint64_t time_ns)
{
	struct got *g = ctx;

	(void)time_ns;
	text_record(&g->text, &g->script, rec);
}

static inline void run_path(const char *file, struct got *g)
{
	const struct segment_sink sink = { g, file_on_open, file_on_segment, file_on_crossing };
	static uint64_t ports[HS_PORT_WORDS];
	struct capture_file_settings set = { .gate.ports = { ports, ports } };
	struct capture_file *f;
	int n;

	memset(g, 0, sizeof(*g));
	script_init(&g->script);
	ports[SCRIPT_PORT / 64] = 1ULL << SCRIPT_PORT % 64;
	g->open = capture_file_open(file, &set, &sink, &f, g->err, sizeof(g->err));
	if (g->open)
		return;
	while ((n = capture_file_step(f, 7)) > 0)
		g->packets += n;
	g->end = n;
	/* Once more gives the same. */
	assert_int_equal(capture_file_step(f, 7), n);
	if (n)
		snprintf(g->err, sizeof(g->err), "%s", capture_file_error(f));
	snprintf(g->name, sizeof(g->name), "%s", capture_file_interface(f, g->ifindex) ?: "");
	for (int i = 0; i < HS_CNT_MAX; i++)
		g->counted[i] = capture_file_counters(f)->v[i];
	text_counters(&g->text, g->counted);
	capture_file_close(f);
}

static inline void run(struct got *g)
{
	capture_write(&cap, path);
	run_path(path, g);
}

static inline int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/capture", dir);
	return 0;
}

static inline int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

#endif
