/* SPDX-License-Identifier: BSD-2-Clause */
#include "ports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535
#define DESCRIBE_MAX 4			/* ranges named before "..." */

/* IANA's service names. */
static const uint16_t tcp_well_known[] = {
	443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 2376, 2484, 3269, 4433, 4443, 5061, 5223, 5671, 6443, 6514,
	6697, 8443, 8531, 8883, 9443,
};

/* Clear text first, then perhaps TLS. */
static const uint16_t tcp_clear_first[] = {
	21, 25, 110, 119, 143, 389, 587, 3306, 3389, 4190, 5222, 5269, 5432, 6667,
};

static const uint16_t udp_well_known[] = { 443, 853, 2221, 3391, 4433, 5061, 5349, 5684, 8443 };

static void add(uint64_t bits[HS_PORT_WORDS], unsigned port)
{
	bits[port / 64] |= 1ULL << (port % 64);
}

static bool has(const uint64_t bits[HS_PORT_WORDS], unsigned port)
{
	return bits[port / 64] >> (port % 64) & 1;
}

void ports_well_known(struct ports *p)
{
	for (size_t i = 0; i < sizeof(tcp_well_known) / sizeof(*tcp_well_known); i++)
		add(p->bits[0], tcp_well_known[i]);
	for (size_t i = 0; i < sizeof(tcp_clear_first) / sizeof(*tcp_clear_first); i++)
		add(p->bits[0], tcp_clear_first[i]);
	for (size_t i = 0; i < sizeof(udp_well_known) / sizeof(*udp_well_known); i++)
		add(p->bits[1], udp_well_known[i]);
	snprintf(p->text, sizeof(p->text), "ports of TLS services");
}

bool ports_begin_clear(uint16_t port)
{
	for (size_t i = 0; i < sizeof(tcp_clear_first) / sizeof(*tcp_clear_first); i++)
		if (tcp_clear_first[i] == port)
			return true;
	return false;
}

static bool parse_port(const char *s, size_t len, unsigned *out)
{
	unsigned long v = 0;

	if (!len || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (unsigned long)(s[i] - '0');
	}
	*out = (unsigned)v;
	return v >= 1 && v <= PORT_MAX;
}

static bool parse_item(struct ports *p, const char *s, size_t len)
{
	const char *dash = memchr(s, '-', len);
	size_t low_len = dash ? (size_t)(dash - s) : len;
	unsigned low, high;

	if (len == 3 && !memcmp(s, "any", 3)) {
		p->any = true;
		return true;
	}
	if (!parse_port(s, low_len, &low))
		return false;
	high = low;
	if (dash && (!parse_port(dash + 1, len - low_len - 1, &high) || high < low))
		return false;
	for (unsigned port = low; port <= high; port++) {
		add(p->bits[0], port);
		add(p->bits[1], port);
	}
	return true;
}

bool ports_parse(struct ports *p, const char *list, char *err, size_t err_size)
{
	for (const char *s = list;; s++) {
		size_t len = strcspn(s, ",");

		if (!parse_item(p, s, len)) {
			snprintf(err, err_size, "'%.*s' is no port: 1 to 65535, a range as in 9000-9100, or any",
				 (int)(len < 40 ? len : 40), s);
			return false;
		}
		s += len;
		if (!*s)
			return true;
	}
}

void ports_describe(struct ports *p)
{
	char list[48] = "";
	size_t at = 0;
	unsigned ranges = 0, total = 0;

	for (unsigned port = 1; port <= PORT_MAX; port++) {
		unsigned low = port;

		if (!has(p->bits[0], port))
			continue;
		while (port < PORT_MAX && has(p->bits[0], port + 1))
			port++;
		total += port - low + 1;
		if (ranges++ < DESCRIBE_MAX)
			at += (size_t)snprintf(list + at, sizeof(list) - at, port > low ? "%s%u-%u" : "%s%u", at ? "," : "",
					       low, port);
	}
	if (p->any)
		snprintf(p->text, sizeof(p->text), "any port");
	else
		snprintf(p->text, sizeof(p->text), "port%s %s%s", total > 1 ? "s" : "", list,
			 ranges > DESCRIBE_MAX ? ",..." : "");
}
