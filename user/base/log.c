/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

static enum log_level log_max = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	log_max = level;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	struct strbuf safe = { 0 };
	char line[1024];
	va_list ap;
	int n;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	/* Names of files, users and interfaces may hold anything; the kernel allows an interface called ESC[2J. */
	strbuf_term(&safe, line, strlen(line));
	/* One write a line, so that two processes do not mix theirs. */
	fprintf(stderr, "hsmon: %s\n", safe.failed ? "out of memory" : safe.len ? safe.s : "");
	strbuf_free(&safe);
}
