/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options, shared by the files that fill struct options: the command line, and what comes before it. */
#ifndef HSMON_OPTIONS_PRIVATE_H
#define HSMON_OPTIONS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

enum option_kind {
	KIND_FLAG, KIND_TEXT, KIND_NUMBER, KIND_WORD, KIND_PORTS, KIND_INTERFACE, KIND_OUTPUT, KIND_TIME,
	KIND_SELF,			/* about hsmon itself or where options come from: only on the command line */
};

struct option_row {
	const char *name;
	char letter;			/* 0: none */
	enum option_kind kind;
	size_t offset;
	uint64_t def, min, max;		/* KIND_NUMBER */
	const char *const *words;	/* KIND_WORD: by value */
	const char *value, *help;
};

extern const struct option_row option_rows[];
extern const size_t option_row_cnt;

/* What options are being read from. A later layer's value replaces an earlier one's, and its list an earlier one's list. */
struct option_layer {
	struct options *o;
	const char *origin;		/* for messages: "/etc/hsmon/hsmon.conf, line 3: "; "" on the command line */
	uint64_t set;			/* bit by row: those that it has set */
	bool any_where;			/* ... among them one that says where handshakes are looked for */
};

/* Sets it, or says on stderr what is wrong. text: NULL for a flag alone; stays in use as long as l->o is. */
bool option_set(struct option_layer *l, const struct option_row *row, const char *text);
/* As a person would write it on the command line: "-p (--ports)". */
void option_name(const struct option_row *row, char *buf, size_t size);

/* options_layers.c: what comes before the command line. false: what is wrong was said. */
bool options_from_file(struct options *o, const char *path, bool must_exist);
bool options_from_environment(struct options *o);

#endif
