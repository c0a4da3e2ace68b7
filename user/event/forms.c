/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/forms.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "event/event.h"

/* The string as it is. */
static bool make_same(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_str *s = p;

	(void)form;
	if (!s->s || !s->len)
		return false;
	strbuf_add(b, s->s, s->len);
	return true;
}

const struct field_form form_one = { .make = make_same, .kind = FORM_ONE };

static bool make_case(const struct event_str *s, struct strbuf *b, int (*to)(int))
{
	for (size_t i = 0; i < s->len; i++)
		strbuf_putc(b, (char)to((unsigned char)s->s[i]));
	return s->len;
}

static bool make_upper(const struct field_form *form, struct strbuf *b, const void *p)
{
	(void)form;
	return make_case(p, b, toupper);
}

static bool make_lower(const struct field_form *form, struct strbuf *b, const void *p)
{
	(void)form;
	return make_case(p, b, tolower);
}

const struct field_form form_upper = { .make = make_upper };
const struct field_form form_lower = { .make = make_lower };

/* Hex in pairs: "0A1B" is "0A:1B". */
static bool make_colons(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_str *s = p;

	(void)form;
	for (size_t i = 0; i < s->len; i++) {
		if (i && i % 2 == s->len % 2)
			strbuf_putc(b, ':');
		strbuf_putc(b, s->s[i]);
	}
	return s->len;
}

static bool make_lower_colons(const struct field_form *form, struct strbuf *b, const void *p)
{
	size_t mark = b->len;
	bool made = make_colons(form, b, p);

	for (; mark < b->len; mark++)
		b->s[mark] = (char)tolower((unsigned char)b->s[mark]);
	return made;
}

const struct field_form form_colons = { .make = make_colons };
const struct field_form form_lower_colons = { .make = make_lower_colons };

/* Where the name's last attribute before `end` begins: behind ", ", unless its comma is escaped. */
static size_t last_attribute(const char *s, size_t end)
{
	for (size_t i = end; i >= 2; i--)
		if (s[i - 1] == ' ' && s[i - 2] == ',' && (i < 3 || s[i - 3] != '\\'))
			return i;
	return 0;
}

/* "C=US, O=x, CN=y" is "CN=y,O=x,C=US": RFC 4514 section 2.1. */
static bool make_dn_reversed(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_str *s = p;

	(void)form;
	for (size_t end = s->len, at; end; end = at ? at - 2 : 0) {
		at = last_attribute(s->s, end);
		if (end != s->len)
			strbuf_putc(b, ',');
		strbuf_add(b, s->s + at, end - at);
	}
	return s->len;
}

const struct field_form form_dn_reversed = { .make = make_dn_reversed };

/* "2026-10-07T09:12:44Z" as seconds since the epoch. */
static bool make_epoch_of_iso(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_str *s = p;
	struct tm tm = { 0 };
	char text[CLOCK_ISO_LEN];

	(void)form;
	if (!s->s || s->len >= sizeof(text))
		return false;
	memcpy(text, s->s, s->len);
	text[s->len] = '\0';
	if (!strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return false;
	strbuf_puti(b, timegm(&tm));
	strbuf_puts(b, ".0");
	return true;
}

/* ... and without the zone. */
static bool make_iso_plain(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_str *s = p;

	(void)form;
	strbuf_add(b, s->s, s->len && s->s[s->len - 1] == 'Z' ? s->len - 1 : s->len);
	return s->len;
}

const struct field_form form_epoch_of_iso = { .make = make_epoch_of_iso, .kind = FORM_BARE };
const struct field_form form_iso_plain = { .make = make_iso_plain };

/* The first digits of a string of hex, at most 32. */
static unsigned __int128 hex_number(const struct event_str *s, size_t digits)
{
	unsigned __int128 v = 0;

	for (size_t i = 0; i < digits && i < s->len; i++) {
		char digit[2] = { s->s[i], '\0' };

		v = v << 4 | (unsigned int)strtoul(digit, NULL, 16);
	}
	return v;
}

/* 52 bits: exact also for those who take every number for a double (RFC 8259 section 6). */
static bool make_flow_id(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_str *s = p;

	(void)form;
	strbuf_putu(b, (uint64_t)hex_number(s, 13));
	return s->len;
}

/* A letter and 17 digits to the base 62: 96 bits. */
static bool make_uid(const struct field_form *form, struct strbuf *b, const void *p)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const struct event_str *s = p;
	unsigned __int128 v = hex_number(s, 24);
	char text[17];

	for (size_t i = sizeof(text); i--; v /= 62)
		text[i] = digits[v % 62];
	if (!s->len)
		return false;
	strbuf_puts(b, form->word);
	strbuf_add(b, text, sizeof(text));
	return true;
}

const struct field_form form_flow_id = { .make = make_flow_id, .kind = FORM_BARE };
const struct field_form form_uid = { .make = make_uid, .word = "C" };
const struct field_form form_fuid = { .make = make_uid, .word = "F" };

/* What kind of name an alternative name is, told from its text. */
static const char *san_kind(const struct event_str *s)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	if (s->len < sizeof(text)) {
		memcpy(text, s->s, s->len);
		text[s->len] = '\0';
		if (inet_pton(AF_INET, text, addr) == 1 || inet_pton(AF_INET6, text, addr) == 1)
			return "ip";
	}
	return memmem(s->s, s->len, "://", 3) ? "uri" : memchr(s->s, '@', s->len) ? "email" : "dns";
}

static bool make_san(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_str *s = p;

	return s->s && !strcmp(san_kind(s), form->word) && make_same(form, b, p);
}

const struct field_form form_san_dns = { .make = make_san, .word = "dns" };
const struct field_form form_san_uri = { .make = make_san, .word = "uri" };
const struct field_form form_san_email = { .make = make_san, .word = "email" };
const struct field_form form_san_ip = { .make = make_san, .word = "ip" };

static bool make_number(const struct field_form *form, struct strbuf *b, const void *p)
{
	int64_t v = *(const int64_t *)p;

	if (v != EVENT_ABSENT)
		strbuf_puti(b, form->kind == FORM_BARE ? v >> 20 : v);
	return v != EVENT_ABSENT;
}

const struct field_form form_number_text = { .make = make_number };
const struct field_form form_mebibytes = { .make = make_number, .kind = FORM_BARE };

static bool make_epoch(const struct field_form *form, struct strbuf *b, const void *p)
{
	uint64_t ns = *(const uint64_t *)p;

	(void)form;
	if (ns)
		strbuf_printf(b, "%llu.%06llu", (unsigned long long)(ns / NS_PER_S), (unsigned long long)(ns % NS_PER_S / NS_PER_US));
	return ns;
}

/* "2026-11-23T12:01:07.123456+0000" */
static bool make_offset_time(const struct field_form *form, struct strbuf *b, const void *p)
{
	uint64_t ns = *(const uint64_t *)p;
	char iso[CLOCK_ISO_LEN];

	(void)form;
	if (!ns)
		return false;
	clock_iso(ns, iso);
	strbuf_add(b, iso, strlen(iso) - 1);
	strbuf_puts(b, "+0000");
	return true;
}

static bool make_nanoseconds(const struct field_form *form, struct strbuf *b, const void *p)
{
	uint64_t ns = *(const uint64_t *)p;

	(void)form;
	if (ns)
		strbuf_putu(b, ns);
	return ns;
}

const struct field_form form_epoch = { .make = make_epoch, .kind = FORM_BARE };
const struct field_form form_offset_time = { .make = make_offset_time };
const struct field_form form_nanoseconds_text = { .make = make_nanoseconds };

static bool make_only_true(const struct field_form *form, struct strbuf *b, const void *p)
{
	(void)form;
	if (*(const enum event_tri *)p != EVENT_YES)
		return false;
	strbuf_puts(b, "true");
	return true;
}

const struct field_form form_only_true = { .make = make_only_true, .kind = FORM_BARE };

/* Of all, or of the one that is named. */
static bool make_sum(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_counts *c = p;
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!form->word || !strcmp(form->word, c->v[i].name))
			sum += c->v[i].value;
	strbuf_putu(b, sum);
	return c->n;
}

const struct field_form form_sum = { .make = make_sum, .kind = FORM_BARE };
const struct field_form form_ring_full = { .make = make_sum, .kind = FORM_BARE, .word = "ring_full" };
