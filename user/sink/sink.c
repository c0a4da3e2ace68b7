/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/sink.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "sink/sink_impl.h"

#define KEEP_CAP (4 * OUTPUT_BUFFER)	/* a buffer that one huge event made larger is given back */

int output_init(struct output *o, const struct sink_options *opt)
{
	*o = (struct output){
		.fd = opt->fd,
		.line_buffered = opt->line_buffered,
		.emit = opt->emit,
		.emit_ctx = opt->emit_ctx,
	};
	return strbuf_room(&o->buf, 2 * OUTPUT_BUFFER - 1) ? 0 : -ENOMEM;
}

void output_free(struct output *o)
{
	strbuf_free(&o->buf);
}

/* Waits without end for a reader that is slow: dropping would be a silent loss. */
static int wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			int err = wait_writable(fd);

			if (err)
				return err;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int output_flush(struct output *o)
{
	if (!o->error && !o->emit)
		o->error = write_all(o->fd, o->buf.s, o->buf.len);
	if (o->buf.cap > KEEP_CAP)
		strbuf_free(&o->buf);
	strbuf_reset(&o->buf);
	return o->error;
}

int output_commit(struct output *o, size_t mark)
{
	int err = 0;

	if (o->emit && !o->buf.failed) {
		err = o->emit(o->emit_ctx, o->buf.s, o->buf.len);
		strbuf_reset(&o->buf);
		return err;
	}
	if (o->buf.failed) {
		o->buf.len = mark;
		o->buf.failed = false;
		err = -ENOMEM;
	}
	if (o->error || o->line_buffered || o->buf.len >= OUTPUT_BUFFER)
		return output_flush(o) ? o->error : err;
	return err;
}

int sink_handshake(struct sink *s, struct handshake_event *e)
{
	return s->ops->handshake ? s->ops->handshake(s, e) : 0;
}

int sink_stats(struct sink *s, struct stats_event *e)
{
	return s->ops->stats ? s->ops->stats(s, e) : 0;
}

int sink_interface(struct sink *s, struct interface_event *e)
{
	return s->ops->interface ? s->ops->interface(s, e) : 0;
}

int sink_certificate(struct sink *s, struct certificate_event *e)
{
	return s->ops->certificate ? s->ops->certificate(s, e) : 0;
}

int sink_flush(struct sink *s)
{
	return output_flush(&s->out);
}

void sink_free(struct sink *s)
{
	if (s)
		s->ops->free(s);
}
