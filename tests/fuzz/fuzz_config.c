/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration file's reader: whatever the bytes, each line found is one that was there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config *c = NULL;
	char err[64];
	unsigned int before = 0;
	size_t sum = 0;

	if (config_parse((const char *)data, len, &c, err, sizeof(err)))
		return 0;
	for (size_t i = 0; i < config_cnt(c); i++) {
		const struct config_line *line = config_at(c, i);

		if (line->number <= before || !*line->name)
			abort();
		before = line->number;
		sum += strlen(line->name) + (line->value ? strlen(line->value) : 0);
	}
	if (sum > len)
		abort();
	config_free(c);
	return 0;
}
