/* SPDX-License-Identifier: BSD-2-Clause */
/* Forms that schemas want values in, where those are not the event's own. Named by the table (fields.c). */
#ifndef HSMON_EVENT_FORMS_H
#define HSMON_EVENT_FORMS_H

#include <stdbool.h>

#include "base/strbuf.h"

enum form_kind {
	FORM_TEXT,		/* a string: whoever writes it escapes it */
	FORM_BARE,		/* JSON as it stands: a number, a boolean, a list of numbers */
	FORM_ONE,		/* a string that is the only one of a list */
};

struct field_form {
	/* Appends the value at p in this form. False: nothing, the value is absent. */
	bool (*make)(const struct field_form *form, struct strbuf *b, const void *p);
	enum form_kind kind;
	const char *const (*words)[2];	/* from, to; NULL in place of `from`: all others, without it as they are */
	const char *word;		/* what it is about */
};

/* Of a string. */
extern const struct field_form form_one, form_upper, form_lower, form_colons, form_lower_colons, form_dn_reversed,
	form_epoch_of_iso, form_iso_plain, form_flow_id, form_uid, form_fuid, form_san_dns, form_san_uri, form_san_email, form_san_ip;
/* Of a word of the event's own: what the schema calls it. */
extern const struct field_form form_app_proto, form_ip_version, form_validation, form_key_algorithm, form_key_type, form_signature,
	form_severity_text, form_severity_number;
/* Of a number. */
extern const struct field_form form_number_text, form_mebibytes;
/* Of a time. */
extern const struct field_form form_epoch, form_offset_time, form_nanoseconds_text;
/* Of a tri-state: there only when it is true. */
extern const struct field_form form_only_true;
/* Of counts: all of them together; one of them. */
extern const struct field_form form_sum, form_ring_full;
/* Of a handshake. */
extern const struct field_form form_zeek_version, form_eve_version, form_vlans, form_server_address, form_error_type;

#endif
