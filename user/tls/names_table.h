/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables behind names.h, sorted by id. Internal to names*.c. */
#ifndef HSMON_TLS_NAMES_TABLE_H
#define HSMON_TLS_NAMES_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct tls_name {
	uint32_t id;			/* first, here and below */
	const char *name;
};

struct tls_suite {
	uint32_t id;
	const char *name;
	const char *short_name;
};

struct tls_suite_table {
	const struct tls_suite *v;
	size_t n;
};

/* Suites below 0xC000, and from there on. */
extern const struct tls_suite_table tls_suites_low, tls_suites_high;

/* NULL: not there. */
const char *tls_name_find(const struct tls_name *table, size_t n, uint32_t id);

#define TLS_NAME_FIND(table, id) tls_name_find(table, sizeof(table) / sizeof((table)[0]), id)

#endif
