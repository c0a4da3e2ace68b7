/* SPDX-License-Identifier: BSD-2-Clause */
/* One option's value, whatever layer it comes from. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/log.h"
#include "options_private.h"
#include "output/spec.h"

void option_name(const struct option_row *row, char *buf, size_t size)
{
	if (row->letter)
		snprintf(buf, size, "-%c (--%s)", row->letter, row->name);
	else
		snprintf(buf, size, "--%s", row->name);
}

static bool set_number(const struct option_layer *l, const struct option_row *row, const char *text)
{
	char name[40], *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text < '0' || *text > '9' || v < row->min || v > row->max) {
		option_name(row, name, sizeof(name));
		log_error("%s%s: '%.40s' is not a number from %llu to %llu", l->origin, name, text, (unsigned long long)row->min,
			  (unsigned long long)row->max);
		return false;
	}
	*(uint64_t *)((char *)l->o + row->offset) = v;
	return true;
}

static bool set_word(const struct option_layer *l, const struct option_row *row, const char *text)
{
	char name[40], list[80] = "";
	size_t at = 0;

	for (int i = 0; row->words[i]; i++) {
		if (!strcmp(row->words[i], text)) {
			memcpy((char *)l->o + row->offset, &i, sizeof(i));
			return true;
		}
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", row->words[i]);
	}
	option_name(row, name, sizeof(name));
	log_error("%s%s: '%.40s' is none of %s", l->origin, name, text, list);
	return false;
}

/* 2026-11-23, 2026-11-23T12:00:00Z, @1795435200; UTC. */
static bool set_time(const struct option_layer *l, const struct option_row *row, const char *text)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d", "@%s" };
	int64_t at = 0;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms) && !at; i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);

		if (end && !*end)
			at = text[0] == '@' ? strtoll(text + 1, NULL, 10) : (int64_t)timegm(&tm);
	}
	if (at <= 0) {
		log_error("%s--%s: '%.40s' is no time like 2026-11-23, 2026-11-23T12:00:00Z or @1795435200", l->origin, row->name, text);
		return false;
	}
	*(int64_t *)((char *)l->o + row->offset) = at;
	return true;
}

static bool add_interface(const struct option_layer *l, const char *text)
{
	struct options *o = l->o;

	if (o->interface_cnt == OPTIONS_INTERFACES_MAX) {
		log_error("%s-i (--interface): '%.40s' is one too many: at most %d", l->origin, text, OPTIONS_INTERFACES_MAX);
		return false;
	}
	o->interfaces[o->interface_cnt++] = text;
	return true;
}

static bool add_output(const struct option_layer *l, const char *text)
{
	struct options *o = l->o;
	struct output_spec spec;
	char err[256] = "out of memory";

	if (o->output_cnt == OPTIONS_OUTPUTS_MAX) {
		log_error("%s-o (--output): '%.40s' is one too many: at most %d", l->origin, text, OPTIONS_OUTPUTS_MAX);
		return false;
	}
	if (output_spec_parse(&spec, text, err, sizeof(err))) {
		log_error("%s-o (--output): %s", l->origin, err);
		return false;
	}
	if (!spec.delivery && o->standard_output) {
		log_error("%s-o (--output): '%.40s': standard output has a format already", l->origin, text);
		output_spec_free(&spec);
		return false;
	}
	o->standard_output |= !spec.delivery;
	o->outputs[o->output_cnt++] = text;
	output_spec_free(&spec);
	return true;
}

static bool set_ports(const struct option_layer *l, const char *text)
{
	char err[128];

	if (ports_parse(&l->o->ports, text, err, sizeof(err)))
		return true;
	log_error("%s-p (--ports): %s", l->origin, err);
	return false;
}

/* Alone, or with a word: in a file or the environment one may be switched off again. */
static bool set_flag(const struct option_layer *l, const struct option_row *row, const char *text)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; text && i < sizeof(words) / sizeof(*words); i++) {
		if (!strcasecmp(text, words[i])) {
			*(bool *)((char *)l->o + row->offset) = i % 2;
			return true;
		}
	}
	if (text) {
		log_error("%s--%s: '%.40s' is neither yes nor no", l->origin, row->name, text);
		return false;
	}
	*(bool *)((char *)l->o + row->offset) = true;
	return true;
}

/* An earlier layer's. */
static void forget(struct options *o, const struct option_row *row)
{
	switch (row->kind) {
	case KIND_PORTS:
		o->ports = (struct ports){ 0 };
		break;
	case KIND_INTERFACE:
		o->interface_cnt = 0;
		break;
	case KIND_OUTPUT:
		o->output_cnt = 0;
		o->standard_output = false;
		break;
	case KIND_TEXT:
		*(const char **)((char *)o + row->offset) = NULL;
		break;
	default:			/* a value that is overwritten */
		break;
	}
}

/* Of those that say where handshakes are looked for, a later layer's stand alone. */
static bool is_where(const struct option_row *row)
{
	static const size_t members[] = { offsetof(struct options, interfaces), offsetof(struct options, cgroup),
					  offsetof(struct options, unit), offsetof(struct options, read_file) };

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (row->offset == members[i])
			return true;
	return false;
}

static void begin(struct option_layer *l, const struct option_row *row)
{
	const uint64_t bit = UINT64_C(1) << (row - option_rows);

	const bool where = is_where(row);

	for (size_t i = 0; where && !l->any_where && i < option_row_cnt; i++)
		if (is_where(&option_rows[i]))
			forget(l->o, &option_rows[i]);
	l->any_where |= where;
	if (!(l->set & bit))
		forget(l->o, row);
	l->set |= bit;
}

bool option_set(struct option_layer *l, const struct option_row *row, const char *text)
{
	begin(l, row);
	switch (row->kind) {
	case KIND_FLAG:
		return set_flag(l, row, text);
	case KIND_TEXT:
		*(const char **)((char *)l->o + row->offset) = text;
		return true;
	case KIND_NUMBER:
		return set_number(l, row, text);
	case KIND_WORD:
		return set_word(l, row, text);
	case KIND_PORTS:
		l->o->ports_given = true;
		return set_ports(l, text);
	case KIND_TIME:
		return set_time(l, row, text);
	case KIND_INTERFACE:
		return add_interface(l, text);
	case KIND_OUTPUT:
		return add_output(l, text);
	case KIND_SELF:
		break;
	}
	return false;
}
