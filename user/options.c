/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

enum kind { KIND_FLAG, KIND_TEXT, KIND_NUMBER, KIND_WORD, KIND_PORTS, KIND_INTERFACE, KIND_TIME, KIND_HELP, KIND_VERSION };

struct option_row {
	const char *name;
	char letter;			/* 0: none */
	enum kind kind;
	size_t offset;
	uint64_t def, min, max;		/* KIND_NUMBER */
	const char *const *words;	/* KIND_WORD: by value */
	const char *value, *help;
};

static const char *const formats[] = { [OPTIONS_TEXT] = "text", [OPTIONS_JSON] = "json", NULL };
static const char *const attaches[] = {
	[OPTIONS_ATTACH_AUTO] = "auto", [OPTIONS_ATTACH_TCX] = "tcx", [OPTIONS_ATTACH_CLSACT] = "clsact",
	[OPTIONS_ATTACH_XDP] = "xdp", [OPTIONS_ATTACH_XDP_GENERIC] = "xdpgeneric", NULL
};

static const char *const severities[] = { "never", "info", "low", "medium", "high", "critical", NULL };

#define AT(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{ "ports", 'p', KIND_PORTS, AT(ports), 0, 0, 0, NULL, "LIST",
	  "ports: 443,8443,9000-9100, or any (found by content); default: those of TLS services" },
	{ "interface", 'i', KIND_INTERFACE, AT(interfaces), 0, 0, 0, NULL, "NAME",
	  "interface, may be repeated; default: all that are up, also later" },
	{ "cgroup", 0, KIND_TEXT, AT(cgroup), 0, 0, 0, NULL, "PATH", "only the sockets of a cgroup, on whatever interface" },
	{ "unit", 0, KIND_TEXT, AT(unit), 0, 0, 0, NULL, "NAME", "only those of a systemd unit" },
	{ "netns", 0, KIND_TEXT, AT(netns), 0, 0, 0, NULL, "WHERE", "another network namespace: its name, a process in it, or a path" },
	{ "read", 'r', KIND_TEXT, AT(read_file), 0, 0, 0, NULL, "FILE", "read a pcap or pcapng file instead; - is stdin" },
	{ "output", 'o', KIND_WORD, AT(format), 0, 0, 0, formats, "FORMAT", "text (default) or json" },
	{ "verbose", 'v', KIND_FLAG, AT(verbose), 0, 0, 0, NULL, NULL, "every handshake as its steps" },
	{ "count", 'c', KIND_NUMBER, AT(count), 0, 1, UINT64_C(1) << 62, NULL, "N", "stop after N handshakes" },
	{ "duration", 'd', KIND_NUMBER, AT(duration_s), 0, 1, 31536000, NULL, "SECONDS", "stop after so long" },
	{ "der", 0, KIND_FLAG, AT(der), 0, 0, 0, NULL, NULL, "json: with the certificates themselves" },
	{ "expiry-warn", 0, KIND_NUMBER, AT(expiry_warn_days), 30, 0, 3650, NULL, "DAYS",
	  "certificates that end within DAYS are named at the end" },
	{ "ca-file", 0, KIND_TEXT, AT(ca_file), 0, 0, 0, NULL, "FILE", "trust these CA certificates, not the system's" },
	{ "ca-dir", 0, KIND_TEXT, AT(ca_dir), 0, 0, 0, NULL, "DIR", "trust the CA certificates in DIR, not the system's" },
	{ "at", 0, KIND_TIME, AT(at), 0, 0, 0, NULL, "TIME", "judge certificates at this time, not the handshake's" },
	{ "ct-logs", 0, KIND_TEXT, AT(ct_logs), 0, 0, 0, NULL, "FILE", "verify SCTs with this list of transparency logs" },
	{ "bad-keys", 0, KIND_TEXT, AT(bad_keys), 0, 0, 0, NULL, "FILE", "public keys known to be bad: SHA-256 of their SPKI" },
	{ "policy", 0, KIND_TEXT, AT(policy), 0, 0, 0, NULL, "FILE", "what is demanded here: see hsmon-policy(5)" },
	{ "state", 0, KIND_TEXT, AT(state), 0, 0, 0, NULL, "FILE", "keep the inventory there; hsmon certs shows it" },
	{ "fail-on", 0, KIND_WORD, AT(fail_on), 0, 0, 0, severities, "SEVERITY",
	  "exit with status 3 after a finding of info, low, medium, high or critical" },
	{ "stats-interval", 0, KIND_NUMBER, AT(stats_interval_s), 0, 1, 86400, NULL, "SECONDS",
	  "json: a stats event every SECONDS" },
	{ "max-flows", 0, KIND_NUMBER, AT(max_flows), 65536, 16, 16777216, NULL, "N", "connections followed at once" },
	{ "max-memory", 0, KIND_NUMBER, AT(max_memory_mib), 256, 1, 65536, NULL, "MIB", "memory for handshakes under way" },
	{ "ring-size", 0, KIND_NUMBER, AT(ring_kib), 4096, 4, 1048576, NULL, "KIB",
	  "ring buffer between kernel and reader, a power of two" },
	{ "handshake-timeout", 0, KIND_NUMBER, AT(handshake_timeout_s), 30, 1, 3600, NULL, "SECONDS",
	  "a handshake that is silent for so long has failed" },
	{ "attach", 0, KIND_WORD, AT(attach), 0, 0, 0, attaches, "HOW", "auto (default), tcx, clsact; xdp or xdpgeneric for a mirror port" },
	{ "user", 0, KIND_TEXT, AT(user), 0, 0, 0, NULL, "NAME", "user that the reader becomes; default: hsmon or nobody" },
	{ "no-color", 0, KIND_FLAG, AT(no_color), 0, 0, 0, NULL, NULL, "no colours on a terminal" },
	{ "help", 'h', KIND_HELP, 0, 0, 0, 0, NULL, NULL, "this text" },
	{ "version", 0, KIND_VERSION, 0, 0, 0, 0, NULL, NULL, "the version" },
};

#define WAKE_SHARE 4			/* the reader is woken when a quarter of the ring waits */
#define ROW_CNT (sizeof(rows) / sizeof(*rows))
#define LONG_ONLY 256			/* getopt values of rows without a letter: this and the row's number */

static void help(void)
{
	puts("usage: hsmon [-p LIST] [-i NAME]... [-v] [-o FORMAT] [-c N] [-d SECONDS]\n"
	     "       hsmon -r FILE [-p LIST] [-v] [-o FORMAT]\n\n"
	     "Shows every TLS handshake on this host: who spoke to whom, with which version, cipher and certificates,\n"
	     "and if it failed, who broke it and why.\n");
	for (size_t i = 0; i < ROW_CNT; i++) {
		char left[48];

		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", rows[i].letter ? '-' : ' ', rows[i].letter ? rows[i].letter : ' ',
			 rows[i].letter ? "," : " ", rows[i].name, rows[i].value ? " " : "",
			 rows[i].value ? rows[i].value : "");
		printf("  %-32s %s\n", left, rows[i].help);
	}
	puts("\nSee hsmon(8).");
}

static void name_of(const struct option_row *row, char *buf, size_t size)
{
	if (row->letter)
		snprintf(buf, size, "-%c (--%s)", row->letter, row->name);
	else
		snprintf(buf, size, "--%s", row->name);
}

static bool set_number(const struct option_row *row, const char *text, struct options *o)
{
	char name[40], *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text < '0' || *text > '9' || v < row->min || v > row->max) {
		name_of(row, name, sizeof(name));
		log_error("%s: '%.40s' is not a number from %llu to %llu", name, text, (unsigned long long)row->min,
			  (unsigned long long)row->max);
		return false;
	}
	*(uint64_t *)((char *)o + row->offset) = v;
	return true;
}

static bool set_word(const struct option_row *row, const char *text, struct options *o)
{
	char name[40], list[80] = "";
	size_t at = 0;

	for (int i = 0; row->words[i]; i++) {
		if (!strcmp(row->words[i], text)) {
			memcpy((char *)o + row->offset, &i, sizeof(i));
			return true;
		}
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", row->words[i]);
	}
	name_of(row, name, sizeof(name));
	log_error("%s: '%.40s' is none of %s", name, text, list);
	return false;
}

/* 2026-11-23, 2026-11-23T12:00:00Z, @1795435200; UTC. */
static bool set_time(const struct option_row *row, const char *text, struct options *o)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d", "@%s" };
	int64_t at = 0;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms) && !at; i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);

		if (end && !*end)
			at = text[0] == '@' ? strtoll(text + 1, NULL, 10) : (int64_t)timegm(&tm);
	}
	if (at <= 0) {
		log_error("--%s: '%.40s' is no time like 2026-11-23, 2026-11-23T12:00:00Z or @1795435200", row->name, text);
		return false;
	}
	*(int64_t *)((char *)o + row->offset) = at;
	return true;
}

static bool add_interface(const char *text, struct options *o)
{
	if (o->interface_cnt == OPTIONS_INTERFACES_MAX) {
		log_error("-i (--interface): '%.40s' is one too many: at most %d", text, OPTIONS_INTERFACES_MAX);
		return false;
	}
	o->interfaces[o->interface_cnt++] = text;
	return true;
}

static bool set_ports(const char *text, struct options *o)
{
	char err[128];

	if (ports_parse(&o->ports, text, err, sizeof(err)))
		return true;
	log_error("-p (--ports): %s", err);
	return false;
}

static bool set(const struct option_row *row, const char *text, struct options *o)
{
	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)((char *)o + row->offset) = true;
		return true;
	case KIND_TEXT:
		*(const char **)((char *)o + row->offset) = text;
		return true;
	case KIND_NUMBER:
		return set_number(row, text, o);
	case KIND_WORD:
		return set_word(row, text, o);
	case KIND_PORTS:
		return set_ports(text, o);
	case KIND_TIME:
		return set_time(row, text, o);
	case KIND_INTERFACE:
		return add_interface(text, o);
	case KIND_HELP:
	case KIND_VERSION:
		break;
	}
	return false;
}

static void defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	for (size_t i = 0; i < ROW_CNT; i++)
		if (rows[i].kind == KIND_NUMBER)
			*(uint64_t *)((char *)o + rows[i].offset) = rows[i].def;
}

/* The rows as getopt_long(3) wants them. */
static void make_getopt(struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < ROW_CNT; i++) {
		longs[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].value ? required_argument : no_argument,
			.val = rows[i].letter ? rows[i].letter : LONG_ONLY + (int)i,
		};
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (rows[i].value)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[ROW_CNT] = (struct option){ 0 };
}

static const struct option_row *row_of(int val)
{
	if (val >= LONG_ONLY)
		return &rows[val - LONG_ONLY];
	for (size_t i = 0; i < ROW_CNT; i++)
		if (rows[i].letter == val)
			return &rows[i];
	return NULL;
}

static void bad_option(int val, char **argv)
{
	const struct option_row *row = optopt ? row_of(optopt) : NULL;
	char name[40];

	if (row)
		name_of(row, name, sizeof(name));
	if (row && val == ':')
		log_error("%s needs a value: %s", name, row->value);
	else if (row)
		log_error("%s takes no value: '%.40s'", name, argv[optind - 1]);
	else if (optopt)
		log_error("'-%c' is no option; see hsmon -h", optopt);
	else
		log_error("'%s' is no option; see hsmon -h", argv[optind - 1]);
}

/* Where handshakes are looked for. */
static bool check_where(const struct options *o)
{
	const char *cgroup = o->cgroup ? "--cgroup" : o->unit ? "--unit" : NULL;
	const struct {
		bool both;
		const char *a, *b;
	} excluded[] = {
		{ o->read_file && o->interface_cnt, "-r (--read)", "-i (--interface)" },
		{ o->read_file && o->duration_s, "-r (--read)", "-d (--duration)" },
		{ o->read_file && o->netns, "-r (--read)", "--netns" },
		{ o->read_file && cgroup, "-r (--read)", cgroup },
		{ o->cgroup && o->unit, "--cgroup", "--unit" },
		{ o->interface_cnt && cgroup, "-i (--interface)", cgroup },
		{ o->attach && cgroup, "--attach", cgroup },
	};

	for (size_t i = 0; i < sizeof(excluded) / sizeof(*excluded); i++) {
		if (excluded[i].both) {
			log_error("%s and %s exclude each other", excluded[i].a, excluded[i].b);
			return false;
		}
	}
	if (o->attach >= OPTIONS_ATTACH_XDP && !o->interface_cnt) {
		log_error("--attach %s is for mirror ports: say which with -i (--interface)", attaches[o->attach]);
		return false;
	}
	return true;
}

static bool check(struct options *o, int argc, char **argv, bool ports_given)
{
	if (optind < argc) {
		log_error("'%s' is not expected; see hsmon -h", argv[optind]);
		return false;
	}
	if (!check_where(o))
		return false;
	if (o->ring_kib & (o->ring_kib - 1)) {
		log_error("--ring-size: '%llu' is not a power of two from 4 to 1048576", (unsigned long long)o->ring_kib);
		return false;
	}
	if (!ports_given)
		ports_well_known(&o->ports);
	else
		ports_describe(&o->ports);
	return true;
}

struct hs_config options_gate_config(const struct options *o)
{
	return (struct hs_config){
		.budget = HS_BUDGET_DEFAULT,
		.wake_bytes = (__u32)(o->ring_kib * 1024 / WAKE_SHARE),
		.any_port = o->ports.any,
		.upgrades = 1,
		.tap = o->attach >= OPTIONS_ATTACH_XDP,
	};
}

enum options_verdict options_parse(int argc, char **argv, struct options *o)
{
	struct option longs[ROW_CNT + 1];
	char shorts[2 * ROW_CNT + 2];
	bool ports_given = false;
	int val;

	defaults(o);
	make_getopt(longs, shorts);
	opterr = 0;
	while ((val = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = val == '?' || val == ':' ? NULL : row_of(val);

		if (!row) {
			bad_option(val, argv);
			return OPTIONS_BAD;
		}
		if (row->kind == KIND_HELP || row->kind == KIND_VERSION) {
			if (row->kind == KIND_HELP)
				help();
			else
				puts("hsmon " HSMON_VERSION);
			return OPTIONS_DONE;
		}
		ports_given |= row->kind == KIND_PORTS;
		if (!set(row, optarg, o))
			return OPTIONS_BAD;
	}
	return check(o, argc, argv, ports_given) ? OPTIONS_RUN : OPTIONS_BAD;
}
