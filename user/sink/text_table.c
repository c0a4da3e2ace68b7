/* SPDX-License-Identifier: BSD-2-Clause */
/* One line an event, in columns. On a terminal they fit its width: columns that matter less are left out, long
 * values are shortened, and a result that does not fit goes on below. Elsewhere a long value shifts the rest of
 * its line. */
#include <string.h>

#include "base/utf8.h"
#include "event/event.h"
#include "sink/text.h"

#define GAP 2			/* blanks between columns */
#define CELL_MAX 256		/* columns of a cell when there is no terminal to fit */
#define NAME_LEAST 8		/* of a certificate's name */
#define ELLIPSIS "\xe2\x80\xa6"

/* Widths: without a terminal; the least and the most on one. `drop`: the lower, the sooner it is left out. */
static const struct {
	const char *title;
	size_t fixed, least, most;
	int drop;
	bool right;
} columns[COL_CNT] = {
	[COL_TIME]    = { "TIME", 8, 8, 8, 6, false },
	[COL_PROCESS] = { "PROCESS", 18, 12, 24, 8, false },
	[COL_CLIENT]  = { "CLIENT", 21, 15, 21, 4, false },
	[COL_SERVER]  = { "SERVER", 21, 15, 21, 9, false },
	[COL_SNI]     = { "SNI", 24, 12, 24, 2, false },
	[COL_VERSION] = { "VERSION", 7, 7, 7, 5, false },
	[COL_CIPHER]  = { "CIPHER, GROUP", 34, 20, 34, 1, false },
	[COL_CERT]    = { "CERTIFICATE", 40, 18, 40, 7, false },
	[COL_TOOK]    = { "TOOK", 6, 6, 6, 3, true },
	[COL_RESULT]  = { "RESULT", 6, 7, 14, 9, false },
};

static size_t least_total(const size_t width[COL_CNT])
{
	size_t total = 0;

	for (int c = 0; c < COL_CNT; c++)
		if (width[c])
			total += columns[c].least + GAP;
	return total - GAP;
}

static int first_to_drop(const size_t width[COL_CNT])
{
	int best = -1;

	for (int c = 0; c < COL_CNT; c++)
		if (width[c] && columns[c].drop < 9 && (best < 0 || columns[c].drop < columns[best].drop))
			best = c;
	return best;
}

/* The column that is furthest from the most it can use. */
static int neediest(const size_t width[COL_CNT])
{
	int best = -1;

	for (int c = 0; c < COL_CNT; c++)
		if (width[c] && width[c] < columns[c].most &&
		    (best < 0 || width[c] * columns[best].most < width[best] * columns[c].most))
			best = c;
	return best;
}

void text_table_fit(struct text_sink *t, size_t total)
{
	int c;

	t->columns = total;
	for (c = 0; c < COL_CNT; c++)
		t->width[c] = total ? columns[c].least : columns[c].fixed;
	if (!t->opt.process)
		t->width[COL_PROCESS] = 0;
	if (!total)
		return;
	while (least_total(t->width) > total && (c = first_to_drop(t->width)) >= 0)
		t->width[c] = 0;
	for (size_t used = least_total(t->width); used < total && (c = neediest(t->width)) >= 0; used++)
		t->width[c]++;
}

/* Cells go into `out`, each at most so many columns wide. */
static void put_end_cut(struct strbuf *out, const char *s, size_t len, size_t width)
{
	if (utf8_width(s, len) <= width) {
		strbuf_add(out, s, len);
		return;
	}
	strbuf_add(out, s, utf8_fit(s, len, width - 1));
	strbuf_puts(out, ELLIPSIS);
}

static void put_middle_cut(struct strbuf *out, const char *s, size_t len, size_t width)
{
	size_t tail;

	if (utf8_width(s, len) <= width) {
		strbuf_add(out, s, len);
		return;
	}
	tail = utf8_fit_end(s, len, (width - 1) / 2);
	strbuf_add(out, s, utf8_fit(s, len, width - 1 - (width - 1) / 2));
	strbuf_puts(out, ELLIPSIS);
	strbuf_add(out, s + len - tail, tail);
}

static size_t piece_width(const struct text_row *row, enum text_piece p)
{
	return utf8_width(row->piece[p].s, row->piece[p].len);
}

static void put_piece(struct strbuf *out, const struct text_row *row, enum text_piece p)
{
	strbuf_add(out, row->piece[p].s, row->piece[p].len);
}

/* With the port if there is room for it. */
static void fit_endpoint(struct strbuf *out, const struct text_row *row, enum text_piece ip, enum text_piece port, size_t width)
{
	enum text_piece p = piece_width(row, port) <= width ? port : ip;

	put_middle_cut(out, row->piece[p].s, row->piece[p].len, width);
}

/* The server by its name when there is no column for that. */
static void fit_server(struct strbuf *out, const struct text_row *row, bool by_name, size_t width)
{
	const struct strbuf *sni = &row->piece[P_SNI];

	if (by_name && sni->len > 1)
		put_middle_cut(out, sni->s, sni->len, width);
	else
		fit_endpoint(out, row, P_SERVER_IP, P_SERVER_PORT, width);
}

static void fit_cipher(struct strbuf *out, const struct text_row *row, size_t width)
{
	const struct strbuf *group = &row->piece[P_GROUP];
	struct strbuf whole = { 0 };

	put_piece(&whole, row, P_CIPHER);
	if (group->len) {
		strbuf_puts(&whole, whole.len ? ", " : "");
		put_piece(&whole, row, P_GROUP);
	}
	put_end_cut(out, whole.len ? whole.s : "-", whole.len ? whole.len : 1, width);
	strbuf_free(&whole);
}

/* Shorter words for the same: "encrypted by TLS 1.3", "resumed, no certificate". */
static void put_state(struct strbuf *out, const struct strbuf *state, size_t width)
{
	size_t len = state->len;

	if (utf8_width(state->s, len) > width)
		for (len = 0; len < state->len && state->s[len] != ',' && strncmp(state->s + len, " by", 3); len++)
			;
	put_end_cut(out, state->s, len, width);
}

/* What it says of validity stays longest; a name of which too little is left goes. */
static void fit_cert(struct strbuf *out, const struct text_row *row, size_t width)
{
	const struct strbuf *name = &row->piece[P_CERT_NAME], *state = &row->piece[P_CERT_STATE];
	size_t wn = utf8_width(name->s, name->len), ws = utf8_width(state->s, state->len), used;
	size_t wi = piece_width(row, P_CERT_ISSUER);

	if (wn && ws && ws + 2 + NAME_LEAST > width && wn + ws + 2 > width)
		wn = 0;
	if (wn)
		put_middle_cut(out, name->s, name->len, ws ? width - ws - 2 : width);
	if (wn && ws)
		strbuf_puts(out, ", ");
	if (ws)
		put_state(out, state, width);
	used = utf8_width(out->s, out->len);
	if (wi && used + 2 + wi <= width && !memmem(out->s, out->len, ELLIPSIS, 3)) {
		strbuf_puts(out, ", ");
		put_piece(out, row, P_CERT_ISSUER);
	}
	if (!out->len)
		strbuf_putc(out, '-');
}

static void fit_plain(struct strbuf *out, const struct text_row *row, enum text_piece p, size_t width)
{
	if (row->piece[p].len)
		put_middle_cut(out, row->piece[p].s, row->piece[p].len, width);
	else
		strbuf_putc(out, '-');
}

/* On one line a reason speaks for itself. */
static void put_result(struct strbuf *out, const struct text_row *row)
{
	const struct strbuf *detail = &row->piece[P_DETAIL];

	if (!row->failed || !detail->len) {
		put_piece(out, row, P_HEAD);
		if (detail->len)
			strbuf_puts(out, row->result == MOOD_PLAIN && detail->s[0] != '(' ? ", " : " ");
	}
	put_piece(out, row, P_DETAIL);
}

static void put_cell(struct text_sink *t, enum text_column c, struct strbuf *out)
{
	size_t width = t->columns ? t->width[c] : CELL_MAX;

	switch (c) {
	case COL_TIME: fit_plain(out, &t->row, P_TIME, width); break;
	case COL_PROCESS: fit_plain(out, &t->row, P_PROCESS, width); break;
	case COL_CLIENT: fit_endpoint(out, &t->row, P_CLIENT_IP, P_CLIENT_PORT, width); break;
	case COL_SERVER: fit_server(out, &t->row, !t->width[COL_SNI], width); break;
	case COL_SNI: fit_plain(out, &t->row, P_SNI, width); break;
	case COL_VERSION: fit_plain(out, &t->row, P_VERSION, width); break;
	case COL_CIPHER: fit_cipher(out, &t->row, width); break;
	case COL_CERT: fit_cert(out, &t->row, width); break;
	case COL_TOOK: fit_plain(out, &t->row, P_TOOK, width); break;
	case COL_RESULT: put_result(out, &t->row); break;
	case COL_CNT: break;
	}
}

void text_mood_begin(struct text_sink *t, enum text_mood mood)
{
	static const char *const start[] = { [MOOD_PLAIN] = "", [MOOD_WARN] = "\033[33m", [MOOD_BAD] = "\033[31m" };

	if (t->opt.color)
		strbuf_puts(&t->base.out.buf, start[mood]);
}

void text_mood_end(struct text_sink *t, enum text_mood mood)
{
	if (t->opt.color && mood != MOOD_PLAIN)
		strbuf_puts(&t->base.out.buf, "\033[0m");
}

static void put_blanks(struct strbuf *b, size_t n)
{
	for (; n; n--)
		strbuf_putc(b, ' ');
}

/* All cells but the last are followed by blanks. */
static void put_padded(struct text_sink *t, enum text_column c, const struct strbuf *cell, enum text_mood mood)
{
	struct strbuf *b = &t->base.out.buf;
	size_t width = utf8_width(cell->s, cell->len);
	size_t pad = width < t->width[c] ? t->width[c] - width : 0;

	if (columns[c].right)
		put_blanks(b, pad);
	text_mood_begin(t, mood);
	strbuf_add(b, cell->s, cell->len);
	text_mood_end(t, mood);
	if (c != COL_RESULT)
		put_blanks(b, (columns[c].right ? 0 : pad) + GAP);
}

void text_table_header(struct text_sink *t)
{
	struct strbuf *b = &t->base.out.buf;

	if (t->opt.color)
		strbuf_puts(b, "\033[1m");
	for (int c = 0; c < COL_CNT; c++) {
		struct strbuf cell = { .s = (char *)columns[c].title, .len = strlen(columns[c].title) };

		if (t->width[c])
			put_padded(t, c, &cell, MOOD_PLAIN);
	}
	if (t->opt.color)
		strbuf_puts(b, "\033[0m");
	strbuf_putc(b, '\n');
	t->has_header = true;
}

static size_t result_room(const struct text_sink *t)
{
	size_t used = 0;

	for (int c = 0; c < COL_RESULT; c++)
		if (t->width[c])
			used += t->width[c] + GAP;
	return t->columns > used ? t->columns - used : 0;
}

/* What it is in one word, the rest in a line of its own below the columns. */
static void put_result_below(struct text_sink *t)
{
	struct strbuf *b = &t->base.out.buf;

	put_padded(t, COL_RESULT, &t->row.piece[P_HEAD], t->row.result);
	strbuf_putc(b, '\n');
	put_blanks(b, t->width[COL_TIME] ? t->width[COL_TIME] + GAP : GAP);
	text_mood_begin(t, t->row.result);
	put_piece(b, &t->row, P_DETAIL);
	text_mood_end(t, t->row.result);
}

void text_table_row(struct text_sink *t)
{
	struct strbuf *cell = &t->scratch;

	for (int c = 0; c < COL_RESULT; c++) {
		if (!t->width[c])
			continue;
		strbuf_reset(cell);
		put_cell(t, c, cell);
		put_padded(t, c, cell, c == COL_CERT ? t->row.cert : MOOD_PLAIN);
	}
	strbuf_reset(cell);
	put_cell(t, COL_RESULT, cell);
	if (t->columns && t->row.piece[P_DETAIL].len && utf8_width(cell->s, cell->len) > result_room(t))
		put_result_below(t);
	else
		put_padded(t, COL_RESULT, cell, t->row.result);
	strbuf_putc(&t->base.out.buf, '\n');
	strbuf_reset(cell);
}
