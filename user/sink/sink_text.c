/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <sys/ioctl.h>

#include "event/event.h"
#include "sink/text.h"

static struct text_sink *text_sink(struct sink *s)
{
	return (struct text_sink *)s;
}

/* Asked for each time: windows are resized. A new width gets a new header. */
static void follow_terminal(struct text_sink *t)
{
	struct winsize ws = { 0 };
	size_t columns = 0;

	if (t->opt.resolve_width && !ioctl(t->opt.fd, TIOCGWINSZ, &ws))
		columns = ws.ws_col;
	if (t->has_header && columns == t->columns)
		return;
	text_table_fit(t, columns);
	text_table_header(t);
}

static int text_handshake(struct sink *s, struct handshake_event *e)
{
	struct text_sink *t = text_sink(s);
	size_t mark = s->out.buf.len;

	follow_terminal(t);
	text_row_make(&t->row, e, t->opt.expiry_warn_days);
	text_table_row(t);
	if (t->opt.verbose)
		text_steps(t, e);
	return output_commit(&s->out, mark);
}

static void text_free(struct sink *s)
{
	struct text_sink *t = text_sink(s);

	for (size_t i = 0; i < P_CNT; i++)
		strbuf_free(&t->row.piece[i]);
	strbuf_free(&t->scratch);
	output_free(&s->out);
	free(t);
}

static const struct sink_ops text_ops = {
	.handshake = text_handshake,
	.free = text_free,
};

struct sink *sink_text_new(const struct sink_options *opt)
{
	struct text_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->base.ops = &text_ops;
	t->opt = *opt;
	if (output_init(&t->base.out, opt)) {
		text_free(&t->base);
		return NULL;
	}
	return &t->base;
}
