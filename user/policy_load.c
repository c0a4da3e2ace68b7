/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy's file, in the format of libconfig. */
#include <errno.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy_private.h"
#include "x509/findings.h"

#define DAY_S 86400
#define FILE_MAX (1 << 20)

struct load {
	char *err;
	size_t err_size;
	int ret;			/* of the first that is wrong */
};

struct key {
	const char *name;
	bool (*read)(struct load *l, config_setting_t *s, void *to);
	size_t offset;
	bool needed;
};

__attribute__((format(printf, 3, 4)))
static bool wrong(struct load *l, const config_setting_t *s, const char *fmt, ...)
{
	int n = snprintf(l->err, l->err_size, "line %u: ", config_setting_source_line(s));
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < l->err_size)
		vsnprintf(l->err + n, l->err_size - (size_t)n, fmt, ap);
	va_end(ap);
	l->ret = -EINVAL;
	return false;
}

static bool no_memory(struct load *l)
{
	snprintf(l->err, l->err_size, "out of memory");
	l->ret = -ENOMEM;
	return false;
}

static const char *text_of(struct load *l, const config_setting_t *s)
{
	const char *text = config_setting_get_string(s);

	if (!text)
		wrong(l, s, "'%s' is to be text in quotes", config_setting_name(s) ? config_setting_name(s) : "an element");
	return text;
}

/* Each text of a list, or the one that stands for a list. */
static bool each_text(struct load *l, config_setting_t *s, bool (*fn)(struct load *, const config_setting_t *, const char *,
								      void *), void *to)
{
	if (!config_setting_is_aggregate(s)) {
		const char *text = text_of(l, s);

		return text && fn(l, s, text, to);
	}
	if (config_setting_is_group(s))
		return wrong(l, s, "'%s' is to be text or a list of texts", config_setting_name(s));
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *e = config_setting_get_elem(s, (unsigned int)i);
		const char *text = text_of(l, e);

		if (!text || !fn(l, e, text, to))
			return false;
	}
	return true;
}

/* An empty list of names would be all names, one of issuers any issuer: nobody means that who wrote it. */
static bool each_of_some(struct load *l, config_setting_t *s, bool (*fn)(struct load *, const config_setting_t *, const char *,
									 void *), void *to)
{
	if (config_setting_is_aggregate(s) && !config_setting_length(s))
		return wrong(l, s, "'%s' is an empty list", config_setting_name(s));
	return each_text(l, s, fn, to);
}

static bool add_str(struct load *l, const config_setting_t *s, const char *text, void *to)
{
	struct policy_strs *list = to;
	char **v = realloc(list->v, (list->n + 1) * sizeof(*v));

	if (!*text)
		return wrong(l, s, "an empty text");
	if (v)
		list->v = v;
	if (!v || !(v[list->n] = strdup(text)))
		return no_memory(l);
	list->n++;
	return true;
}

static bool add_name(struct load *l, const config_setting_t *s, const char *text, void *to)
{
	const char *star = strrchr(text, '*');

	if (star && strcmp(text, "*") && (star != text || text[1] != '.' || !text[2]))
		return wrong(l, s, "'%s': '*' stands alone, or before the first point of a name", text);
	return add_str(l, s, text, to);
}

static bool read_names(struct load *l, config_setting_t *s, void *to)
{
	return each_of_some(l, s, add_name, to);
}

static bool add_issuer(struct load *l, const config_setting_t *s, const char *text, void *to)
{
	if (!strchr(text, '='))
		return wrong(l, s, "'%s' is no issuer like \"O=...\", \"CN=...\" or a whole distinguished name", text);
	return add_str(l, s, text, to);
}

static bool read_issuers(struct load *l, config_setting_t *s, void *to)
{
	return each_of_some(l, s, add_issuer, to);
}

static bool add_finding(struct load *l, const config_setting_t *s, const char *text, void *to)
{
	enum finding f;

	if (!finding_by_id(text, strlen(text), &f))
		return wrong(l, s, "'%s' is no finding", text);
	*(uint64_t *)to |= UINT64_C(1) << f;
	return true;
}

static bool read_findings(struct load *l, config_setting_t *s, void *to)
{
	return each_text(l, s, add_finding, to);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool add_pin(struct load *l, const config_setting_t *s, const char *text, void *to)
{
	struct policy_pins *pins = to;
	uint8_t (*v)[32] = realloc(pins->v, (pins->n + 1) * sizeof(*v));

	if (!v)
		return no_memory(l);
	pins->v = v;
	if (strlen(text) != 64)
		return wrong(l, s, "'%s' is no SHA-256 of a public key: 64 hexadecimal digits", text);
	for (int i = 0; i < 32; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return wrong(l, s, "'%s' is no SHA-256 of a public key: 64 hexadecimal digits", text);
		v[pins->n][i] = (uint8_t)(high << 4 | low);
	}
	pins->n++;
	return true;
}

static bool read_pins(struct load *l, config_setting_t *s, void *to)
{
	return each_of_some(l, s, add_pin, to);
}

static bool read_version(struct load *l, config_setting_t *s, void *to)
{
	static const char *const words[] = { "1.0", "1.1", "1.2", "1.3" };
	const char *text = text_of(l, s);

	if (!text)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(text, words[i])) {
			*(uint16_t *)to = (uint16_t)(0x0301 + i);
			return true;
		}
	return wrong(l, s, "'%s' is no version of TLS: \"1.0\", \"1.1\", \"1.2\", \"1.3\"", text);
}

/* The last day of it. */
static bool read_until(struct load *l, config_setting_t *s, void *to)
{
	const char *text = text_of(l, s), *end;
	struct tm tm = { 0 };
	int day;

	if (!text)
		return false;
	end = strlen(text) == 10 ? strptime(text, "%Y-%m-%d", &tm) : NULL;
	if (!end || *end)
		return wrong(l, s, "'%s' is no date like \"2027-01-31\"", text);
	day = tm.tm_mday;
	*(int64_t *)to = (int64_t)timegm(&tm) + DAY_S;
	if (tm.tm_mday != day)
		return wrong(l, s, "'%s' is a day that does not exist", text);
	return true;
}

/* For people who read the file. */
static bool read_reason(struct load *l, config_setting_t *s, void *to)
{
	(void)to;
	return text_of(l, s);
}

static bool read_group(struct load *l, config_setting_t *s, const struct key *keys, void *to)
{
	const struct key *k;

	if (!config_setting_is_group(s))
		return wrong(l, s, "'{' is expected: settings in braces");
	for (int i = 0; i < config_setting_length(s); i++) {
		config_setting_t *e = config_setting_get_elem(s, (unsigned int)i);

		for (k = keys; k->name && strcmp(k->name, config_setting_name(e)); k++)
			;
		if (!k->name)
			return wrong(l, e, "'%s' is no setting here", config_setting_name(e));
		if (!k->read(l, e, (char *)to + k->offset))
			return false;
	}
	for (k = keys; k->name; k++)
		if (k->needed && !config_setting_get_member(s, k->name))
			return wrong(l, s, "'%s' is missing", k->name);
	return true;
}

#define RULE(member) offsetof(struct policy_rule, member)
static const struct key rule_keys[] = {
	{ "name", read_names, RULE(names), true },
	{ "minimum_version", read_version, RULE(minimum_version), false },
	{ "issuers", read_issuers, RULE(issuers), false },
	{ "pins", read_pins, RULE(pins), false },
	{ .name = NULL },
};

#define EXCEPTION(member) offsetof(struct policy_exception, member)
static const struct key exception_keys[] = {
	{ "name", read_names, EXCEPTION(names), true },
	{ "findings", read_findings, EXCEPTION(findings), true },
	{ "until", read_until, EXCEPTION(until), true },
	{ "reason", read_reason, 0, false },
	{ .name = NULL },
};

/* ( { ... }, { ... } ) */
static bool read_list(struct load *l, config_setting_t *s, const struct key *keys, void **v, size_t size, size_t *n)
{
	if (!config_setting_is_list(s))
		return wrong(l, s, "'%s' is to be a list: ( { ... }, { ... } )", config_setting_name(s));
	for (int i = 0; i < config_setting_length(s); i++) {
		char *grown = realloc(*v, (*n + 1) * size);

		if (!grown)
			return no_memory(l);
		*v = grown;
		memset(grown + *n * size, 0, size);
		++*n;
		if (!read_group(l, config_setting_get_elem(s, (unsigned int)i), keys, grown + (*n - 1) * size))
			return false;
	}
	return true;
}

static bool read_rules(struct load *l, config_setting_t *s, void *to)
{
	struct policy *p = to;

	return read_list(l, s, rule_keys, (void **)&p->rules, sizeof(*p->rules), &p->rule_cnt);
}

static bool read_exceptions(struct load *l, config_setting_t *s, void *to)
{
	struct policy *p = to;

	return read_list(l, s, exception_keys, (void **)&p->exceptions, sizeof(*p->exceptions), &p->exception_cnt);
}

/* Of all names: the first rule. */
static bool read_general_version(struct load *l, config_setting_t *s, void *to)
{
	return read_version(l, s, &((struct policy *)to)->rules[0].minimum_version);
}

static bool read_general_issuers(struct load *l, config_setting_t *s, void *to)
{
	return read_issuers(l, s, &((struct policy *)to)->rules[0].issuers);
}

static const struct key keys[] = {
	{ "minimum_version", read_general_version, 0, false },
	{ "issuers", read_general_issuers, 0, false },
	{ "ignore", read_findings, offsetof(struct policy, ignored), false },
	{ "names", read_rules, 0, false },
	{ "exceptions", read_exceptions, 0, false },
	{ .name = NULL },
};

static bool cannot_read(struct load *l, int ret, const char *text)
{
	l->ret = ret;
	snprintf(l->err, l->err_size, "%s", text);
	return false;
}

/* The whole file; libconfig ends the process when it cannot read. */
static bool read_file(struct load *l, const char *path, char *buf)
{
	FILE *f = fopen(path, "r");
	size_t n;
	bool ok;

	if (!f)
		return cannot_read(l, -errno, strerror(errno));
	n = fread(buf, 1, FILE_MAX, f);
	buf[n] = '\0';
	ok = !ferror(f) || cannot_read(l, -errno, strerror(errno));
	if (ok && n == FILE_MAX)
		ok = cannot_read(l, -EFBIG, "too large for a policy");
	if (ok && strlen(buf) != n)
		ok = cannot_read(l, -EBADMSG, "not a text");
	fclose(f);
	return ok;
}

static bool parse(struct load *l, config_t *c, const char *path)
{
	char *buf = malloc(FILE_MAX + 1);
	bool ok;

	if (!buf)
		return no_memory(l);
	ok = read_file(l, path, buf);
	if (ok && !config_read_string(c, buf)) {
		ok = false;
		l->ret = -EINVAL;
		snprintf(l->err, l->err_size, "line %d: %s", config_error_line(c), config_error_text(c));
	}
	free(buf);
	return ok;
}

int policy_load(struct policy **out, const char *path, char *err, size_t err_size)
{
	struct load l = { .err = err, .err_size = err_size };
	struct policy *p = calloc(1, sizeof(*p));
	config_t c;

	*out = NULL;
	if (p)
		p->rules = calloc(1, sizeof(*p->rules));
	if (!p || !p->rules) {
		no_memory(&l);
		policy_free(p);
		return l.ret;
	}
	p->rule_cnt = 1;
	config_init(&c);
	if (parse(&l, &c, path) && read_group(&l, config_root_setting(&c), keys, p))
		*out = p;
	else
		policy_free(p);
	config_destroy(&c);
	return l.ret;
}

static void strs_free(struct policy_strs *l)
{
	while (l->n)
		free(l->v[--l->n]);
	free(l->v);
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->rule_cnt; i++) {
		strs_free(&p->rules[i].names);
		strs_free(&p->rules[i].issuers);
		free(p->rules[i].pins.v);
	}
	for (size_t i = 0; i < p->exception_cnt; i++)
		strs_free(&p->exceptions[i].names);
	free(p->rules);
	free(p->exceptions);
	free(p);
}
