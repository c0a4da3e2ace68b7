/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/spki_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_LEN 32

struct spki_list {
	uint8_t (*v)[HASH_LEN];		/* sorted */
	size_t n, cap;
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* false: neither a hash nor blank. */
static bool read_line(const char *s, uint8_t out[HASH_LEN], bool *blank)
{
	size_t n = 0;

	while (isspace((unsigned char)*s))
		s++;
	*blank = !*s || *s == '#';
	if (*blank)
		return true;
	for (; *s && !isspace((unsigned char)*s) && *s != '#'; s++) {
		int d = digit(*s);

		if (*s == ':' && n && n % 2 == 0 && n < 2 * HASH_LEN && s[-1] != ':')
			continue;
		if (d < 0 || n == 2 * HASH_LEN)
			return false;
		out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | d : d << 4);
		n++;
	}
	return n == 2 * HASH_LEN;
}

static int add(struct spki_list *l, const uint8_t hash[HASH_LEN])
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		void *v = realloc(l->v, cap * HASH_LEN);

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	memcpy(l->v[l->n++], hash, HASH_LEN);
	return 0;
}

static int read_all(struct spki_list *l, FILE *f, unsigned int *bad_line)
{
	uint8_t hash[HASH_LEN];
	char *line = NULL;
	size_t cap = 0;
	unsigned int no = 0;
	bool blank;
	int ret = 0;

	errno = 0;
	while (!ret && getline(&line, &cap, f) >= 0) {
		no++;
		if (!read_line(line, hash, &blank)) {
			*bad_line = no;
			ret = -EINVAL;
		} else if (!blank) {
			ret = add(l, hash);
		}
	}
	if (!ret && ferror(f))
		ret = errno ? -errno : -EIO;
	free(line);
	return ret;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, HASH_LEN);
}

int spki_list_load(struct spki_list **out, const char *path, unsigned int *bad_line)
{
	struct spki_list *l;
	FILE *f = fopen(path, "r");
	int ret;

	*out = NULL;
	*bad_line = 0;
	if (!f)
		return -errno;
	l = calloc(1, sizeof(*l));
	ret = l ? read_all(l, f, bad_line) : -ENOMEM;
	fclose(f);
	if (ret) {
		spki_list_free(l);
		return ret;
	}
	if (l->n)
		qsort(l->v, l->n, HASH_LEN, compare);
	*out = l;
	return 0;
}

void spki_list_free(struct spki_list *l)
{
	if (!l)
		return;
	free(l->v);
	free(l);
}

bool spki_list_has(const struct spki_list *l, const uint8_t sha256[32])
{
	return l->n && bsearch(sha256, l->v, l->n, HASH_LEN, compare);
}

size_t spki_list_count(const struct spki_list *l)
{
	return l->n;
}
