// SPDX-License-Identifier: BSD-2-Clause
#include "capture/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/fragments.h"
#include "capture/link.h"
#include "capture/pcapng.h"
#include "capture/segment.h"

#define PCAPNG_FIRST_BYTE 0x0a		/* no pcap file begins with it */

struct capture_file {
	struct gate *gate;
	struct fragments *fragments;
	pcap_t *pcap;			/* one of them is there */
	struct pcapng *pcapng;
	int linktype;			/* of the packet before */
	link_fn link;
	int unknown_link;		/* link type of a packet that was not understood; -1 */
	bool understood;		/* one was */
	int end;			/* what a further step gives: -errno, or 0 */
	bool ended;
	void (*secrets)(void *ctx, const uint8_t *p, size_t len);
	void *secrets_ctx;
	char err[PCAP_ERRBUF_SIZE];
};

static int explain(char *err, size_t err_len, int ret, const char *text)
{
	snprintf(err, err_len, "%s", text);
	return ret;
}

static int explain_link(char *err, size_t err_len, int linktype)
{
	const char *name = pcap_datalink_val_to_name(linktype);

	snprintf(err, err_len, "link type %d%s%s%s is not understood", linktype, name ? " (" : "", name ? name : "",
		 name ? ")" : "");
	return -ENOTSUP;
}

static void choose_link(struct capture_file *f, int linktype)
{
	if (f->link && f->linktype == linktype)
		return;
	f->linktype = linktype;
	f->link = link_by_type(linktype);
	if (!f->link)
		f->unknown_link = linktype;
}

static int open_pcap(struct capture_file *f, FILE *in, char *err, size_t err_len)
{
	char text[PCAP_ERRBUF_SIZE];

	/* Takes over the stream, unless it fails. */
	f->pcap = pcap_fopen_offline_with_tstamp_precision(in, PCAP_TSTAMP_PRECISION_NANO, text);
	if (!f->pcap) {
		int ret = ferror(in) ? -EIO : -EBADMSG;

		fclose(in);
		return explain(err, err_len, ret, ret == -EIO ? strerror(EIO) : "no capture file (pcap or pcapng)");
	}
	choose_link(f, pcap_datalink(f->pcap));
	return f->link ? 0 : explain_link(err, err_len, f->linktype);
}

static void on_secrets(void *ctx, const uint8_t *p, size_t len)
{
	struct capture_file *f = ctx;

	gate_copy_encrypted(f->gate);
	f->secrets(f->secrets_ctx, p, len);
}

static int open_any(struct capture_file *f, FILE *in, char *err, size_t err_len)
{
	const char *text;
	int ret, first = getc(in);

	if (first == EOF) {
		ret = ferror(in) ? -errno : -EBADMSG;
		fclose(in);
		return explain(err, err_len, ret, ret == -EBADMSG ? "empty, no capture file" : strerror(-ret));
	}
	ungetc(first, in);
	if (first != PCAPNG_FIRST_BYTE)
		return open_pcap(f, in, err, err_len);
	ret = pcapng_open(in, &f->pcapng, &text);
	if (!ret && f->secrets) {
		ret = pcapng_secrets(f->pcapng, on_secrets, f);
		text = strerror(-ret);
	}
	return ret ? explain(err, err_len, ret == -ENODATA ? -EBADMSG : ret, text) : 0;
}

static void on_fragment(void *ctx, const struct hs_fragment *rec, const uint8_t *packet)
{
	fragments_add(ctx, rec, packet, rec->time_ns);
}

static struct capture_file *file_new(const struct capture_file_settings *settings, const struct segment_sink *sink)
{
	struct capture_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->unknown_link = -1;
	f->secrets = settings->secrets;
	f->secrets_ctx = settings->secrets_ctx;
	f->gate = gate_new(&settings->gate, sink);
	if (f->gate)
		f->fragments = fragments_new(f->gate, settings->fragment_bytes);
	if (f->fragments) {
		gate_on_fragment(f->gate, on_fragment, f->fragments);
		return f;
	}
	capture_file_close(f);
	return NULL;
}

FILE *capture_file_stream(const char *path)
{
	FILE *in;
	int fd;

	if (strcmp(path, "-"))
		return fopen(path, "rbe");
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	in = fd < 0 ? NULL : fdopen(fd, "rb");
	if (!in && fd >= 0) {
		close(fd);
		errno = EBADF;		/* open, but not for reading */
	}
	return in;
}

int capture_file_begin(FILE *in, const struct capture_file_settings *settings, const struct segment_sink *sink,
		       struct capture_file **out, char *err, size_t err_len)
{
	struct capture_file *f = file_new(settings, sink);
	int ret;

	if (!f) {
		fclose(in);
		return explain(err, err_len, -ENOMEM, strerror(ENOMEM));
	}
	ret = open_any(f, in, err, err_len);
	if (ret) {
		capture_file_close(f);
		return ret;
	}
	*out = f;
	return 0;
}

int capture_file_open(const char *path, const struct capture_file_settings *settings, const struct segment_sink *sink,
		      struct capture_file **out, char *err, size_t err_len)
{
	FILE *in = capture_file_stream(path);
	int ret = -errno;

	return in ? capture_file_begin(in, settings, sink, out, err, err_len) : explain(err, err_len, ret, strerror(-ret));
}

static void deliver(struct capture_file *f, struct gate_packet *p)
{
	if (!f->link) {
		gate_counters(f->gate)->v[HS_CNT_ENCAP]++;
		return;
	}
	f->understood = true;
	if (f->link(p))
		gate_packet(f->gate, p);
}

static int end(struct capture_file *f, int ret, const char *text)
{
	fragments_finish(f->fragments);
	f->ended = true;
	f->end = ret;
	if (ret)
		explain(f->err, sizeof(f->err), ret, text);
	else if (f->unknown_link >= 0 && !f->understood)
		f->end = explain_link(f->err, sizeof(f->err), f->unknown_link);
	return 0;
}

/* 1: one packet; 0: f->ended. */
static int next_pcap(struct capture_file *f)
{
	struct gate_packet p = { .ifindex = 1, .hook = HS_HOOK_TAP };
	struct pcap_pkthdr *h;
	int ret = pcap_next_ex(f->pcap, &h, &p.data);
	const char *text;

	if (ret == PCAP_ERROR_BREAK)
		return end(f, 0, NULL);
	if (ret != 1) {
		text = pcap_geterr(f->pcap);
		ret = strstr(text, "truncated") ? -ENODATA : -EBADMSG;
		return end(f, ret, ret == -ENODATA ? "the file is cut short" : text);
	}
	p.cap_len = h->caplen;
	p.wire_len = h->len > h->caplen ? h->len : h->caplen;
	/* Nanoseconds where the name says micro: asked for when it was opened. */
	p.time_ns = (uint64_t)h->ts.tv_sec * NS_PER_S + (uint64_t)h->ts.tv_usec;
	deliver(f, &p);
	return 1;
}

static int next_pcapng(struct capture_file *f)
{
	struct pcapng_packet in;
	struct gate_packet p;
	int ret = pcapng_next(f->pcapng, &in);

	if (ret <= 0)
		return end(f, ret, ret ? pcapng_error(f->pcapng) : NULL);
	p = (struct gate_packet){
		.data = in.data,
		.cap_len = in.cap_len,
		.wire_len = in.wire_len,
		.time_ns = in.time_ns,
		.ifindex = in.ifindex,
		.hook = in.hook,
	};
	choose_link(f, in.linktype);
	deliver(f, &p);
	return 1;
}

int capture_file_step(struct capture_file *f, unsigned int max_packets)
{
	int n = 0;

	while (!f->ended && (unsigned int)n < max_packets)
		n += f->pcap ? next_pcap(f) : next_pcapng(f);
	return n ? n : f->end;
}

const char *capture_file_error(const struct capture_file *f)
{
	return f->err;
}

const char *capture_file_interface(const struct capture_file *f, uint32_t ifindex)
{
	return f->pcapng ? pcapng_interface(f->pcapng, ifindex) : NULL;
}

const struct hs_counters *capture_file_counters(const struct capture_file *f)
{
	return gate_counters(f->gate);
}

void capture_file_close(struct capture_file *f)
{
	if (!f)
		return;
	if (f->pcap)
		pcap_close(f->pcap);
	pcapng_close(f->pcapng);
	fragments_free(f->fragments);
	gate_free(f->gate);
	free(f);
}
