/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/names.h"

#include <stddef.h>

struct step {
	const char *name;
	char letter;
};

/* The letters are those of Zeek's ssl_history, which has Z for a handshake message and Q for a record that it cannot name. */
static const struct step steps[TLS_STEP_KIND_CNT] = {
	[TLS_STEP_CLIENT_HELLO] = { "client_hello", 'C' },
	[TLS_STEP_SERVER_HELLO] = { "server_hello", 'S' },
	[TLS_STEP_HELLO_RETRY_REQUEST] = { "hello_retry_request", 'J' },
	[TLS_STEP_HELLO_VERIFY_REQUEST] = { "hello_verify_request", 'V' },
	[TLS_STEP_HELLO_REQUEST] = { "hello_request", 'H' },
	[TLS_STEP_CERTIFICATE] = { "certificate", 'X' },
	[TLS_STEP_CERTIFICATE_URL] = { "certificate_url", 'W' },
	[TLS_STEP_CERTIFICATE_STATUS] = { "certificate_status", 'U' },
	[TLS_STEP_SERVER_KEY_EXCHANGE] = { "server_key_exchange", 'K' },
	[TLS_STEP_CERTIFICATE_REQUEST] = { "certificate_request", 'R' },
	[TLS_STEP_SERVER_HELLO_DONE] = { "server_hello_done", 'N' },
	[TLS_STEP_CLIENT_KEY_EXCHANGE] = { "client_key_exchange", 'G' },
	[TLS_STEP_CERTIFICATE_VERIFY] = { "certificate_verify", 'Y' },
	[TLS_STEP_NEW_SESSION_TICKET] = { "new_session_ticket", 'T' },
	[TLS_STEP_CHANGE_CIPHER_SPEC] = { "change_cipher_spec", 'I' },
	[TLS_STEP_ENCRYPTED_HANDSHAKE] = { "encrypted_handshake", 'Z' },
	[TLS_STEP_FINISHED] = { "finished", 'F' },
	[TLS_STEP_ENCRYPTED_EXTENSIONS] = { "encrypted_extensions", 'O' },
	[TLS_STEP_COMPRESSED_CERTIFICATE] = { "compressed_certificate", 'X' },
	[TLS_STEP_END_OF_EARLY_DATA] = { "end_of_early_data", 'E' },
	[TLS_STEP_KEY_UPDATE] = { "key_update", 'P' },
	[TLS_STEP_SUPPLEMENTAL_DATA] = { "supplemental_data", 'A' },
	[TLS_STEP_NEXT_PROTOCOL] = { "next_protocol", 'Z' },
	[TLS_STEP_ALERT] = { "alert", 'L' },
	[TLS_STEP_ENCRYPTED_ALERT] = { "encrypted_alert", 'L' },
	[TLS_STEP_APPLICATION_DATA] = { "application_data", 'D' },
	[TLS_STEP_HEARTBEAT] = { "heartbeat", 'B' },
	[TLS_STEP_UNKNOWN] = { "unknown", 'Q' },
};

static const struct step *step_of(enum tls_step_kind kind)
{
	return &steps[(size_t)kind < TLS_STEP_KIND_CNT ? kind : TLS_STEP_UNKNOWN];
}

const char *tls_step_name(enum tls_step_kind kind)
{
	return step_of(kind)->name;
}

char tls_step_letter(enum tls_step_kind kind)
{
	return step_of(kind)->letter;
}
