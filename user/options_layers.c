/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes before the command line: a configuration file, the environment. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config.h"
#include "options_private.h"

#define VARIABLE_MAX 48
#define ORIGIN_MAX 512

static const struct option_row *row_named(const char *name)
{
	for (size_t i = 0; i < option_row_cnt; i++)
		if (!strcmp(option_rows[i].name, name))
			return &option_rows[i];
	return NULL;
}

static bool set_line(struct option_layer *l, const struct config_line *line)
{
	const struct option_row *row = row_named(line->name);

	if (!row)
		log_error("%s'%.40s' is no option; see hsmon -h", l->origin, line->name);
	else if (row->kind == KIND_SELF)
		log_error("%s'%s' has its place on the command line", l->origin, row->name);
	else if (row->value && !line->value)
		log_error("%s%s needs a value: %s", l->origin, row->name, row->value);
	else
		return option_set(l, row, line->value);
	return false;
}

bool options_from_file(struct options *o, const char *path, bool must_exist)
{
	char err[128] = "", origin[ORIGIN_MAX];
	struct option_layer l = { .o = o, .origin = origin };
	int ret = config_read(path, &o->config, err, sizeof(err));

	if (ret == -ENOENT && !must_exist)
		return true;
	if (ret == -EFBIG)
		snprintf(err, sizeof(err), "is longer than %u bytes", CONFIG_FILE_MAX);
	if (ret) {
		log_error("%s%s%s", path, ret == -EINVAL ? ", " : ": ", *err ? err : strerror(-ret));
		return false;
	}
	for (size_t i = 0; i < config_cnt(o->config); i++) {
		const struct config_line *line = config_at(o->config, i);

		snprintf(origin, sizeof(origin), "%.400s, line %u: ", path, line->number);
		if (!set_line(&l, line))
			return false;
	}
	return true;
}

/* HSMON_CA_FILE of ca-file. */
static void variable_of(const struct option_row *row, char out[VARIABLE_MAX])
{
	size_t n = (size_t)snprintf(out, VARIABLE_MAX, "HSMON_%s", row->name);

	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
}

static bool set_variable(struct option_layer *l, const struct option_row *row, char *value)
{
	char *save = NULL, *s;

	if (row->kind != KIND_INTERFACE && row->kind != KIND_OUTPUT)
		return option_set(l, row, value);
	for (s = strtok_r(value, ";\n", &save); s; s = strtok_r(NULL, ";\n", &save))
		if (!option_set(l, row, s))
			return false;
	return true;
}

/* Other variables that begin with HSMON_ are left alone: an orchestrator sets some by itself, after a service's name. */
bool options_from_environment(struct options *o)
{
	char name[VARIABLE_MAX], origin[VARIABLE_MAX + 16];
	struct option_layer l = { .o = o, .origin = origin };

	for (size_t i = 0; i < option_row_cnt; i++) {
		const struct option_row *row = &option_rows[i];
		char *value;

		variable_of(row, name);
		value = row->kind == KIND_SELF ? NULL : getenv(name);
		if (!value || !*value)
			continue;
		snprintf(origin, sizeof(origin), "environment, %s: ", name);
		/* Lists are cut up; the environment itself stays as it is. */
		if (row->kind == KIND_INTERFACE && !(value = o->environment = strdup(value))) {
			log_error("out of memory");
			return false;
		}
		if (!set_variable(&l, row, value))
			return false;
	}
	return true;
}
