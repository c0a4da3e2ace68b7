/* SPDX-License-Identifier: BSD-2-Clause */
/* A strict reader of JSON (RFC 8259) for tests: it says whether a text is one value and nothing else, with valid
 * UTF-8, no control characters, no empty objects and no name twice in an object; and finds values by path. */
#ifndef HSMON_TESTS_UNIT_JSON_CHECK_H
#define HSMON_TESTS_UNIT_JSON_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

struct json_text {
	const char *p, *end;
};

static inline bool json_lit(struct json_text *t, const char *s)
{
	size_t n = strlen(s);

	if ((size_t)(t->end - t->p) < n || memcmp(t->p, s, n))
		return false;
	t->p += n;
	return true;
}

static inline bool json_hex4(struct json_text *t, unsigned int *v)
{
	char buf[5] = { 0 };

	if (t->end - t->p < 4 || strspn(t->p, "0123456789ABCDEFabcdef") < 4)
		return false;
	memcpy(buf, t->p, 4);
	t->p += 4;
	return sscanf(buf, "%x", v) == 1;
}

static inline bool json_escape(struct json_text *t)
{
	unsigned int high, low;

	if (t->p < t->end && strchr("\"\\/bfnrt", *t->p))
		return t->p++, true;
	if (!json_lit(t, "u") || !json_hex4(t, &high) || (high >= 0xdc00 && high < 0xe000))
		return false;
	if (high < 0xd800 || high >= 0xe000)
		return true;
	return json_lit(t, "\\u") && json_hex4(t, &low) && low >= 0xdc00 && low < 0xe000;
}

static inline bool json_string(struct json_text *t)
{
	if (!json_lit(t, "\""))
		return false;
	while (t->p < t->end && *t->p != '"') {
		uint32_t code;
		size_t n;

		if (json_lit(t, "\\")) {
			if (!json_escape(t))
				return false;
			continue;
		}
		n = utf8_decode(t->p, (size_t)(t->end - t->p), &code);
		if (!n || code < 0x20)
			return false;
		t->p += n;
	}
	return json_lit(t, "\"");
}

static inline bool json_number(struct json_text *t)
{
	const char *digits;

	json_lit(t, "-");
	digits = t->p;
	while (t->p < t->end && *t->p >= '0' && *t->p <= '9')
		t->p++;
	return t->p > digits && (*digits != '0' || t->p == digits + 1);
}

static inline bool json_value(struct json_text *t);

static inline bool json_array(struct json_text *t)
{
	do {
		if (!json_value(t))
			return false;
	} while (json_lit(t, ","));
	return json_lit(t, "]");
}

static inline bool json_name_is_new(const char *names, size_t len, const struct json_text *name)
{
	size_t n = (size_t)(name->end - name->p);

	for (size_t i = 0; i + n <= len; i += strlen(names + i) + 1)
		if (strlen(names + i) == n && !memcmp(names + i, name->p, n))
			return false;
	return true;
}

static inline bool json_object(struct json_text *t)
{
	char names[8192];
	size_t len = 0;

	do {
		struct json_text name = { t->p, NULL };

		if (!json_string(t))
			return false;
		name.end = t->p;
		if (!json_name_is_new(names, len, &name) || len + (size_t)(name.end - name.p) >= sizeof(names))
			return false;
		memcpy(names + len, name.p, (size_t)(name.end - name.p));
		len += (size_t)(name.end - name.p);
		names[len++] = '\0';
		if (!json_lit(t, ":") || !json_value(t))
			return false;
	} while (json_lit(t, ","));
	return json_lit(t, "}");
}

static inline bool json_value(struct json_text *t)
{
	if (json_lit(t, "{"))
		return json_object(t);
	if (json_lit(t, "["))
		return json_array(t);
	if (t->p < t->end && *t->p == '"')
		return json_string(t);
	return json_lit(t, "true") || json_lit(t, "false") || json_number(t);
}

static inline bool json_valid(const char *s, size_t len)
{
	struct json_text t = { s, s + len };

	return json_value(&t) && t.p == t.end;
}

/* The text of the value at a dotted path ("hsmon.steps" gives the whole array); {NULL, NULL}: not there. s is valid. */
static inline struct json_text json_get(const char *s, const char *path)
{
	struct json_text t = { s, s + strlen(s) }, none = { NULL, NULL };

	for (;;) {
		size_t n = strcspn(path, ".");
		bool found = false;

		if (!json_lit(&t, "{"))
			return none;
		do {
			struct json_text name = t;

			json_string(&t);
			name.end = t.p;
			json_lit(&t, ":");
			found = (size_t)(name.end - name.p) == n + 2 && !memcmp(name.p + 1, path, n);
			if (!found)
				json_value(&t);
		} while (!found && json_lit(&t, ","));
		if (!found)
			return none;
		if (!path[n])
			break;
		path += n + 1;
	}
	none.p = t.p;
	json_value(&t);
	none.end = t.p;
	return none;
}

#endif
