/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the bytes of a capture file to the lines on the terminal: file, gate, fragments, flows, reassembly, TLS, DTLS, QUIC,
 * certificates, events, both sinks, the summary. Every input is a capture file that `hsmon -r` reads, too; bits of pcap's
 * time zone field, which nobody else reads, make limits tight. What comes out must be valid JSON, or text that does nothing to a
 * terminal; all memory must be given back, and no event may be lost for want of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "assess.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "capture/file.h"
#include "capture/segment.h"
#include "event/event.h"
#include "pcap_mutate.h"
#include "pipeline.h"
#include "report.h"
#include "sink/sink.h"
#include "sink/summary.h"
#include "unit/json_check.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

enum tight {
	TIGHT_FLOWS = 1, TIGHT_MEMORY = 2, TIGHT_CERTS = 4, TIGHT_GATE = 8, QUICK_TIMEOUT = 16, SOME_PORTS = 32, WITH_DER = 64,
	NARROW = 128,
};

struct run {
	struct pipeline *pipeline;
	struct segment_sink inner;
	struct capture_file *file;
	struct sink *text, *json;
	struct summary *summary;
	struct report_outcomes outcomes;
	uint64_t now_ns, due_ns, emitted;
};

static int input_fd, text_fd, json_fd;
static struct assessor *assessor;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void on_handshake(void *ctx, struct handshake_event *e)
{
	struct run *r = ctx;

	r->emitted++;
	summary_add(r->summary, e);
	must(!sink_handshake(r->text, e), "text is written");
	must(!sink_handshake(r->json, e), "JSON is written");
}

static const char *interface_name(void *ctx, uint32_t ifindex)
{
	struct run *r = ctx;

	return capture_file_interface(r->file, ifindex);
}

static void advance(struct run *r, uint64_t time_ns)
{
	if (time_ns <= r->now_ns)
		return;
	r->now_ns = time_ns;
	if (time_ns >= r->due_ns)
		r->due_ns = pipeline_tick(r->pipeline, time_ns);
}

static void on_open(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	struct run *r = ctx;

	advance(r, time_ns);
	r->inner.open(r->inner.ctx, rec, time_ns, offset_ns);
	r->due_ns = 0;
}

static void on_segment(void *ctx, const struct segment *s)
{
	struct run *r = ctx;

	advance(r, s->time_ns);
	r->inner.segment(r->inner.ctx, s);
	r->due_ns = 0;
}

static void on_crossing(void *ctx, const struct hs_crossing *rec, uint64_t time_ns)
{
	struct run *r = ctx;

	r->inner.crossing(r->inner.ctx, rec, time_ns);
}

static void start(struct run *r, unsigned int tight)
{
	struct sink_options so = { .verbose = true, .expiry_warn_days = 30 };
	struct pipeline_settings set = {
		.max_flows = tight & TIGHT_FLOWS ? 2 : 65536,
		.max_memory = tight & TIGHT_MEMORY ? 20000 : 64 << 20,
		.max_certs = tight & TIGHT_CERTS ? 1 : 1000,
		.max_cert_memory = tight & TIGHT_CERTS ? 1000 : 1 << 20,
		.handshake_timeout_ns = tight & QUICK_TIMEOUT ? NS_PER_S / 100 : 30 * NS_PER_S,
		.linger_ns = tight & QUICK_TIMEOUT ? NS_PER_S / 1000 : 2 * NS_PER_S,
		.der = tight & WITH_DER,
		.assessor = assessor,
		.host_name = tight & WITH_DER ? "host" : NULL,
		.interface_name = interface_name,
		.interface_ctx = r,
		.emit = on_handshake,
		.emit_ctx = r,
	};

	r->pipeline = pipeline_new(&set);
	r->inner = pipeline_sink(r->pipeline);
	so.fd = text_fd;
	r->text = sink_text_new(&so);
	so.fd = json_fd;
	r->json = sink_json_new(&so);
	r->summary = summary_new(30);
}

static void finish(struct run *r, unsigned int tight)
{
	struct pipeline_stats ps;
	struct stats_event e;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	pipeline_finish(r->pipeline);
	ps = pipeline_stats(r->pipeline);
	must(!ps.flows_now && !ps.memory_now, "everything is given back");
	must(!ps.out_of_memory, "no event is lost for want of memory");
	must(r->emitted + ps.no_handshake == ps.flows, "each flow is an event or counted");
	must(tight & (TIGHT_FLOWS | TIGHT_MEMORY) || !ps.flows_evicted, "nothing is evicted without need");
	report_fill(&e, capture_file_counters(r->file), &ps, &r->outcomes, r->now_ns, true);
	must(!sink_stats(r->json, &e), "the last line is written");
	summary_print(r->summary, &e, f);
	fclose(f);
	must(write(text_fd, text, len) == (ssize_t)len, "the summary is kept");
	free(text);
	must(!sink_flush(r->text) && !sink_flush(r->json), "all is written");
	pipeline_free(r->pipeline);
	sink_free(r->text);
	sink_free(r->json);
	summary_free(r->summary);
}

/* Whole, and harmless on a terminal. */
static char *output(int fd, size_t *len)
{
	char *s;

	*len = (size_t)lseek(fd, 0, SEEK_END);
	s = calloc(1, *len + 1);
	must(s && pread(fd, s, *len, 0) == (ssize_t)*len, "output can be read");
	for (size_t i = 0, n; i < *len; i += n) {
		uint32_t code;

		n = utf8_decode(s + i, *len - i, &code);
		must(n, "output is UTF-8");
		must(code == '\n' || !utf8_is_invisible(code), "output is harmless");
	}
	return s;
}

static void check_output(uint64_t emitted)
{
	char *s, *end, want[40];
	uint64_t lines = 0;
	size_t len;

	free(output(text_fd, &len));
	s = output(json_fd, &len);
	for (char *p = s; p < s + len; p = end + 1, lines++) {
		end = strchr(p, '\n');
		must(end, "lines end");
		must(json_valid(p, (size_t)(end - p)), "lines are JSON");
		snprintf(want, sizeof(want), "\"sequence\":%llu", (unsigned long long)lines);
		*end = '\0';
		must(strstr(p, want), "sequence has no gaps");
	}
	must(lines == emitted + 1, "a line an event, and one for the end");
	free(s);
}

static void run(const char *path, unsigned int tight)
{
	static uint64_t ports[HS_PORT_WORDS];
	struct capture_file_settings set = {
		.gate.config = { .budget = HS_BUDGET_DEFAULT, .any_port = !(tight & SOME_PORTS), .upgrades = 1 },
		.gate.ports = { ports, ports },
		.gate.flows_max = tight & TIGHT_GATE ? 2 : 0,
		.gate.openings_max = tight & TIGHT_GATE ? 2 : 0,
		.fragment_bytes = tight & TIGHT_MEMORY ? 30000 : 0,
	};
	struct run r = { 0 };
	struct segment_sink sink = { &r, on_open, on_segment, on_crossing };
	char err[256];

	memset(ports, 0xaa, sizeof(ports));		/* every other one: 443 is among them */
	start(&r, tight);
	if (capture_file_open(path, &set, &sink, &r.file, err, sizeof(err))) {
		pipeline_free(r.pipeline);
		sink_free(r.text);
		sink_free(r.json);
		summary_free(r.summary);
		return;
	}
	while (capture_file_step(r.file, 64) > 0)
		;
	finish(&r, tight);
	capture_file_close(r.file);
	check_output(r.emitted);
}

static void empty(int fd)
{
	must(!ftruncate(fd, 0) && !lseek(fd, 0, SEEK_SET), "files can be emptied");
}

/* Not a part of the first input: the trust anchors take long to load on a busy machine. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct assess_settings judge = { .expiry_warn_days = 30 };

	(void)argc;
	(void)argv;
	must(!assessor_new(&assessor, &judge), "there are trust anchors");
	input_fd = memfd_create("input", MFD_CLOEXEC);
	text_fd = memfd_create("text", MFD_CLOEXEC);
	json_fd = memfd_create("json", MFD_CLOEXEC);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[40];

	empty(input_fd);
	empty(text_fd);
	empty(json_fd);
	must(write(input_fd, data, size) == (ssize_t)size, "the input is kept");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", input_fd);
	run(path, pcap_spare_byte(data, size));
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return pcap_mutate(data, size, max_size, seed, LLVMFuzzerMutate);
}
