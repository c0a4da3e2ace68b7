/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "event/fields.h"

const char *const schema_names[SCHEMA_CNT + 1] = {
	[SCHEMA_ECS] = "ecs", [SCHEMA_ZEEK] = "zeek", [SCHEMA_EVE] = "eve", [SCHEMA_OTEL] = "otel",
};

static const struct {
	char separator;
	const char *const *actions;	/* NULL: all */
} schemas[SCHEMA_CNT] = {
	[SCHEMA_ECS] = { '.', NULL },
	/* known_certs.log has a certificate the first time that a server shows it. */
	[SCHEMA_ZEEK] = { '\0', (const char *const[]){ "new", "rotated", NULL } },
	[SCHEMA_EVE] = { '.', NULL },
	[SCHEMA_OTEL] = { '/', NULL },
};

char schema_separator(enum schema schema)
{
	return schemas[schema].separator;
}

bool schema_tells(enum schema schema, const char *action)
{
	const char *const *a = schemas[schema].actions;

	while (a && *a)
		if (!strcmp(*a++, action))
			return true;
	return !a;
}

static enum field_type formed(enum field_type type)
{
	return type == FIELD_STRS ? FIELD_FORM_STRS : type == FIELD_LIST ? FIELD_FORM_LIST : FIELD_FORM;
}

bool field_in(const struct field *row, enum schema schema, struct field_use *out)
{
	const struct field_as own = { .path = row->path }, *as = schema == SCHEMA_ECS ? &own : &row->as[schema - 1];

	if (!as->path)
		return false;
	*out = (struct field_use){
		.path = as->path,
		.type = as->form ? formed(row->type) : row->type,
		.offset = row->offset,
		.text = row->text,
		.sub = row->sub,
		.sub_len = row->sub_len,
		.memo = schema == SCHEMA_ECS || (row->type == FIELD_STRS && !as->form) ? row->memo : 0,
		.run_memo = schema == SCHEMA_ECS ? row->run_memo : 0,
		.pluck = as->pluck,
		.form = as->form,
	};
	return true;
}
