/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that make up struct tls_conn share. Nothing outside user/tls/ includes this. */
#ifndef HSMON_TLS_INTERNAL_H
#define HSMON_TLS_INTERNAL_H

#include "base/arena.h"
#include "tls/conn.h"
#include "tls/message.h"
#include "tls/record.h"
#include "tls/sealed.h"
#include "tls/upgrade.h"
#include "wire/reader.h"

#define TLS_MESSAGE_MAX_DEFAULT 131072
#define TLS_STEPS_MAX 128
#define TLS_LIST_MAX 4096		/* entries kept of any one list */
#define TLS_CERTIFICATES_MAX 64		/* of one chain */
#define TLS_AUTHORITIES_MAX 64

#define TLS_VERSION_SSL2 0x0002
#define TLS_VERSION_SSL3 0x0300
#define TLS_VERSION_1_2 0x0303
#define TLS_VERSION_1_3 0x0304
#define DTLS_VERSION_1_0 0xfeff
#define DTLS_VERSION_1_2 0xfefd
#define DTLS_VERSION_1_3 0xfefc

/* How far the handshake got, beyond what the event tells; progress.c and progress13.c. */
struct tls_progress {
	bool client_pending;		/* TLS 1.3: encrypted records of the client that may hold its Finished */
	uint64_t client_pending_ns;
	uint64_t server_flight_ns;	/* TLS 1.3: last encrypted record before the client's Finished, */
	uint32_t server_flight_len;	/* its length */
	uint32_t client_padding;	/* TLS 1.3: of the client's Finished */
	bool proven;			/* what followed the Finished messages shows that both were accepted */
	bool closing;			/* the client's encrypted alert after its Finished: a normal end */
	bool early_step, late_step[2];	/* application data steps that are written */
	bool renegotiating, new_keys[2], new_finished[2];
	bool fatal;			/* a fatal alert in clear */
};

struct tls_conn {
	struct arena *arena;
	struct tls_options opt;
	struct tls_events events;
	struct tls_handshake hs;
	struct tls_direction dir[2];
	struct tls_progress progress;
	struct tls_upgrade upgrade;
	struct tls_sealed sealed;
	struct tls_carriers carriers;
	enum tls_side parsing;		/* whose message is being read: to charge what does not fit */
	bool ended;
};

static inline struct tls_side_state *tls_dir_state(struct tls_conn *c, int dir)
{
	return &c->hs.side[tls_conn_side(c, dir)];
}

/* message.c */
void tls_set_client_dir(struct tls_conn *c, int dir);
void tls_set_version(struct tls_conn *c, uint16_t version);
bool tls_version_is_13(uint16_t version);
/* Could that be the header of a message that a TLS peer sends in clear? left: bytes of the record behind the header. */
bool tls_message_plausible(uint8_t type, uint32_t len, size_t left);
/* Is the body of interest? */
bool tls_message_wanted(uint8_t type);

/* progress.c, progress13.c */
bool tls_hidden_handshake(const struct tls_conn *c, int dir, uint32_t record_len);
void tls_progress_server_hello(struct tls_conn *c);
void tls_progress_hidden_alert(struct tls_conn *c, struct tls_side_state *st, uint64_t time_ns);
void tls_progress13(struct tls_conn *c, const struct tls_at *at, uint32_t len);
/* A record that was opened with keys: what it has beyond its content. */
void tls_progress13_opened(struct tls_conn *c, const struct tls_at *at, uint32_t len, uint32_t padding);
void tls_count_application(struct tls_side_state *st, const struct tls_at *at, uint32_t len);
void tls_application_step(struct tls_conn *c, const struct tls_at *at, uint32_t len);
void tls_progress_end(struct tls_conn *c);
bool tls_progress_settled(const struct tls_conn *c);
bool tls_progress_in_server_flight(const struct tls_conn *c);

/* lists.c: what a message says, copied into the arena. What does not fit marks the message's side truncated. */
struct tls_bytes tls_keep(struct tls_conn *c, struct reader r);
void tls_keep_u16s(struct tls_conn *c, struct reader r, struct tls_u16s *out);
/* A list of vectors with a length prefix of `prefix` bytes; false: it contradicts itself. At most max are kept, all are counted. */
bool tls_keep_vectors(struct tls_conn *c, struct reader r, size_t prefix, size_t max, struct tls_strs *out, uint32_t *cnt);
bool tls_take_u16s(struct tls_conn *c, struct reader *r, size_t prefix, struct tls_u16s *out);
void tls_mark_truncated(struct tls_conn *c);
bool tls_is_reserved(uint16_t v);	/* GREASE, RFC 8701 */

/* Extensions, RFC 8446 section 4.2: walked by a table. */
struct tls_extension_def {
	uint16_t type;
	/* The extension's content; false: malformed. */
	bool (*parse)(struct tls_conn *c, struct reader body);
};
/* Lists the types in order and calls the parser of each the first time it comes; false: something was malformed. */
bool tls_walk_extensions(struct tls_conn *c, struct reader block, const struct tls_extension_def *defs, size_t def_cnt,
			 struct tls_u16s *types);

/* One function a message; see the table in message.c. */
typedef void tls_message_fn(struct tls_conn *c, const struct tls_message *m);
tls_message_fn tls_parse_client_hello, tls_parse_server_hello, tls_parse_hello_retry_request, tls_parse_hello_verify_request,
	tls_parse_new_session_ticket, tls_parse_encrypted_extensions, tls_parse_certificate, tls_parse_server_key_exchange,
	tls_parse_certificate_request, tls_parse_certificate_verify, tls_parse_client_key_exchange, tls_parse_finished,
	tls_parse_certificate_status, tls_parse_compressed_certificate;
bool tls_is_hello_retry_request(const struct tls_message *m);
extern const struct tls_extension_def tls_client_extensions[], tls_server_extensions[];
extern const size_t tls_client_extension_cnt, tls_server_extension_cnt;
bool tls_parse_ech(struct tls_conn *c, struct reader body);
void tls_certificate_entries(struct tls_conn *c, enum tls_side side, struct reader body, bool truncated);
bool tls_ocsp_status(struct tls_conn *c, uint32_t index, struct reader body);
/* The SCTs in the content of a signed_certificate_timestamp extension; false: malformed. */
bool tls_count_scts(struct reader body, uint8_t *cnt);

/* start.c */
enum tls_start { TLS_START_MORE, TLS_START_RECORDS, TLS_START_SSL2, TLS_START_PROXY, TLS_START_CLEAR };
enum tls_start tls_start_judge(const uint8_t *p, size_t len);
#define TLS_START_LEN 12		/* bytes after which it always decides */

/* sslv2.c */
void tls_ssl2_feed(struct tls_conn *c, int dir, struct reader *in);
bool tls_ssl2_gap(struct tls_conn *c, int dir, uint64_t len);

/* record13.c: the bodies of records that TLS 1.3 protects, and that are wanted. */
void tls_records_sealed(struct tls_conn *c, int dir, struct reader body);
void tls_records_sealed_gap(struct tls_conn *c, int dir);

/* record.c */
void tls_direction_give_up(struct tls_conn *c, int dir, bool malformed);

#endif
