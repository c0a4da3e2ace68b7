/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/fingerprint_text.h"

#include "tls/names.h"

static const char hex[] = "0123456789abcdef";

bool fp_begin(struct fp_text *t, EVP_MD_CTX *md, const EVP_MD *type)
{
	t->md = md;
	t->text = NULL;
	t->n = 0;
	t->failed = !EVP_DigestInit_ex2(md, type, NULL);
	return !t->failed;
}

void fp_begin_text(struct fp_text *t, struct strbuf *text)
{
	t->text = text;
	t->n = 0;
	t->failed = false;
}

static void flush(struct fp_text *t)
{
	if (t->text)
		strbuf_add(t->text, t->buf, t->n);
	else if (!EVP_DigestUpdate(t->md, t->buf, t->n))
		t->failed = true;
	t->n = 0;
}

/* Where n characters more can go, n small. */
static char *room(struct fp_text *t, size_t n)
{
	if (sizeof(t->buf) - t->n < n)
		flush(t);
	return t->buf + t->n;
}

void fp_putc(struct fp_text *t, char c)
{
	*room(t, 1) = c;
	t->n++;
}

void fp_decimal(struct fp_text *t, uint16_t v)
{
	size_t n = 1 + (v >= 10) + (v >= 100) + (v >= 1000) + (v >= 10000);
	char *p = room(t, n);

	for (size_t i = n; i--; v /= 10)
		p[i] = (char)('0' + v % 10);
	t->n += n;
}

void fp_decimals(struct fp_text *t, const struct tls_u16s *list)
{
	bool first = true;

	for (size_t i = 0; i < list->n; i++) {
		if (tls_is_grease(list->v[i]))
			continue;
		if (!first)
			fp_putc(t, '-');
		fp_decimal(t, list->v[i]);
		first = false;
	}
}

void fp_hex16(struct fp_text *t, uint16_t v)
{
	char *p = room(t, 4);

	p[0] = hex[v >> 12];
	p[1] = hex[v >> 8 & 15];
	p[2] = hex[v >> 4 & 15];
	p[3] = hex[v & 15];
	t->n += 4;
}

bool fp_end_text(struct fp_text *t)
{
	flush(t);
	return !t->text->failed;
}

bool fp_end(struct fp_text *t, char *out, size_t bytes)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	flush(t);
	if (!EVP_DigestFinal_ex(t->md, digest, NULL) || t->failed)
		return false;
	for (size_t i = 0; i < bytes; i++) {
		out[2 * i] = hex[digest[i] >> 4];
		out[2 * i + 1] = hex[digest[i] & 15];
	}
	out[2 * bytes] = '\0';
	return true;
}
