/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/delivery.h"
#include "output/filter.h"
#include "output/format.h"
#include "output/spec_keys.h"

/* The text up to the next comma, which is neither behind a backslash nor in quotes; *p goes behind it. NULL: nothing is left. */
static char *next_part(char **p)
{
	char *start = *p, *to = *p, quote = 0;

	if (!start)
		return NULL;
	for (char *c = start;; c++) {
		if (*c == '\0' || (*c == ',' && !quote)) {
			*p = *c ? c + 1 : NULL;
			*to = '\0';
			return start;
		}
		if (*c == '\\' && c[1] == ',')
			c++;
		else if (quote ? *c == quote : *c == '"' || *c == '\'')
			quote = quote ? 0 : *c;
		*to++ = *c;
	}
}

/* 'a, b' is a, b: when the quotes are around all of it. */
static char *unquoted(char *value)
{
	size_t len = strlen(value);

	if (len < 2 || (*value != '"' && *value != '\'') || value[len - 1] != *value || strchr(value + 1, *value) != value + len - 1)
		return value;
	value[len - 1] = '\0';
	return value + 1;
}

/* host:port, [v6]:port, host; the port may have a default. */
static int set_endpoint(struct output_spec *s, char *at, char *err, size_t size)
{
	char *colon = strrchr(at, ':'), *end = *at == '[' ? strchr(at, ']') : NULL;

	if (*at == '[') {
		if (!end || (end[1] && end[1] != ':'))
			return spec_bad(err, size, "'%.60s' is no HOST:PORT", at);
		colon = end[1] ? end + 1 : NULL;
		*end = '\0';
		at++;
	}
	if (colon)
		*colon = '\0';
	s->target = at;
	s->port = colon ? colon + 1 : s->delivery->port;
	if (!*at || !s->port || !*s->port)
		return spec_bad(err, size, "'%.60s' is no HOST:PORT", s->name);
	return 0;
}

/* scheme:rest or scheme://rest; anything else is a file. "": standard output. */
static int set_destination(struct output_spec *s, char *at, char *err, size_t size)
{
	size_t len = strcspn(at, ":/");

	if (!*at || !strcmp(at, "-"))
		return 0;
	s->delivery = at[len] == ':' ? delivery_find(at, len) : NULL;
	if (s->delivery)
		at += len + 1;
	else if (at[len] == ':' && at[len + 1] == '/' && at[len + 2] == '/') {
		char names[120];

		delivery_names(names, sizeof(names));
		return spec_bad(err, size, "'%.40s': no destination is called %.*s; there are %s", at, (int)len, at, names);
	} else {
		s->delivery = delivery_find("file", 4);
	}
	if (s->delivery->is_path) {
		s->target = at;
		return *at ? 0 : spec_bad(err, size, "%s: needs a path", s->delivery->name);
	}
	if (at[0] == '/' && at[1] == '/')
		at += 2;
	if (s->delivery->port)
		return set_endpoint(s, at, err, size);
	s->target = at;
	return 0;
}

static int set_format(struct output_spec *s, char *part, char *err, size_t size)
{
	size_t len = strcspn(part, ":");
	char names[120];

	s->format = output_format_find(part, len);
	output_format_names(names, sizeof(names));
	if (!s->format)
		return spec_bad(err, size, "'%.40s' is none of %s", part, names);
	if (part[len] == ':')
		return set_destination(s, part + len + 1, err, size);
	return set_destination(s, s->memory + strlen(s->memory), err, size);
}

static int set_option(struct output_spec *s, char *part, char *err, size_t size)
{
	char *value = strchr(part, '=');

	if (!value)
		return spec_bad(err, size, "'%.60s' is no key=value", part);
	*value++ = '\0';
	return spec_set_key(s, part, unquoted(value), err, size);
}

static int check(struct output_spec *s, char *err, size_t size)
{
	if (s->filter_text)
		return filter_compile(&s->filter, s->filter_text, err, size);
	return 0;
}

/* Two copies of the text in one piece: one that is taken apart, and the name. */
static int keep_text(struct output_spec *s, const char *text)
{
	size_t len = strlen(text) + 1;

	s->memory = malloc(2 * len);
	if (!s->memory)
		return -ENOMEM;
	memcpy(s->memory, text, len);
	memcpy(s->memory + len, text, len);
	s->name = s->memory + len;
	s->memory[2 * len - 1] = '\0';
	(void)next_part(&(char *){ s->memory + len });
	return 0;
}

int output_spec_parse(struct output_spec *out, const char *text, char *err, size_t err_size)
{
	struct output_spec s = { 0 };
	int ret = keep_text(&s, text);
	char *rest = s.memory, *part;

	spec_defaults(&s);
	if (!ret)
		ret = set_format(&s, next_part(&rest), err, err_size);
	while (!ret && (part = next_part(&rest)))
		ret = set_option(&s, part, err, err_size);
	if (!ret)
		ret = check(&s, err, err_size);
	if (ret)
		output_spec_free(&s);
	else
		*out = s;
	return ret;
}

void output_spec_free(struct output_spec *s)
{
	filter_free(s->filter);
	free(s->memory);
	*s = (struct output_spec){ 0 };
}
