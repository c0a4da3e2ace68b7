/* SPDX-License-Identifier: BSD-2-Clause */
/* One value as a cell of a CSV file (RFC 4180 section 2). */
#ifndef HSMON_SINK_CSV_CELL_H
#define HSMON_SINK_CSV_CELL_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "event/fields.h"

/* Can a cell hold such a value? Lists of objects are none. */
bool csv_fits(const struct field_use *f);
/* Appends the value's cell; an absent one is empty. scratch: reused between calls. Bytes that are not printable UTF-8, and the
 * backslash, are \xNN; so is what a spreadsheet would take for the begin of a formula, and the ';' within a list's entry. */
void csv_cell(struct strbuf *b, struct strbuf *scratch, const struct field_use *f, const void *event);
/* A text as a cell, quoted where it must be. */
void csv_quoted(struct strbuf *b, const char *s, size_t len);

#endif
