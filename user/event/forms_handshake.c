/* SPDX-License-Identifier: BSD-2-Clause */
/* Forms that are made of several values of a handshake. */
#include <string.h>

#include "event/event.h"
#include "event/forms.h"

static bool is(const struct event_str *s, const char *word)
{
	return s->s && s->len == strlen(word) && !memcmp(s->s, word, s->len);
}

/* "SSLv3". False: it is no version of SSL. */
static bool ssl_version(struct strbuf *b, const struct handshake_event *e)
{
	if (!is(&e->version_protocol, "ssl"))
		return false;
	strbuf_puts(b, "SSLv");
	strbuf_add(b, e->version.s, 1);
	return true;
}

static bool has_version(const struct handshake_event *e)
{
	return e->version.s && e->version.len == 3 && e->version.s[1] == '.';
}

/* TLSv12, DTLSv12, SSLv3 */
static bool make_zeek_version(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct handshake_event *e = p;

	(void)form;
	if (!has_version(e))
		return false;
	if (ssl_version(b, e))
		return true;
	strbuf_printf(b, "%sTLSv%c%c", is(&e->version_protocol, "dtls") ? "D" : "", e->version.s[0], e->version.s[2]);
	return true;
}

/* "TLSv1" is what Suricata calls TLS 1.0; then "TLS 1.1" and so on; SSLv3 */
static bool make_eve_version(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct handshake_event *e = p;

	(void)form;
	if (!has_version(e))
		return false;
	if (ssl_version(b, e))
		return true;
	if (is(&e->version_protocol, "tls") && is(&e->version, "1.0"))
		strbuf_puts(b, "TLSv1");
	else
		strbuf_printf(b, "%sTLS %.3s", is(&e->version_protocol, "dtls") ? "D" : "", e->version.s);
	return true;
}

/* [10,20] */
static bool make_vlans(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct handshake_event *e = p;

	(void)form;
	if (!e->vlan.s)
		return false;
	strbuf_putc(b, '[');
	strbuf_add(b, e->vlan.s, e->vlan.len);
	if (e->inner_vlan.s) {
		strbuf_putc(b, ',');
		strbuf_add(b, e->inner_vlan.s, e->inner_vlan.len);
	}
	strbuf_putc(b, ']');
	return true;
}

const struct field_form form_zeek_version = { .make = make_zeek_version };
const struct field_form form_eve_version = { .make = make_eve_version };
const struct field_form form_vlans = { .make = make_vlans, .kind = FORM_BARE };

static bool add(struct strbuf *b, const struct event_str *s)
{
	if (!s->s || !s->len)
		return false;
	strbuf_add(b, s->s, s->len);
	return true;
}

/* The name, as far as there is one, else the address. */
static bool make_server_address(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct handshake_event *e = p;

	(void)form;
	return add(b, &e->server_name) || add(b, &e->server.ip);
}

/* What a failure was, in one word of few. */
static bool make_error_type(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct handshake_event *e = p;

	(void)form;
	return is(&e->outcome, "failure") && (add(b, &e->alert_description) || add(b, &e->end_how));
}

const struct field_form form_server_address = { .make = make_server_address };
const struct field_form form_error_type = { .make = make_error_type };
