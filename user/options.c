/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config.h"
#include "options_private.h"
#include "sink/sink.h"

static const char *const formats[] = { [OPTIONS_TEXT] = "text", [OPTIONS_JSON] = "json", [OPTIONS_CSV] = "csv", NULL };
static const char *const attaches[] = {
	[OPTIONS_ATTACH_AUTO] = "auto", [OPTIONS_ATTACH_TCX] = "tcx", [OPTIONS_ATTACH_CLSACT] = "clsact",
	[OPTIONS_ATTACH_XDP] = "xdp", [OPTIONS_ATTACH_XDP_GENERIC] = "xdpgeneric", NULL
};

static const char *const severities[] = { "never", "info", "low", "medium", "high", "critical", NULL };

#define AT(member) offsetof(struct options, member)

const struct option_row option_rows[] = {
	{ "ports", 'p', KIND_PORTS, AT(ports), 0, 0, 0, NULL, "LIST",
	  "ports: 443,8443,9000-9100, or any (found by content); default: those of TLS services" },
	{ "interface", 'i', KIND_INTERFACE, AT(interfaces), 0, 0, 0, NULL, "NAME",
	  "interface, may be repeated; default: all that are up, also later" },
	{ "cgroup", 0, KIND_TEXT, AT(cgroup), 0, 0, 0, NULL, "PATH", "only the sockets of a cgroup, on whatever interface" },
	{ "unit", 0, KIND_TEXT, AT(unit), 0, 0, 0, NULL, "NAME", "only those of a systemd unit" },
	{ "netns", 0, KIND_TEXT, AT(netns), 0, 0, 0, NULL, "WHERE", "another network namespace: its name, a process in it, or a path" },
	{ "read", 'r', KIND_TEXT, AT(read_file), 0, 0, 0, NULL, "FILE", "read a pcap or pcapng file instead; - is stdin" },
	{ "output", 'o', KIND_WORD, AT(format), 0, 0, 0, formats, "FORMAT", "text (default), json or csv" },
	{ "schema", 0, KIND_WORD, AT(schema), 0, 0, 0, schema_names, "NAME", "json, csv: names of ecs (default), zeek, eve or otel" },
	{ "columns", 0, KIND_TEXT, AT(columns), 0, 0, 0, NULL, "LIST", "csv: these fields, by their names in the schema" },
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
	{ "keylog", 0, KIND_TEXT, AT(keylog), 0, 0, 0, NULL, "FILE", "open TLS 1.3 handshakes with the secrets in this key log" },
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
	{ "config", 0, KIND_SELF, AT(config_file), 0, 0, 0, NULL, "FILE", "options from FILE; default: " OPTIONS_CONFIG_FILE },
	{ "no-config", 0, KIND_SELF, AT(no_config), 0, 0, 0, NULL, NULL, "no options from a file or the environment" },
	{ "check-config", 0, KIND_SELF, AT(check_only), 0, 0, 0, NULL, NULL, "only check the options and the files that they name" },
	{ "help", 'h', KIND_SELF, AT(help), 0, 0, 0, NULL, NULL, "this text" },
	{ "version", 0, KIND_SELF, AT(version), 0, 0, 0, NULL, NULL, "the version" },
};

#define WAKE_SHARE 4			/* the reader is woken when a quarter of the ring waits */
#define ROW_CNT (sizeof(option_rows) / sizeof(*option_rows))
const size_t option_row_cnt = ROW_CNT;
_Static_assert(ROW_CNT <= 64, "option_layer.lists has a bit for each");

#define LONG_ONLY 256			/* getopt values of rows without a letter: this and the row's number */

static void help(void)
{
	puts("usage: hsmon [-p LIST] [-i NAME]... [-v] [-o FORMAT] [-c N] [-d SECONDS]\n"
	     "       hsmon -r FILE [-p LIST] [-v] [-o FORMAT]\n\n"
	     "Shows every TLS handshake on this host: who spoke to whom, with which version, cipher and certificates,\n"
	     "and if it failed, who broke it and why.\n");
	for (size_t i = 0; i < ROW_CNT; i++) {
		char left[48];

		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", option_rows[i].letter ? '-' : ' ', option_rows[i].letter ? option_rows[i].letter : ' ',
			 option_rows[i].letter ? "," : " ", option_rows[i].name, option_rows[i].value ? " " : "",
			 option_rows[i].value ? option_rows[i].value : "");
		printf("  %-32s %s\n", left, option_rows[i].help);
	}
	puts("\nSee hsmon(8).");
}

static void defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	for (size_t i = 0; i < ROW_CNT; i++)
		if (option_rows[i].kind == KIND_NUMBER)
			*(uint64_t *)((char *)o + option_rows[i].offset) = option_rows[i].def;
}

/* The rows as getopt_long(3) wants them. */
static void make_getopt(struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < ROW_CNT; i++) {
		longs[i] = (struct option){
			.name = option_rows[i].name,
			.has_arg = option_rows[i].value ? required_argument : no_argument,
			.val = option_rows[i].letter ? option_rows[i].letter : LONG_ONLY + (int)i,
		};
		if (!option_rows[i].letter)
			continue;
		*shorts++ = option_rows[i].letter;
		if (option_rows[i].value)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[ROW_CNT] = (struct option){ 0 };
}

static const struct option_row *row_of(int val)
{
	if (val >= LONG_ONLY)
		return &option_rows[val - LONG_ONLY];
	for (size_t i = 0; i < ROW_CNT; i++)
		if (option_rows[i].letter == val)
			return &option_rows[i];
	return NULL;
}

static void bad_option(int val, char **argv)
{
	const struct option_row *row = optopt ? row_of(optopt) : NULL;
	char name[40];

	if (row)
		option_name(row, name, sizeof(name));
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

static bool check_columns(const struct options *o)
{
	const char *bad;
	size_t len;

	if (!o->columns || sink_csv_columns(o->schema, o->columns, &bad, &len))
		return true;
	log_error("--columns: '%.*s' is no field of %s that a column can hold; see docs/schemas.md", len < 60 ? (int)len : 60, bad,
		  schema_names[o->schema]);
	return false;
}

static bool check(struct options *o, int argc, char **argv)
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
	if (!check_columns(o))
		return false;
	if (!o->ports_given)
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
		.copy_encrypted = o->keylog != NULL,
		.upgrades = 1,
		.tap = o->attach >= OPTIONS_ATTACH_XDP,
	};
}

/* Calls fn for each option of the command line; false: it did not want to go on, or an option is wrong, and that was said. */
static bool each_option(int argc, char **argv, bool (*fn)(struct option_layer *, const struct option_row *, const char *),
			struct option_layer *l)
{
	struct option longs[ROW_CNT + 1];
	char shorts[2 * ROW_CNT + 2];
	int val;

	make_getopt(longs, shorts);
	opterr = 0;
	optind = 0;
	while ((val = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = val == '?' || val == ':' ? NULL : row_of(val);

		if (!row) {
			bad_option(val, argv);
			return false;
		}
		if (!fn(l, row, optarg))
			return false;
	}
	return true;
}

/* What must be known before all else. -h and --version end it. */
static bool set_first(struct option_layer *l, const struct option_row *row, const char *text)
{
	struct options *o = l->o;

	if (row->offset == AT(read_file))
		o->read_file = text;
	if (row->kind == KIND_SELF && text)
		*(const char **)((char *)o + row->offset) = text;
	else if (row->kind == KIND_SELF)
		*(bool *)((char *)o + row->offset) = true;
	return !o->help && !o->version;
}

static bool set_rest(struct option_layer *l, const struct option_row *row, const char *text)
{
	return row->kind == KIND_SELF || option_set(l, row, text);
}

static bool from_before(struct options *o)
{
	bool watching = !o->read_file && !o->no_config;

	if ((o->config_file || watching) &&
	    !options_from_file(o, o->config_file ? o->config_file : OPTIONS_CONFIG_FILE, o->config_file))
		return false;
	return !watching || options_from_environment(o);
}

static enum options_verdict answer(const struct options *o)
{
	if (o->help)
		help();
	else if (o->version)
		puts("hsmon " HSMON_VERSION);
	else
		return OPTIONS_BAD;
	return OPTIONS_DONE;
}

enum options_verdict options_parse(int argc, char **argv, struct options *o)
{
	struct option_layer l = { .o = o, .origin = "" };

	defaults(o);
	if (!each_option(argc, argv, set_first, &l))
		return answer(o);
	if (!from_before(o) || !each_option(argc, argv, set_rest, &l))
		return OPTIONS_BAD;
	return check(o, argc, argv) ? OPTIONS_RUN : OPTIONS_BAD;
}

void options_free(struct options *o)
{
	config_free(o->config);
	free(o->environment);
}
