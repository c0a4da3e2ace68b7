/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/keylog.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tls/secret_store.h"

#define LINE_MAX_LEN SECRET_ROOM_LEN	/* the longest has 36 + 1 + 64 + 1 + 96 bytes, perhaps a carriage return, or blanks at its end */

struct keylog {
	struct secret_store *store;
	char *line;			/* LINE_MAX_LEN bytes in the store's memory */
	size_t len;
	bool skipping;			/* the rest of the line is of no interest */
	struct keylog_stats stats;
};

/* With the blank that follows. */
static const struct {
	const char *label;
	enum secret_label secret;
} labels[] = {
	{ "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", SECRET_CLIENT_HANDSHAKE_TRAFFIC },
	{ "SERVER_HANDSHAKE_TRAFFIC_SECRET ", SECRET_SERVER_HANDSHAKE_TRAFFIC },
	{ "QUIC_CLIENT_HANDSHAKE_TRAFFIC_SECRET ", SECRET_CLIENT_HANDSHAKE_TRAFFIC },
	{ "QUIC_SERVER_HANDSHAKE_TRAFFIC_SECRET ", SECRET_SERVER_HANDSHAKE_TRAFFIC },
};

struct keylog *keylog_new(struct secret_store *store)
{
	struct keylog *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->store = store;
	k->line = secret_store_take_room(store);
	if (k->line)
		return k;
	free(k);
	return NULL;
}

void keylog_free(struct keylog *k)
{
	if (!k)
		return;
	secret_store_give_room(k->store, k->line);
	free(k);
}

static void wipe(struct keylog *k)
{
	OPENSSL_cleanse(k->line, k->len);
	k->len = 0;
}

/* Can a line that begins like this be one of ours? */
static bool may_be_ours(const char *line, size_t len)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		size_t n = strlen(labels[i].label);

		if (!memcmp(line, labels[i].label, len < n ? len : n))
			return true;
	}
	return false;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex up to a blank or the end; how many bytes, 0 if it is none or too long. */
static size_t unhex(const char **p, const char *end, uint8_t *out, size_t max)
{
	size_t n = 0;

	while (*p < end && **p != ' ') {
		int high = digit((*p)[0]), low = end - *p > 1 ? digit((*p)[1]) : -1;

		if (high < 0 || low < 0 || n == max)
			return 0;
		out[n++] = (uint8_t)(high << 4 | low);
		*p += 2;
	}
	return n;
}

static bool put(struct keylog *k, enum secret_label label, const char *p, const char *end)
{
	const struct secret_source source = { .origin = SECRET_FROM_KEYLOG };
	uint8_t random[SECRET_RANDOM_LEN], secret[SECRET_MAX_LEN];
	bool fine = unhex(&p, end, random, sizeof(random)) == sizeof(random) && p < end;

	if (fine) {
		size_t len;

		p++;
		len = unhex(&p, end, secret, sizeof(secret));
		fine = p == end && !secret_store_add_random(k->store, label, random, secret, len, source);
	}
	OPENSSL_cleanse(secret, sizeof(secret));
	return fine;
}

static void line_ends(struct keylog *k)
{
	const char *end = k->line + k->len;

	/* What is behind the secret: of a text file of another system, or written by hand. */
	while (end > k->line && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		size_t n = strlen(labels[i].label);

		if (k->len < n || memcmp(k->line, labels[i].label, n))
			continue;
		if (end > k->line + n && put(k, labels[i].secret, k->line + n, end))
			k->stats.secrets++;
		else
			k->stats.malformed++;
	}
	wipe(k);
}

/* More of a line. */
static void append(struct keylog *k, const uint8_t *p, size_t len)
{
	size_t n = len < LINE_MAX_LEN - k->len ? len : LINE_MAX_LEN - k->len;

	if (k->skipping || !len)
		return;
	memcpy(k->line + k->len, p, n);
	k->len += n;
	if (may_be_ours(k->line, k->len)) {
		if (n == len)
			return;
		k->stats.malformed++;
	}
	k->skipping = true;
	wipe(k);
}

void keylog_feed(struct keylog *k, const uint8_t *p, size_t len)
{
	while (len) {
		const uint8_t *nl = memchr(p, '\n', len);
		size_t n = nl ? (size_t)(nl - p) : len;

		append(k, p, n);
		if (!nl)
			return;
		if (!k->skipping)
			line_ends(k);
		k->skipping = false;
		p += n + 1;
		len -= n + 1;
	}
}

void keylog_end(struct keylog *k)
{
	if (!k->skipping)
		line_ends(k);
	k->skipping = false;
}

void keylog_restart(struct keylog *k)
{
	wipe(k);
	k->skipping = false;
}

const struct keylog_stats *keylog_stats(const struct keylog *k)
{
	return &k->stats;
}
