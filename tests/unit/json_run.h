/* SPDX-License-Identifier: BSD-2-Clause */
/* A JSON output whose file is in memory. */
#ifndef HSMON_TESTS_UNIT_JSON_RUN_H
#define HSMON_TESTS_UNIT_JSON_RUN_H

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/sink.h"

struct run {
	struct sink *sink;
	int fd;
	char *text;
};

static inline void run_begin(struct run *r)
{
	struct sink_options opt = { 0 };

	r->text = NULL;
	opt.fd = r->fd = memfd_create("events", 0);
	assert_true(r->fd >= 0);
	r->sink = sink_json_new(&opt);
	assert_non_null(r->sink);
}

static inline char *run_text(struct run *r)
{
	struct stat st;

	free(r->text);
	assert_int_equal(sink_flush(r->sink), 0);
	assert_int_equal(fstat(r->fd, &st), 0);
	r->text = calloc(1, (size_t)st.st_size + 1);
	assert_int_equal(pread(r->fd, r->text, (size_t)st.st_size, 0), st.st_size);
	return r->text;
}

static inline void run_end(struct run *r)
{
	sink_free(r->sink);
	close(r->fd);
	free(r->text);
}

#endif
