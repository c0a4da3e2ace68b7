/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a key log, in one piece and in pieces as its first byte says: both find the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tls/keylog.h"
#include "tls/secret_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keylog_stats read_log(const uint8_t *p, size_t len, size_t piece, size_t *count)
{
	const struct secret_store_settings set = { .max = 4 };
	struct secret_store *store = secret_store_new(&set);
	struct keylog *k = keylog_new(store);
	struct keylog_stats stats;

	for (size_t at = 0, n; at < len; at += n) {
		uint8_t *copy;

		n = len - at < piece ? len - at : piece;
		copy = malloc(n);
		memcpy(copy, p + at, n);
		keylog_feed(k, copy, n);
		free(copy);
	}
	keylog_end(k);
	stats = *keylog_stats(k);
	*count = secret_store_count(store);
	keylog_free(k);
	secret_store_free(store);
	return stats;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole_cnt, piece_cnt;
	struct keylog_stats whole, pieces;

	if (size < 2)
		return 0;
	whole = read_log(data + 1, size - 1, size, &whole_cnt);
	pieces = read_log(data + 1, size - 1, 1 + data[0], &piece_cnt);
	if (whole.secrets != pieces.secrets || whole.malformed != pieces.malformed || whole_cnt != piece_cnt)
		abort();
	return 0;
}
