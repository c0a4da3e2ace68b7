/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration file: one long option a line, as on the command line, with or without its dashes.
 *
 *	# a comment
 *	ports 443,8443
 *	expiry-warn = 14
 *	policy: "/etc/hsmon/tls policy"
 *	verbose
 *
 * Between name and value are blanks, and at most one = or : among them. A value is the rest of the line without the blanks
 * around it, or a text in double quotes, in which \" \\ \n \t stand for what they do in C.
 */
#ifndef HSMON_CONFIG_H
#define HSMON_CONFIG_H

#include <stddef.h>

#define CONFIG_FILE_MAX (1u << 20)	/* bytes */

struct config_line {
	const char *name;		/* without dashes */
	const char *value;		/* NULL: none */
	unsigned int number;		/* from 1 */
};

struct config;

/* 0; -ENOENT and other -errno of the file; -EFBIG: longer than CONFIG_FILE_MAX; -EINVAL: err is filled with a sentence that
 * names the line. *out is the caller's, and all that its lines point to. */
int config_read(const char *path, struct config **out, char *err, size_t err_size);
/* The same of a text. */
int config_parse(const char *text, size_t len, struct config **out, char *err, size_t err_size);
size_t config_cnt(const struct config *c);
const struct config_line *config_at(const struct config *c, size_t i);
void config_free(struct config *c);

#endif
