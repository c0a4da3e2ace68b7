/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/delivery.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct delivery_ops *const deliveries[] = {
	&delivery_file,
};

#define DELIVERY_CNT (sizeof(deliveries) / sizeof(*deliveries))

const struct delivery_ops *delivery_find(const char *name, size_t len)
{
	for (size_t i = 0; i < DELIVERY_CNT; i++)
		if (strlen(deliveries[i]->name) == len && !memcmp(deliveries[i]->name, name, len))
			return deliveries[i];
	return NULL;
}

void delivery_names(char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < DELIVERY_CNT && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", deliveries[i]->name);
}

int delivery_fail(struct delivery *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->error, sizeof(d->error), fmt, ap);
	va_end(ap);
	return err;
}
