/* SPDX-License-Identifier: BSD-2-Clause */
#include "assess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/log.h"
#include "policy.h"
#include "tls/handshake.h"
#include "tls/names.h"
#include "x509/ct_logs.h"
#include "x509/findings.h"
#include "x509/spki_list.h"

#define VERSION_SSL2 0x0002

struct assessor {
	struct assess_settings set;
	struct verify *verify;
	struct findings *findings;
	struct ct_logs *ct_logs;
	struct spki_list *bad_keys;
	struct policy *policy;		/* NULL: none */
};

/* What is wrong with the file that an option names; returns the exit status. */
static int bad_file(const char *option, const char *path, int err, unsigned int line, const char *none)
{
	if (err == -ENOMEM)
		return HS_EXIT_MEMORY;
	if (err == -EINVAL && line)
		log_error("%s: %s, line %u: this is no key", option, path, line);
	else if (err == -ENODATA)
		log_error("%s: %s: there is no %s in it", option, path, none);
	else
		log_error("%s: %s: %s", option, path, strerror(-err));
	return HS_EXIT_USAGE;
}

static int load_lists(struct assessor *a)
{
	const struct assess_settings *set = &a->set;
	unsigned int line = 0;
	int ret = set->ct_logs ? ct_logs_load(&a->ct_logs, set->ct_logs, &line) : 0;

	if (ret)
		return bad_file("--ct-logs", set->ct_logs, ret, line, "log");
	ret = set->bad_keys ? spki_list_load(&a->bad_keys, set->bad_keys, &line) : 0;
	return ret ? bad_file("--bad-keys", set->bad_keys, ret, line, "key") : HS_EXIT_OK;
}

static int load_policy(struct assessor *a)
{
	char err[256];
	int ret = a->set.policy ? policy_load(&a->policy, a->set.policy, err, sizeof(err)) : 0;

	if (ret == -ENOMEM)
		return HS_EXIT_MEMORY;
	if (ret)
		log_error("--policy: %s%s%s", a->set.policy, ret == -EINVAL ? ", " : ": ", err);
	return ret ? HS_EXIT_USAGE : HS_EXIT_OK;
}

static int load_anchors(struct assessor *a)
{
	const struct assess_settings *set = &a->set;
	struct verify_options opt = { .ca_file = set->ca_file, .ca_dir = set->ca_dir, .ct_logs = a->ct_logs };
	int ret = verify_new(&a->verify, &opt);

	if (ret && set->ca_file && set->ca_dir)
		return bad_file("--ca-file, --ca-dir", set->ca_file, ret, 0, "certificate");
	if (ret)
		return bad_file(set->ca_file ? "--ca-file" : "--ca-dir", set->ca_file ? set->ca_file : set->ca_dir, ret, 0,
				"certificate");
	if (!verify_anchor_cnt(a->verify))
		log_warn("this system has no trust anchors that can be read: every issuer is unknown (see --ca-file)");
	return HS_EXIT_OK;
}

int assessor_new(struct assessor **out, const struct assess_settings *set)
{
	struct assessor *a = calloc(1, sizeof(*a));
	int status = HS_EXIT_MEMORY;

	*out = NULL;
	if (a) {
		a->set = *set;
		status = load_lists(a);
		status = status ? status : load_policy(a);
		if (!status)
			status = load_anchors(a);
	}
	if (!status) {
		a->findings = findings_new(&(struct findings_options){ .expiry_warn_days = set->expiry_warn_days,
								       .bad_keys = a->bad_keys });
		status = a->findings ? HS_EXIT_OK : HS_EXIT_MEMORY;
	}
	if (status)
		assessor_free(a);
	else
		*out = a;
	return status;
}

void assessor_free(struct assessor *a)
{
	if (!a)
		return;
	findings_free(a->findings);
	verify_free(a->verify);
	spki_list_free(a->bad_keys);
	ct_logs_free(a->ct_logs);
	policy_free(a->policy);
	free(a);
}

static uint64_t of_negotiated(const struct tls_handshake *h)
{
	uint16_t group = h->server_hello.key_share_group ? h->server_hello.key_share_group : h->key_exchange.group;
	struct negotiated n = {
		.version = h->version,
		.dh_bits = h->key_exchange.dh_bits,
		.post_quantum = -1,
	};

	if (!h->version || !h->server_hello.seen)
		return 0;
	n.suite = h->version == VERSION_SSL2 ? tls_sslv2_suite_name(h->sslv2_suite) : tls_suite_name(h->server_hello.suite);
	n.compression = h->server_hello.compression != 0;
	/* A resumed session took its keys from an earlier exchange that was not seen. */
	if (group || !h->resumed)
		n.post_quantum = group && tls_group_is_post_quantum(group);
	return findings_of_negotiated(&n);
}

static void demand(const struct assessor *a, const struct assess_request *r, struct assessment *out, int side)
{
	struct policy_request q = {
		.name = (const char *)r->tls->client_hello.server_name.p,
		.name_len = r->tls->client_hello.server_name.n,
		.at = out->at,
		.client = side == TLS_CLIENT,
		.version = r->tls->server_hello.seen ? r->tls->version : 0,
		.chain = r->chain[side].v,
		.n = r->chain[side].n,
		.keys = out->side[side].verdict.keys,
	};

	out->side[side].findings = policy_apply(a->policy, &q, out->side[side].findings);
}

void assess(struct assessor *a, const struct assess_request *r, struct assessment *out)
{
	const struct tls_handshake *h = r->tls;

	out->at = a->set.at ? a->set.at : r->at;
	for (int side = 0; side < 2; side++) {
		struct verify_request q = {
			.chain = r->chain[side].v,
			.n = r->chain[side].n,
			.at = out->at,
			.client = side == TLS_CLIENT,
		};
		bool stapling_asked = side == TLS_SERVER && h->client_hello.status_request;

		if (side == TLS_SERVER) {
			q.host = (const char *)h->client_hello.server_name.p;
			q.host_len = h->client_hello.server_name.n;
			if (!q.host_len)
				q.host = NULL;
			q.ocsp = r->ocsp;
			q.ocsp_len = r->ocsp_len;
			q.scts = h->server_hello.scts.p;
			q.scts_len = h->server_hello.scts.n;
		}
		out->side[side].verdict = verify_chain(a->verify, &q);
		out->side[side].findings = findings_of_chain(a->findings, &q, &out->side[side].verdict, stapling_asked);
		if (side == TLS_SERVER)
			out->side[side].findings |= of_negotiated(h);
		if (a->policy)
			demand(a, r, out, side);
	}
}
