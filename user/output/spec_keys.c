/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/spec_keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/fields.h"
#include "output/delivery.h"
#include "output/format.h"

enum key_kind { KEY_TEXT, KEY_WORD, KEY_NUMBER, KEY_SIZE, KEY_POWER, KEY_TIME };

struct key {
	const char *name;
	enum key_kind kind;
	size_t offset;
	uint64_t def, min, max;
	const char *const *words;	/* KEY_WORD: by value */
	const char *only;		/* the destinations that it means something to, between blanks; NULL: all; "": also stdout */
};

static const char *const policies[] = { [QUEUE_DROP_OLDEST] = "oldest", [QUEUE_DROP_NEWEST] = "newest", [QUEUE_BLOCK] = "block", NULL };
static const char *const fsyncs[] = { [FSYNC_NONE] = "none", [FSYNC_INTERVAL] = "interval", [FSYNC_EACH] = "each", NULL };
static const char *const compressions[] = {
	[COMPRESS_NONE] = "none", [COMPRESS_GZIP] = "gzip", [COMPRESS_ZSTD] = "zstd", NULL
};

#define AT(member) offsetof(struct output_spec, member)
#define KIB (1ull << 10)
#define GIB (1ull << 30)

static const struct key keys[] = {
	{ "filter", KEY_TEXT, AT(filter_text), 0, 0, 0, NULL, "" },
	{ "schema", KEY_WORD, AT(schema), 0, 0, 0, schema_names, "" },
	{ "queue", KEY_POWER, AT(queue_bytes), 4096 * KIB, 64 * KIB, GIB, NULL, NULL },
	{ "drop", KEY_WORD, AT(drop), 0, 0, 0, policies, NULL },
	{ "linger", KEY_TIME, AT(linger_s), 5, 0, 3600, NULL, NULL },
	{ "retry-max", KEY_TIME, AT(retry_max_s), 30, 1, 3600, NULL, NULL },
	{ "rotate-size", KEY_SIZE, AT(rotate_size), 0, 4 * KIB, KIB * KIB * GIB, NULL, " file " },
	{ "rotate-time", KEY_TIME, AT(rotate_s), 0, 1, 366 * 86400, NULL, " file " },
	{ "keep", KEY_NUMBER, AT(keep), 10, 0, 100000, NULL, " file " },
	{ "compress", KEY_WORD, AT(compress), 0, 0, 0, compressions, " file " },
	{ "fsync", KEY_WORD, AT(fsync), 0, 0, 0, fsyncs, " file " },
};

#define KEY_CNT (sizeof(keys) / sizeof(*keys))

int spec_bad(char *err, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void spec_defaults(struct output_spec *s)
{
	for (size_t i = 0; i < KEY_CNT; i++)
		if (keys[i].kind != KEY_TEXT && keys[i].kind != KEY_WORD)
			*(uint64_t *)((char *)s + keys[i].offset) = keys[i].def;
	s->drop = s->schema = -1;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit sizes[] = { { "", 1 }, { "K", KIB }, { "M", KIB * KIB }, { "G", GIB }, { NULL, 0 } };
static const struct unit times[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { NULL, 0 } };
static const struct unit numbers[] = { { "", 1 }, { NULL, 0 } };

static const struct unit *units_of(enum key_kind kind)
{
	return kind == KEY_TIME ? times : kind == KEY_NUMBER ? numbers : sizes;
}

static const char *units_text(enum key_kind kind)
{
	return kind == KEY_TIME ? " seconds (or with m, h, d)" : kind == KEY_NUMBER ? "" : " bytes (or with K, M, G)";
}

static bool read_number(const char *text, enum key_kind kind, uint64_t *out)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || end == text || *text < '0' || *text > '9')
		return false;
	for (const struct unit *u = units_of(kind); u->name; u++) {
		if (!strcmp(end, u->name) && v <= UINT64_MAX / u->factor) {
			*out = v * u->factor;
			return true;
		}
	}
	return false;
}

static int set_number(struct output_spec *s, const struct key *k, const char *value, char *err, size_t size)
{
	uint64_t v;

	if (!read_number(value, k->kind, &v) || v < k->min || v > k->max)
		return spec_bad(err, size, "%s: '%.40s' is not a number from %llu to %llu%s", k->name, value,
				(unsigned long long)k->min, (unsigned long long)k->max, units_text(k->kind));
	if (k->kind == KEY_POWER && (v & (v - 1)))
		return spec_bad(err, size, "%s: '%.40s' is not a power of two", k->name, value);
	*(uint64_t *)((char *)s + k->offset) = v;
	return 0;
}

static int set_word(struct output_spec *s, const struct key *k, const char *value, char *err, size_t size)
{
	char list[200] = "";
	size_t at = 0;

	for (int i = 0; k->words[i]; i++) {
		if (!strcmp(k->words[i], value)) {
			*(int *)((char *)s + k->offset) = i;
			return 0;
		}
		if (at < sizeof(list))
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", k->words[i]);
	}
	return spec_bad(err, size, "%s: '%.40s' is none of %s", k->name, value, list);
}

static bool is_for(const struct key *k, const struct output_spec *s)
{
	char word[32];

	if (!s->delivery)
		return k->only && !*k->only;
	if (!k->only || !*k->only)
		return true;
	snprintf(word, sizeof(word), " %s ", s->delivery->name);
	return strstr(k->only, word);
}

int spec_set_key(struct output_spec *s, const char *name, const char *value, char *err, size_t size)
{
	for (size_t i = 0; i < KEY_CNT; i++) {
		const struct key *k = &keys[i];

		if (strcmp(k->name, name))
			continue;
		if (!is_for(k, s))
			return spec_bad(err, size, "%s: has no meaning for %s", name,
					s->delivery ? s->delivery->name : "standard output");
		if (k->kind == KEY_WORD)
			return set_word(s, k, value, err, size);
		if (k->kind != KEY_TEXT)
			return set_number(s, k, value, err, size);
		*(const char **)((char *)s + k->offset) = value;
		return 0;
	}
	return spec_bad(err, size, "'%.40s' is no key of an output", name);
}
