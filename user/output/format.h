/* SPDX-License-Identifier: BSD-2-Clause */
/* What an output's events look like: the sinks by name. */
#ifndef HSMON_OUTPUT_FORMAT_H
#define HSMON_OUTPUT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct sink;
struct sink_options;

struct output_format {
	const char *name;
	struct sink *(*new)(const struct sink_options *opt);
};

const struct output_format *output_format_find(const char *name, size_t len);
void output_format_names(char *out, size_t size);

#endif
