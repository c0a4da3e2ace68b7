/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/names.h"

#include <stddef.h>

/* IANA TLS Alerts; those that only older versions send keep their old names (RFC 8446 appendix B.2). */
static const char *const alerts[256] = {
	[0] = "close_notify",
	[1] = "end_of_early_data",		/* drafts of TLS 1.3 before 19 */
	[10] = "unexpected_message",
	[20] = "bad_record_mac",
	[21] = "decryption_failed",
	[22] = "record_overflow",
	[30] = "decompression_failure",
	[40] = "handshake_failure",
	[41] = "no_certificate",
	[42] = "bad_certificate",
	[43] = "unsupported_certificate",
	[44] = "certificate_revoked",
	[45] = "certificate_expired",
	[46] = "certificate_unknown",
	[47] = "illegal_parameter",
	[48] = "unknown_ca",
	[49] = "access_denied",
	[50] = "decode_error",
	[51] = "decrypt_error",
	[52] = "too_many_cids_requested",	/* RFC 9147 section 9 */
	[60] = "export_restriction",
	[70] = "protocol_version",
	[71] = "insufficient_security",
	[80] = "internal_error",
	[86] = "inappropriate_fallback",	/* RFC 7507 */
	[90] = "user_canceled",
	[100] = "no_renegotiation",
	[109] = "missing_extension",
	[110] = "unsupported_extension",
	[111] = "certificate_unobtainable",	/* RFC 6066 section 9, and the three below */
	[112] = "unrecognized_name",
	[113] = "bad_certificate_status_response",
	[114] = "bad_certificate_hash_value",
	[115] = "unknown_psk_identity",		/* RFC 4279 */
	[116] = "certificate_required",
	[117] = "general_error",		/* newer than RFC 8446 */
	[120] = "no_application_protocol",	/* RFC 7301 */
	[121] = "ech_required",			/* RFC 9849 */
};

const char *tls_alert_name(uint8_t code)
{
	return alerts[code];
}

const char *tls_alert_level_name(uint8_t level)
{
	static const char *const names[] = { [1] = "warning", [2] = "fatal" };

	return level < sizeof(names) / sizeof(names[0]) ? names[level] : NULL;
}
