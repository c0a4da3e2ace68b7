/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANK " \t"

struct config {
	char *text;			/* the whole file; lines point into it */
	struct config_line *line;
	size_t cnt;
};

/* In place, as it gets no longer. p: behind the opening quote. NULL, or what is wrong. */
static const char *unquote(char *p)
{
	static const char from[] = "\"\\nt", to[] = "\"\\\n\t";
	char *w = p;

	for (; *p != '"'; p++) {
		if (!*p)
			return "the quote is not closed";
		if (*p == '\\') {
			const char *e = p[1] ? strchr(from, p[1]) : NULL;

			if (!e)
				return "only \\\" \\\\ \\n and \\t are known after a backslash";
			*w++ = to[e - from];
			p++;
		} else {
			*w++ = *p;
		}
	}
	p++;
	p += strspn(p, BLANK);
	if (*p && *p != '#')
		return "something stands behind the closing quote";
	*w = '\0';
	return NULL;
}

static void trim_end(char *s)
{
	size_t len = strlen(s);

	while (len && strchr(BLANK "\r", s[len - 1]))
		s[--len] = '\0';
}

/* One line without its end. false: nothing is there. *fault: NULL, or what is wrong. */
static bool parse_line(char *s, struct config_line *out, const char **fault)
{
	char *end, *value;

	*fault = NULL;
	trim_end(s);
	s += strspn(s, BLANK);
	if (!*s || *s == '#')
		return false;
	s += strncmp(s, "--", 2) ? 0 : 2;
	end = s + strcspn(s, BLANK "=:");
	value = end + strspn(end, BLANK);
	if (*value == '=' || *value == ':')
		value = value + 1 + strspn(value + 1, BLANK);
	*out = (struct config_line){ .name = s };
	if (end == s)
		*fault = "no option stands there";
	else if (*value == '"')
		*fault = unquote(++value);
	else if (!*value && value == end)
		value = NULL;
	*end = '\0';
	out->value = value;
	return true;
}

static struct config_line *room(struct config *c)
{
	struct config_line *more = c->line;

	if (!(c->cnt & (c->cnt - 1)))
		more = realloc(c->line, (c->cnt ? 2 * c->cnt : 1) * sizeof(*more));
	if (!more)
		return NULL;
	c->line = more;
	return &more[c->cnt];
}

static int parse_lines(struct config *c, char *err, size_t err_size)
{
	unsigned int number = 0;

	for (char *s = c->text, *next; s; s = next) {
		struct config_line *line = room(c);
		const char *fault;

		if (!line)
			return -ENOMEM;
		next = strchr(s, '\n');
		if (next)
			*next++ = '\0';
		number++;
		if (!parse_line(s, line, &fault))
			continue;
		if (fault) {
			snprintf(err, err_size, "line %u: %s", number, fault);
			return -EINVAL;
		}
		line->number = number;
		c->cnt++;
	}
	return 0;
}

int config_parse(const char *text, size_t len, struct config **out, char *err, size_t err_size)
{
	struct config *c;
	int ret;

	if (memchr(text, '\0', len)) {
		snprintf(err, err_size, "this is no text: there is a byte of value 0");
		return -EINVAL;
	}
	c = calloc(1, sizeof(*c));
	if (!c || !(c->text = strndup(text, len))) {
		free(c);
		return -ENOMEM;
	}
	ret = parse_lines(c, err, err_size);
	if (ret) {
		config_free(c);
		return ret;
	}
	*out = c;
	return 0;
}

/* Up to one byte more than it may have, or -errno. */
static ssize_t read_text(int fd, char *text)
{
	size_t len = 0;

	while (len <= CONFIG_FILE_MAX) {
		ssize_t n = read(fd, text + len, CONFIG_FILE_MAX + 1 - len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	return len > CONFIG_FILE_MAX ? -EFBIG : (ssize_t)len;
}

int config_read(const char *path, struct config **out, char *err, size_t err_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text;
	ssize_t len;

	if (fd < 0)
		return -errno;
	text = malloc(CONFIG_FILE_MAX + 1);
	len = text ? read_text(fd, text) : -ENOMEM;
	close(fd);
	if (len >= 0)
		len = config_parse(text, (size_t)len, out, err, err_size);
	free(text);
	return (int)len;
}

size_t config_cnt(const struct config *c)
{
	return c->cnt;
}

const struct config_line *config_at(const struct config *c, size_t i)
{
	return &c->line[i];
}

void config_free(struct config *c)
{
	if (!c)
		return;
	free(c->line);
	free(c->text);
	free(c);
}
