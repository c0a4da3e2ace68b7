/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_real_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

int64_t clock_real_offset_ns(void)
{
	uint64_t best = UINT64_MAX;
	int64_t offset = 0;

	for (int i = 0; i < 5; i++) {
		uint64_t before = clock_monotonic_ns();
		uint64_t real = clock_real_ns();
		uint64_t took = clock_monotonic_ns() - before;

		if (took < best) {
			best = took;
			offset = (int64_t)(real - before - took / 2);
		}
	}
	return offset;
}

static void put_digits(char *to, unsigned v, int n)
{
	while (n--) {
		to[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

/* Days since the epoch to a proleptic Gregorian date: gmtime_r costs ten times as much, and takes a lock. */
static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	int64_t z = days + 719468;			/* from 0000-03-01 */
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);	/* day of the 400-year era */
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (int64_t)yoe + era * 400 + (*month <= 2);
}

static char *put_date_time(int64_t unix_s, char *out)
{
	int64_t days = unix_s / 86400, rest = unix_s % 86400, year;
	unsigned month, day;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	civil_from_days(days, &year, &month, &day);
	if (year < 0)
		year = 0;
	if (year > 9999)
		year = 9999;
	memcpy(out, "0000-00-00T00:00:00", 19);
	put_digits(out, (unsigned)year, 4);
	put_digits(out + 5, month, 2);
	put_digits(out + 8, day, 2);
	put_digits(out + 11, (unsigned)(rest / 3600), 2);
	put_digits(out + 14, (unsigned)(rest / 60 % 60), 2);
	put_digits(out + 17, (unsigned)(rest % 60), 2);
	return out + 19;
}

char *clock_iso(uint64_t real_ns, char out[CLOCK_ISO_LEN])
{
	char *p = put_date_time((int64_t)(real_ns / NS_PER_S), out);

	*p++ = '.';
	put_digits(p, (unsigned)(real_ns % NS_PER_S / NS_PER_US), 6);
	memcpy(p + 6, "Z", 2);
	return out;
}

char *clock_iso_seconds(int64_t unix_s, char out[CLOCK_ISO_LEN])
{
	memcpy(put_date_time(unix_s, out), "Z", 2);
	return out;
}

char *clock_local_time(uint64_t real_ns, char out[CLOCK_ISO_LEN])
{
	time_t t = (time_t)(real_ns / NS_PER_S);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(out, CLOCK_ISO_LEN, "%H:%M:%S", &tm))
		memcpy(out, "--:--:--", 9);
	return out;
}
