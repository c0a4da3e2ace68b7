/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/ct_logs.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#define ID_LEN 32
#define KEY_TEXT_MAX 2048		/* base64 of the largest key that a log has */
#define FILE_MAX (16 * 1024 * 1024)

struct log {
	uint8_t id[ID_LEN];
	EVP_PKEY *key;
};

struct ct_logs {
	struct log *v;			/* sorted */
	size_t n, cap;
};

static int add(struct ct_logs *l, const uint8_t *spki, size_t len)
{
	struct log log;
	const uint8_t *p = spki;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		struct log *v = realloc(l->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	log.key = d2i_PUBKEY(NULL, &p, (long)len);
	if (!log.key)
		return -EINVAL;
	if (p != spki + len || !EVP_Digest(spki, len, log.id, NULL, EVP_sha256(), NULL)) {
		EVP_PKEY_free(log.key);
		return -EINVAL;
	}
	l->v[l->n++] = log;
	return 0;
}

/* A key in base64. JSON may write '/' as "\/" (RFC 8259 section 7). */
static int add_text(struct ct_logs *l, const char *s, size_t len)
{
	unsigned char spki[KEY_TEXT_MAX];
	char text[KEY_TEXT_MAX];
	size_t n = 0, padding = 0;
	int ret, spki_len;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len && s[i + 1] == '/')
			continue;
		if (n == sizeof(text))
			return -EINVAL;
		padding += s[i] == '=';
		text[n++] = s[i];
	}
	ERR_set_mark();
	spki_len = n && n % 4 == 0 && padding < 3 ? EVP_DecodeBlock(spki, (unsigned char *)text, (int)n) : -1;
	ret = spki_len > (int)padding ? add(l, spki, (size_t)spki_len - padding) : -EINVAL;
	ERR_pop_to_mark();
	return ret;
}

struct scan {
	const char *p, *end;
	unsigned int line;
};

static void skip_blanks(struct scan *s)
{
	for (; s->p < s->end && isspace((unsigned char)*s->p); s->p++)
		s->line += *s->p == '\n';
}

/* The string that begins at the quote; the place goes behind it. false: it does not end. */
static bool take_string(struct scan *s, const char **out, size_t *len)
{
	const char *p = ++s->p;

	while (p < s->end && *p != '"' && *p != '\n')
		p += *p == '\\' && p + 1 < s->end ? 2 : 1;
	if (p >= s->end || *p != '"')
		return false;
	*out = s->p;
	*len = (size_t)(p - s->p);
	s->p = p + 1;
	return true;
}

/* Of the JSON only its strings are looked at: nothing but a name can be before a colon. */
static int read_json(struct ct_logs *l, struct scan *s)
{
	const char *name, *value;
	size_t name_len, len;
	int ret = 0;

	while (!ret) {
		while (s->p < s->end && *s->p != '"')
			s->line += *s->p++ == '\n';
		if (s->p == s->end)
			return 0;
		if (!take_string(s, &name, &name_len))
			return -EINVAL;
		skip_blanks(s);
		if (s->p == s->end || *s->p != ':')
			continue;
		s->p++;
		skip_blanks(s);
		if (s->p == s->end || *s->p != '"')
			continue;
		if (!take_string(s, &value, &len))
			return -EINVAL;
		if (name_len == 3 && !memcmp(name, "key", 3))
			ret = add_text(l, value, len);
	}
	return ret;
}

/* "key = MFkw..." in whatever section; comments begin with '#'. */
static int read_lines(struct ct_logs *l, struct scan *s)
{
	int ret = 0;

	for (; !ret && s->p < s->end; s->line++) {
		const char *eol = memchr(s->p, '\n', (size_t)(s->end - s->p)), *p = s->p, *stop;

		eol = eol ? eol : s->end;
		s->p = eol + (eol < s->end);
		while (p < eol && isspace((unsigned char)*p))
			p++;
		if (eol - p < 4 || memcmp(p, "key", 3))
			continue;
		for (p += 3; p < eol && isblank((unsigned char)*p);)
			p++;
		if (p == eol || *p++ != '=')
			continue;
		while (p < eol && isblank((unsigned char)*p))
			p++;
		for (stop = p; stop < eol && !isspace((unsigned char)*stop) && *stop != '#';)
			stop++;
		ret = add_text(l, p, (size_t)(stop - p));
		if (ret)
			break;
	}
	return ret;
}

static int read_text(struct ct_logs *l, const char *text, size_t len, unsigned int *bad_line)
{
	struct scan s = { .p = text, .end = text + len, .line = 1 };
	int ret;

	skip_blanks(&s);
	ret = s.p < s.end && *s.p == '{' ? read_json(l, &s) : read_lines(l, &s);
	if (ret == -EINVAL)
		*bad_line = s.line;
	return !ret && !l->n ? -ENODATA : ret;
}

static int read_file(const char *path, char **out, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t n = 0, cap = 0;
	int ret = 0;

	if (!f)
		return -errno;
	do {
		char *more = NULL;

		cap = cap ? cap * 2 : 65536;
		if (cap > FILE_MAX)
			ret = -EFBIG;
		else
			more = realloc(text, cap);
		if (!more) {
			ret = ret ? ret : -ENOMEM;
			break;
		}
		text = more;
		n += fread(text + n, 1, cap - n, f);
	} while (n == cap);
	if (!ret && ferror(f))
		ret = -EIO;
	fclose(f);
	if (ret) {
		free(text);
		return ret;
	}
	*out = text;
	*len = n;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return memcmp(((const struct log *)a)->id, ((const struct log *)b)->id, ID_LEN);
}

int ct_logs_load(struct ct_logs **out, const char *path, unsigned int *bad_line)
{
	struct ct_logs *l = NULL;
	char *text = NULL;
	size_t len = 0;
	int ret = read_file(path, &text, &len);

	*out = NULL;
	*bad_line = 0;
	if (ret)
		return ret;
	l = calloc(1, sizeof(*l));
	ret = l ? read_text(l, text, len, bad_line) : -ENOMEM;
	free(text);
	if (ret) {
		ct_logs_free(l);
		return ret;
	}
	qsort(l->v, l->n, sizeof(*l->v), compare);
	*out = l;
	return 0;
}

void ct_logs_free(struct ct_logs *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		EVP_PKEY_free(l->v[i].key);
	free(l->v);
	free(l);
}

size_t ct_logs_count(const struct ct_logs *l)
{
	return l->n;
}

EVP_PKEY *ct_logs_key(const struct ct_logs *l, const uint8_t id[32])
{
	struct log want;
	const struct log *got;

	memcpy(want.id, id, ID_LEN);
	got = bsearch(&want, l->v, l->n, sizeof(*l->v), compare);
	return got ? got->key : NULL;
}
