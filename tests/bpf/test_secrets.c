// SPDX-License-Identifier: BSD-2-Clause
/*
 * The programs in TLS libraries: what they tell, and what never leaves a process. A second reader of the memory that they
 * share with hsmon looks for every secret of the peer's own key log.
 */
#include "tap_peer.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>

#include "tap/files.h"
#include "tap/mappings.h"
#include "tap/programs.h"
#include "tap/ring.h"

#define HANDSHAKES 1000			/* 4,000 records, as both ends are there: less than slots */
#define SECRETS_MAX (5 * HANDSHAKES)
#define RING_BYTES (1u << 19)
#define SHA384 "TLS_AES_256_GCM_SHA384"
#define SHA256 "TLS_CHACHA20_POLY1305_SHA256"

struct known {
	bool handshake, client;
	size_t len;
	uint8_t bytes[48];
	unsigned int told;
};

struct run {
	char folder[40], crypto[PATH_MAX], ssl[PATH_MAX];
	struct tap_programs *programs;
	struct tap_ring *ring;
	struct tap_peer peer;
	struct tap_links links;
	struct known *known;
	size_t known_cnt;
	unsigned int foreign, wrong;
	/* the second reader's */
	uint8_t *ring_memory, *slots_memory;
	size_t ring_len;
};

static size_t from_hex(const char *hex, uint8_t *out, size_t max)
{
	size_t n = 0;

	while (n < max && sscanf(hex + 2 * n, "%2hhx", &out[n]) == 1)
		n++;
	return n;
}

static void on_key_log(void *ctx, const char *line)
{
	struct run *r = ctx;
	struct known *k = &r->known[r->known_cnt];
	char label[64], random[65], secret[97];

	assert_int_equal(sscanf(line, "%63s %64s %96s", label, random, secret), 3);
	assert_true(r->known_cnt++ < SECRETS_MAX);
	*k = (struct known){ .handshake = strstr(label, "_HANDSHAKE_TRAFFIC_SECRET"), .client = label[0] == 'C' };
	k->len = from_hex(secret, k->bytes, sizeof(k->bytes));
	assert_true(k->len == 32 || k->len == 48);
}

static void on_secret(void *ctx, const struct hs_secret *rec, const uint8_t *secret)
{
	struct run *r = ctx;

	if ((pid_t)rec->pid != r->peer.pid) {
		r->foreign++;
		return;
	}
	assert_int_equal(rec->kind, HS_SECRET_BY_TRANSCRIPT);
	assert_int_equal(rec->key_len, rec->secret_len);
	assert_string_equal(rec->comm, "exe");
	for (size_t i = 0; i < r->known_cnt; i++) {
		struct known *k = &r->known[i];

		if (k->len == rec->secret_len && !memcmp(k->bytes, secret, k->len)) {
			k->told++;
			r->wrong += !k->handshake || k->client != (rec->label == HS_SECRET_CLIENT);
			return;
		}
	}
	r->wrong++;
}

static void attach(struct run *r)
{
	struct tap_target targets[TAP_POINT_END];
	int fd = open(r->crypto, O_RDONLY | O_CLOEXEC), cnt = tap_find(fd, targets);

	assert_int_equal(cnt, 1);
	assert_int_equal(tap_programs_attach(r->programs, fd, targets, (size_t)cnt, &r->links), 0);
	close(fd);
}

static void map_second_reader(struct run *r)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	/* The producer's page, then the data twice in a row. */
	r->ring_len = page + 2 * RING_BYTES;
	r->ring_memory = mmap(NULL, r->ring_len, PROT_READ, MAP_SHARED, tap_programs_ring_fd(r->programs), (off_t)page);
	r->slots_memory = mmap(NULL, HS_SECRET_SLOTS * sizeof(struct hs_secret_slot), PROT_READ, MAP_SHARED,
			       tap_programs_slots_fd(r->programs), 0);
	assert_true(r->ring_memory != MAP_FAILED && r->slots_memory != MAP_FAILED);
}

static void begin(struct run *r, enum tap_kernel kernel, const char *suites)
{
	struct tap_error error = { .text = "" };

	*r = (struct run){ .folder = "/tmp/hsmon-test-XXXXXX" };
	r->programs = tap_programs_load(kernel, &error);
	assert_string_equal(error.text, "");
	assert_non_null(mkdtemp(r->folder));
	tap_peer_copy((const void *)(uintptr_t)EVP_KDF_derive, r->folder, r->crypto, sizeof(r->crypto));
	tap_peer_copy((const void *)(uintptr_t)SSL_new, r->folder, r->ssl, sizeof(r->ssl));
	r->known = calloc(SECRETS_MAX, sizeof(*r->known));
	assert_int_equal(tap_ring_new(&r->ring, r->programs, on_secret, r), 0);
	map_second_reader(r);
	if (suites)
		r->peer = tap_peer_start(r->folder, suites);
}

static void end(struct run *r)
{
	if (r->peer.pid)
		tap_peer_stop(&r->peer);
	tap_links_close(&r->links);
	munmap(r->ring_memory, r->ring_len);
	munmap(r->slots_memory, HS_SECRET_SLOTS * sizeof(struct hs_secret_slot));
	tap_ring_free(r->ring);
	tap_programs_free(r->programs);
	unlink(r->crypto);
	unlink(r->ssl);
	rmdir(r->folder);
	free(r->known);
}

/* Which of the known secrets are in that memory, by their first eight bytes in a hash table of single bits. */
struct finds {
	unsigned int handshake, other;
};

static struct finds look_through(const struct run *r, const uint8_t *memory, size_t len)
{
	static uint8_t bits[1 << 13];
	bool *seen = calloc(r->known_cnt + 1, sizeof(bool));
	struct finds finds = { 0 };

	memset(bits, 0, sizeof(bits));
	for (size_t i = 0; i < r->known_cnt; i++)
		bits[r->known[i].bytes[0] << 5 | r->known[i].bytes[1] >> 3] |= (uint8_t)(1 << (r->known[i].bytes[1] & 7));
	for (size_t at = 0; at + 8 <= len; at++) {
		if (!(bits[memory[at] << 5 | memory[at + 1] >> 3] & 1 << (memory[at + 1] & 7)))
			continue;
		for (size_t i = 0; i < r->known_cnt; i++)
			seen[i] |= !memcmp(r->known[i].bytes, memory + at, 8);
	}
	for (size_t i = 0; i < r->known_cnt; i++) {
		finds.handshake += seen[i] && r->known[i].handshake;
		finds.other += seen[i] && !r->known[i].handshake;
	}
	free(seen);
	return finds;
}

/* 1,000 handshakes, none of which anybody has read: all that was told is still in memory. */
static void only_handshake_secrets(enum tap_kernel kernel, const char *suites)
{
	struct hs_secret_counters counters;
	struct finds ring, slots;
	struct run r;

	begin(&r, kernel, suites);
	attach(&r);
	tap_peer_ask(&r.peer, HANDSHAKES, on_key_log, &r);
	assert_int_equal(r.known_cnt, SECRETS_MAX);
	slots = look_through(&r, r.slots_memory, HS_SECRET_SLOTS * sizeof(struct hs_secret_slot));
	ring = look_through(&r, r.ring_memory, r.ring_len);
	/* The second reader sees what is there: each handshake secret, in the memory that can be wiped ... */
	assert_int_equal(slots.handshake, 2 * HANDSHAKES);
	assert_int_equal(ring.handshake, 0);
	/* ... and nowhere one that opens application data, or of which others are made. */
	assert_int_equal(slots.other, 0);
	assert_int_equal(ring.other, 0);
	assert_true(tap_ring_consume(r.ring) >= 4 * HANDSHAKES);
	assert_int_equal(r.wrong, 0);
	for (size_t i = 0; i < r.known_cnt; i++)
		assert_int_equal(r.known[i].told, r.known[i].handshake ? 2 : 0);
	/* Read is wiped. */
	slots = look_through(&r, r.slots_memory, HS_SECRET_SLOTS * sizeof(struct hs_secret_slot));
	assert_int_equal(slots.handshake, 0);
	tap_ring_counters(r.ring, &counters);
	assert_int_equal(counters.v[HS_SECRET_CNT_TOLD], 4 * HANDSHAKES + r.foreign);
	assert_int_equal(counters.v[HS_SECRET_CNT_LOST_RING], 0);
	assert_int_equal(counters.v[HS_SECRET_CNT_LOST_MEMORY], 0);
	end(&r);
}

static void only_handshake_secrets_here(void **state)
{
	(void)state;
	only_handshake_secrets(TAP_KERNEL_THIS, SHA384);
}

static void only_handshake_secrets_as_on_old_kernels(void **state)
{
	(void)state;
	only_handshake_secrets(TAP_KERNEL_OLD, SHA256);
}

/* What finds no slot is counted; when the reader has come, there is room again. */
static void losses_are_counted(void **state)
{
	struct hs_secret_counters c;
	struct run r;
	int n;

	(void)state;
	begin(&r, TAP_KERNEL_THIS, SHA256);
	attach(&r);
	tap_peer_ask(&r.peer, HANDSHAKES + 100, NULL, NULL);
	tap_ring_counters(r.ring, &c);
	assert_true(c.v[HS_SECRET_CNT_LOST_RING] > 0);
	assert_int_equal(c.v[HS_SECRET_CNT_TOLD] + c.v[HS_SECRET_CNT_LOST_RING], 4 * (HANDSHAKES + 100));
	n = tap_ring_consume(r.ring);
	assert_int_equal(n, c.v[HS_SECRET_CNT_TOLD]);
	r.wrong = 0;
	tap_peer_ask(&r.peer, 3, on_key_log, &r);
	assert_int_equal(tap_ring_consume(r.ring), 12);
	assert_int_equal(r.wrong, 0);
	end(&r);
}

static void nothing_after_detaching(void **state)
{
	struct run r;

	(void)state;
	begin(&r, TAP_KERNEL_THIS, SHA256);
	attach(&r);
	tap_links_close(&r.links);
	tap_peer_ask(&r.peer, 5, on_key_log, &r);
	assert_int_equal(tap_ring_consume(r.ring), 0);
	end(&r);
}

struct following {
	struct tap_files *files;
	struct mappings *mappings;
	dev_t dev;
	ino_t ino;
	unsigned int seen;
};

/* Only the peer's libraries: other programs of this host are left alone. */
static void on_mapping(void *ctx, const struct mapping *m)
{
	struct following *f = ctx;

	if (m->ino != f->ino)
		return;
	f->seen++;
	tap_files_see(f->files, m);
}

static void follow_begin(struct following *f, const struct run *r)
{
	struct stat st;

	assert_int_equal(stat(r->crypto, &st), 0);
	*f = (struct following){ .files = tap_files_new(r->programs), .dev = st.st_dev, .ino = st.st_ino };
	assert_non_null(f->files);
	assert_int_equal(mappings_open(&f->mappings, on_mapping, f), 0);
}

static void follow_end(struct following *f)
{
	mappings_close(f->mappings);
	tap_files_free(f->files);
}

static void await_tapped(struct following *f, size_t cnt)
{
	struct pollfd p = { .fd = mappings_fd(f->mappings), .events = POLLIN };

	while (tap_files_stats(f->files)->tapped != cnt) {
		assert_true(poll(&p, 1, 10000) > 0);
		if (!mappings_follow(f->mappings))
			assert_int_equal(mappings_scan(f->mappings), 0);
	}
}

static void a_new_library_is_found_as_it_is_mapped(void **state)
{
	struct following f;
	struct run r;

	(void)state;
	begin(&r, TAP_KERNEL_THIS, NULL);
	follow_begin(&f, &r);
	r.peer = tap_peer_start(r.folder, SHA384);
	await_tapped(&f, 1);
	assert_int_equal(tap_files_stats(f.files)->by_point[TAP_KDF_DERIVE], 1);
	tap_peer_ask(&r.peer, 10, on_key_log, &r);
	assert_int_equal(tap_ring_consume(r.ring), 40);
	assert_int_equal(r.wrong, 0);
	follow_end(&f);
	end(&r);
}

static void a_process_that_runs_already_is_found(void **state)
{
	struct following f;
	struct run r;

	(void)state;
	begin(&r, TAP_KERNEL_THIS, SHA384);
	follow_begin(&f, &r);
	assert_int_equal(mappings_scan(f.mappings), 0);
	assert_int_equal(tap_files_stats(f.files)->tapped, 1);
	/* Once only, however often it is seen. */
	assert_int_equal(mappings_scan(f.mappings), 0);
	assert_true(f.seen >= 2);
	assert_int_equal(tap_files_stats(f.files)->tapped, 1);
	tap_peer_ask(&r.peer, 10, on_key_log, &r);
	assert_int_equal(tap_ring_consume(r.ring), 40);
	assert_int_equal(r.wrong, 0);
	follow_end(&f);
	end(&r);
}

/* The breakpoints would be somewhere in the new code. */
static void a_file_that_is_written_to_is_let_go(void **state)
{
	struct following f;
	struct run r;
	int fd;

	(void)state;
	begin(&r, TAP_KERNEL_THIS, NULL);
	follow_begin(&f, &r);
	r.peer = tap_peer_start(r.folder, SHA384);
	await_tapped(&f, 1);
	tap_peer_stop(&r.peer);
	fd = open(r.crypto, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\177ELF", 4, 0), 4);
	close(fd);
	tap_files_check(f.files);
	assert_int_equal(tap_files_stats(f.files)->tapped, 0);
	/* As it is now it can be tapped again. */
	r.peer = tap_peer_start(r.folder, SHA384);
	await_tapped(&f, 1);
	follow_end(&f);
	end(&r);
}

/* Else a removed file would keep its room on the disk for as long as hsmon runs. */
static void a_removed_file_is_let_go_when_nobody_runs_it(void **state)
{
	struct following f;
	struct run r;

	(void)state;
	begin(&r, TAP_KERNEL_THIS, SHA384);
	follow_begin(&f, &r);
	assert_int_equal(mappings_scan(f.mappings), 0);
	assert_false(tap_files_want_sweep(f.files));
	assert_int_equal(unlink(r.crypto), 0);
	tap_files_check(f.files);
	assert_true(tap_files_want_sweep(f.files));
	tap_files_sweep_begin(f.files);
	assert_int_equal(mappings_scan(f.mappings), 0);
	tap_files_sweep_end(f.files);
	assert_int_equal(tap_files_stats(f.files)->tapped, 1);
	assert_true(tap_files_want_sweep(f.files));
	tap_peer_stop(&r.peer);
	r.peer.pid = 0;
	tap_files_sweep_begin(f.files);
	assert_int_equal(mappings_scan(f.mappings), 0);
	tap_files_sweep_end(f.files);
	assert_int_equal(tap_files_stats(f.files)->tapped, 0);
	assert_false(tap_files_want_sweep(f.files));
	follow_end(&f);
	end(&r);
}

static int open_as_mapping(const char *path)
{
	const struct mapping m = { .pid = getpid(), .start = 1, .end = 2, .path = path };

	return mapping_open_file(&m);
}

/* A path may name anything by now. */
static void only_regular_files_are_opened_bad(void **state)
{
	char folder[] = "/tmp/hsmon-test-XXXXXX", path[64], link[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(open_as_mapping(path), -EBADF);	/* and it did not wait for a writer */
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(symlink("/bin/sh", link), 0);
	assert_int_equal(open_as_mapping(link), -EBADF);
	assert_int_equal(open_as_mapping(folder), -EBADF);
	assert_int_equal(open_as_mapping("/dev/zero"), -EBADF);
	assert_int_equal(open_as_mapping("/nonexistent"), -ESRCH);
	unlink(path);
	unlink(link);
	rmdir(folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_handshake_secrets_here),
		cmocka_unit_test(only_handshake_secrets_as_on_old_kernels),
		cmocka_unit_test(losses_are_counted),
		cmocka_unit_test(nothing_after_detaching),
		cmocka_unit_test(a_new_library_is_found_as_it_is_mapped),
		cmocka_unit_test(a_process_that_runs_already_is_found),
		cmocka_unit_test(a_file_that_is_written_to_is_let_go),
		cmocka_unit_test(a_removed_file_is_let_go_when_nobody_runs_it),
		cmocka_unit_test(only_regular_files_are_opened_bad),
	};

	if (argc == 3 && !strcmp(argv[1], "--peer"))
		return tap_peer_main(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
