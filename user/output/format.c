/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/format.h"

#include <stdio.h>
#include <string.h>

#include "sink/sink.h"

static const struct output_format formats[] = {
	{ .name = "text", .new = sink_text_new },
	{ .name = "json", .new = sink_json_new },
	{ .name = "csv", .new = sink_csv_new },
};

#define FORMAT_CNT (sizeof(formats) / sizeof(*formats))

const struct output_format *output_format_find(const char *name, size_t len)
{
	for (size_t i = 0; i < FORMAT_CNT; i++)
		if (strlen(formats[i].name) == len && !memcmp(formats[i].name, name, len))
			return &formats[i];
	return NULL;
}

void output_format_names(char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < FORMAT_CNT && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", formats[i].name);
}
