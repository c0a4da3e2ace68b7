/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything learnt of a handshake as text, so that two ways to the same can be compared. Segments are left out: they depend on how it was fed. */
#ifndef HSMON_TESTS_TLS_DUMP_H
#define HSMON_TESTS_TLS_DUMP_H

#include <stdio.h>

#include "tls/handshake.h"
#include "tls/names.h"

static inline void dump_bytes(FILE *f, const char *name, struct tls_bytes b)
{
	fprintf(f, "%s%s", name, b.p ? "=" : " absent");
	for (size_t i = 0; i < b.n; i++)
		fprintf(f, "%02x", b.p[i]);
	fputc('\n', f);
}

static inline void dump_u16s(FILE *f, const char *name, struct tls_u16s l)
{
	fprintf(f, "%s", name);
	for (size_t i = 0; i < l.n; i++)
		fprintf(f, " %04x", l.v[i]);
	fputc('\n', f);
}

static inline void dump_client_hello(FILE *f, const struct tls_client_hello *ch)
{
	fprintf(f, "client_hello %d sslv2 %d malformed %d truncated %d %04x %04x bytes %u records %u %lu %lu\n", ch->seen, ch->sslv2,
		ch->malformed, ch->truncated, ch->record_version, ch->legacy_version, ch->bytes, ch->records,
		(unsigned long)ch->first_ns, (unsigned long)ch->time_ns);
	dump_bytes(f, "random", (struct tls_bytes){ ch->random, 32 });
	dump_bytes(f, "session_id", ch->session_id);
	dump_bytes(f, "sslv2_suites", ch->sslv2_suites);
	dump_u16s(f, "suites", ch->suites);
	dump_u16s(f, "extensions", ch->extensions);
	dump_u16s(f, "versions", ch->supported_versions);
	dump_u16s(f, "groups", ch->groups);
	dump_u16s(f, "key_shares", ch->key_shares);
	dump_u16s(f, "signature_algorithms", ch->signature_algorithms);
	dump_u16s(f, "certificate_compression", ch->certificate_compression);
	dump_bytes(f, "compression", ch->compression);
	dump_bytes(f, "point_formats", ch->point_formats);
	dump_bytes(f, "psk_modes", ch->psk_modes);
	dump_bytes(f, "server_name", ch->server_name);
	for (size_t i = 0; i < ch->alpn.n; i++)
		dump_bytes(f, "alpn", ch->alpn.v[i]);
	fprintf(f, "grease %d psk %d early %d ticket %d status %d sct %d ems %d reneg %d heartbeat %d npn %d pha %d dc %d rpk %d esni %d\n",
		ch->grease, ch->psk, ch->early_data, ch->session_ticket, ch->status_request, ch->sct, ch->extended_master_secret,
		ch->renegotiation_info, ch->heartbeat, ch->npn, ch->post_handshake_auth, ch->delegated_credential,
		ch->raw_public_key, ch->esni);
	fprintf(f, "ech %d %u %u %u rsl %u ja3 %s ja4 %s\n", ch->ech.offered, ch->ech.config_id, ch->ech.kdf, ch->ech.aead,
		ch->record_size_limit, ch->ja3, ch->ja4);
}

static inline void dump_server(FILE *f, const struct tls_handshake *hs)
{
	const struct tls_server_hello *sh = &hs->server_hello;

	fprintf(f, "server_hello %d malformed %d %04x %04x suite %04x compression %u group %04x psk %d echo %d scts %u %lu ja3s %s\n",
		sh->seen, sh->malformed, sh->legacy_version, sh->selected_version, sh->suite, sh->compression,
		sh->key_share_group, sh->psk, sh->session_id_echo, sh->sct_cnt, (unsigned long)sh->time_ns, sh->ja3s);
	dump_bytes(f, "random", (struct tls_bytes){ sh->random, 32 });
	dump_bytes(f, "session_id", sh->session_id);
	dump_u16s(f, "extensions", sh->extensions);
	dump_bytes(f, "alpn", sh->alpn);
	fprintf(f, "retry %d %04x kx %d %04x dh %u rsa %u sig %04x anon %d\n", hs->hello_retry_request, hs->retry_group,
		hs->key_exchange.seen, hs->key_exchange.group, hs->key_exchange.dh_bits, hs->key_exchange.rsa_bits,
		hs->key_exchange.signature_algorithm, hs->key_exchange.anonymous);
	fprintf(f, "request %d authorities %u\n", hs->certificate_request.seen, hs->certificate_request.authority_cnt);
	dump_bytes(f, "types", hs->certificate_request.certificate_types);
	dump_u16s(f, "algorithms", hs->certificate_request.signature_algorithms);
	for (size_t i = 0; i < hs->certificate_request.authorities.n; i++)
		dump_bytes(f, "authority", hs->certificate_request.authorities.v[i]);
}

static inline void dump_state(FILE *f, const struct tls_handshake *hs)
{
	fprintf(f, "protocol %d client_dir %d version %04x resumed %d early %d established %d %lu renegotiations %u ticket %d cke %u status %d\n",
		hs->protocol, hs->client_dir, hs->version, hs->resumed, hs->early_data, hs->established,
		(unsigned long)hs->established_ns, hs->renegotiations, hs->new_session_ticket, hs->client_key_exchange,
		hs->status.seen);
	fprintf(f, "alert %d %u %u %d not_tls %d from %s records %u steps_truncated %d %lu %lu ssl2 %06x proxy %u\n", hs->alert.seen,
		hs->alert.level, hs->alert.code, hs->alert.side, hs->not_tls, hs->upgraded_from ? hs->upgraded_from : "-",
		hs->record_cnt, hs->steps_truncated, (unsigned long)hs->first_ns, (unsigned long)hs->last_ns, hs->sslv2_suite,
		hs->proxy.version);
	for (int side = 0; side < 2; side++) {
		const struct tls_side_state *st = &hs->side[side];

		fprintf(f, "side %d ccs %d fin %d %lu app %u/%lu %lu after %u ealert %d records %u gap %d mal %d trunc %d cert %d %u raw %d compressed %d trunc %d verify %d\n",
			side, st->change_cipher_spec, st->finished, (unsigned long)st->finished_ns, st->app_records,
			(unsigned long)st->app_bytes, (unsigned long)st->first_app_ns, st->after_finished, st->encrypted_alert,
			st->records, st->gap, st->malformed, st->truncated, hs->certificate[side].seen, hs->certificate[side].cnt,
			hs->certificate[side].raw_public_key, hs->certificate[side].compressed, hs->certificate[side].truncated,
			hs->certificate_verify[side]);
	}
	for (size_t i = 0; i < hs->step_cnt; i++)
		fprintf(f, "%c %s len %u record %u %lu %u/%u\n", hs->steps[i].side ? 's' : 'c', tls_step_name(hs->steps[i].kind),
			hs->steps[i].len, hs->steps[i].record, (unsigned long)hs->steps[i].time_ns, hs->steps[i].level,
			hs->steps[i].code);
}

static inline void tls_dump(FILE *f, const struct tls_handshake *hs)
{
	dump_client_hello(f, &hs->client_hello);
	dump_server(f, hs);
	dump_state(f, hs);
}

#endif
