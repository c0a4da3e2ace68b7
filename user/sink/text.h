/* SPDX-License-Identifier: BSD-2-Clause */
/* The pieces of the text output: words for an event, the table, the steps. All text from the wire is escaped for a
 * terminal before anything else is done with it. */
#ifndef HSMON_SINK_TEXT_H
#define HSMON_SINK_TEXT_H

#include "sink/sink_impl.h"

struct handshake_event;
struct event_str;
struct event_strs;
struct event_chain;
struct event_verdict;
struct event_process;

enum text_column {
	COL_TIME, COL_PROCESS, COL_CLIENT, COL_SERVER, COL_SNI, COL_VERSION, COL_CIPHER, COL_CERT, COL_TOOK, COL_RESULT, COL_CNT
};

/* What cells are put together from, so that a narrow one can leave out what matters least. */
enum text_piece {
	P_TIME, P_PROCESS, P_CLIENT_IP, P_CLIENT_PORT, P_SERVER_IP, P_SERVER_PORT, P_SNI, P_VERSION, P_CIPHER, P_GROUP,
	P_CERT_NAME, P_CERT_STATE, P_CERT_ISSUER, P_TOOK, P_HEAD, P_DETAIL, P_CNT
};

enum text_mood { MOOD_PLAIN, MOOD_WARN, MOOD_BAD };

struct text_row {
	struct strbuf piece[P_CNT];
	enum text_mood cert, result;
	bool failed;			/* HEAD says so; with DETAIL on the same line it is left out */
};

struct text_sink {
	struct sink base;
	struct sink_options opt;
	size_t columns;			/* of the terminal; 0: not one */
	size_t width[COL_CNT];		/* 0: not shown */
	bool has_header;
	struct text_row row;
	struct strbuf scratch;
};

/* text_words.c */
/* Is the server's certificate about to expire (within warn_days), past it, or not yet valid? "43 days left". */
enum text_mood text_validity(struct strbuf *b, const struct handshake_event *e, int warn_days);
/* What is badly wrong with a side's certificates, in a word or two: "unknown issuer"; NULL: nothing is. */
const char *text_chain_problem(const struct event_verdict *v, enum text_mood *mood);
/* The name that people know a certificate by: common name, first alternative name, subject. */
void text_cert_name(struct strbuf *b, const struct handshake_event *e);
/* "TLS 1.2", "QUIC"; nothing when it is not known. */
void text_version(struct strbuf *b, const struct handshake_event *e);
/* "1.2.3.4:443", "[2001:db8::1]:443". */
void text_endpoint(struct strbuf *b, const struct event_str *ip, int64_t port);
bool text_is(const struct event_str *s, const char *word);
void text_str(struct strbuf *b, const struct event_str *s);
/* "a, b, c". max: how many of them; the rest is counted: "and 9 more". */
void text_list(struct strbuf *b, const struct event_strs *l, size_t max);
/* "1 day", "2 days". */
void text_count(struct strbuf *b, int64_t n, const char *one, const char *many);
/* "4 ms" in at most six characters. */
void text_duration(struct strbuf *b, int64_t ns);
void text_row_make(struct text_row *row, const struct handshake_event *e, int warn_days);

/* text_process.c */
/* "curl (4711)"; nothing when there is none. */
void text_process_name(struct strbuf *b, const struct event_process *p);
/* ", user root", ", nginx.service", ", docker web", ", containerd 3f29ad0e4f8a of pod ..."; nothing when it is not known. */
void text_process_user(struct strbuf *b, const struct event_process *p);
void text_process_container(struct strbuf *b, const struct event_process *p);

/* text_table.c */
void text_table_fit(struct text_sink *t, size_t columns);
void text_table_header(struct text_sink *t);
void text_table_row(struct text_sink *t);
/* Before and after coloured text; nothing without colours. */
void text_mood_begin(struct text_sink *t, enum text_mood mood);
void text_mood_end(struct text_sink *t, enum text_mood mood);

/* text_steps.c */
void text_steps(struct text_sink *t, const struct handshake_event *e);

/* text_details.c */
struct text_details {
	struct text_sink *t;
	const struct handshake_event *e;
	char margin;			/* '|' while the lines belong to a group of messages, else ' ' */
	bool hello_done, chain_done[2];
};

#define TEXT_VALUE_AT 28	/* column of the values below a message, and of its name */

/* A label and its value, which was gathered in t->scratch; at the terminal's width it goes on below itself.
 * Nothing when there is no value. Empties t->scratch. */
void text_lines(struct text_details *d, size_t label_at, const char *label, size_t value_at);

/* The lines below a message. */
void text_client_hello(struct text_details *d);
void text_server_hello(struct text_details *d);
void text_certificates(struct text_details *d, bool by_client);
void text_certificate_request(struct text_details *d);

#endif
