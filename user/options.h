/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line, checked: afterwards a constant that is handed down. */
#ifndef HSMON_OPTIONS_H
#define HSMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/fields.h"
#include "ports.h"

#define OPTIONS_INTERFACES_MAX 64
#define OPTIONS_CONFIG_FILE "/etc/hsmon/hsmon.conf"

enum options_format { OPTIONS_TEXT = 0, OPTIONS_JSON, OPTIONS_CSV };
enum options_attach { OPTIONS_ATTACH_AUTO = 0, OPTIONS_ATTACH_TCX, OPTIONS_ATTACH_CLSACT, OPTIONS_ATTACH_XDP,
		      OPTIONS_ATTACH_XDP_GENERIC };

struct config;

struct options {
	struct ports ports;
	bool ports_given;
	const char *interfaces[OPTIONS_INTERFACES_MAX];
	size_t interface_cnt;
	const char *read_file;		/* NULL: live */
	const char *cgroup, *unit;	/* NULL, or instead of interfaces: a path, a systemd unit; not both */
	const char *netns;		/* NULL: this process's own network namespace */
	enum options_format format;
	enum schema schema;
	const char *columns;		/* of CSV, comma-separated, known to the schema; NULL: the usual ones */
	enum options_attach attach;
	bool verbose, der, no_color;
	const char *ca_file, *ca_dir, *ct_logs, *bad_keys, *policy, *state, *keylog;	/* NULL: not given */
	int64_t at;			/* certificates are judged at this time, seconds since the epoch; 0: the handshake's */
	int fail_on;			/* 0: never; else enum severity and 1 */
	const char *user;		/* whom the reader becomes; NULL: hsmon or nobody */
	uint64_t count, duration_s, expiry_warn_days, stats_interval_s, max_flows, max_memory_mib, ring_kib,
		handshake_timeout_s;
	const char *config_file;	/* NULL: the default one, if it is there */
	bool no_config, check_only;
	bool help, version;		/* were answered */
	/* What the texts above may point into. */
	struct config *config;
	char *environment;
};

/* The gate's settings that follow from the options: the same for the kernel's programs and for capture files. */
struct hs_config options_gate_config(const struct options *o);

enum options_verdict { OPTIONS_RUN, OPTIONS_DONE /* -h, --version: printed */, OPTIONS_BAD /* said on stderr */ };

/* From the configuration file, then the environment, then the command line: whatever comes later stands. With -r on the command
 * line the default file and the environment are left out: they are for watching this host. */
enum options_verdict options_parse(int argc, char **argv, struct options *out);
void options_free(struct options *o);

#endif
