/* SPDX-License-Identifier: BSD-2-Clause */
/* Times are nanoseconds in 64 bits; wall-clock times count from 1970-01-01T00:00:00Z. */
#ifndef HSMON_BASE_CLOCK_H
#define HSMON_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_S 1000000000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_US 1000ULL

uint64_t clock_monotonic_ns(void);
uint64_t clock_real_ns(void);
/* What to add to CLOCK_MONOTONIC to get CLOCK_REALTIME, read so that a preemption in between does not show. */
int64_t clock_real_offset_ns(void);

#define CLOCK_ISO_LEN 28	/* 2026-11-23T12:01:07.123456Z and its NUL */
/* ISO 8601, UTC, microseconds. Thread-safe. */
char *clock_iso(uint64_t real_ns, char out[CLOCK_ISO_LEN]);
/* ISO 8601, UTC, whole seconds, from a time_t that may lie before 1970 or after 2106. */
char *clock_iso_seconds(int64_t unix_s, char out[CLOCK_ISO_LEN]);
/* HH:MM:SS of the local time zone, for people. */
char *clock_local_time(uint64_t real_ns, char out[CLOCK_ISO_LEN]);

#endif
