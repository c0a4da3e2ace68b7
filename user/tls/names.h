/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of the IANA TLS registries, and of what was widely used without ever being registered. A number without a
 * name gives NULL: print it as 0x1A2B. So does GREASE. Static strings; O(log n) at most.
 */
#ifndef HSMON_TLS_NAMES_H
#define HSMON_TLS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "tls/handshake.h"

const char *tls_suite_name(uint16_t suite);		/* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; also TLS_RSA_... for SSL 3 */
const char *tls_suite_short_name(uint16_t suite);	/* for people, as OpenSSL spells it: ECDHE-RSA-AES128-GCM-SHA256 */
const char *tls_sslv2_suite_name(uint32_t kind);	/* SSL 2.0's three-byte kinds */
const char *tls_group_name(uint16_t group);		/* x25519, secp256r1, X25519MLKEM768 */
bool tls_group_is_post_quantum(uint16_t group);		/* hybrids included */
const char *tls_signature_name(uint16_t scheme);	/* ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256; TLS 1.2 pairs too */
const char *tls_extension_name(uint16_t type);
const char *tls_alert_name(uint8_t code);		/* certificate_expired */
const char *tls_alert_level_name(uint8_t level);	/* warning, fatal */
const char *tls_version_name(uint16_t version);		/* "1.2"; drafts of 1.3 "1.3"; SSL 3 "3.0"; SSL 2 "2.0"; DTLS "1.2" */
const char *tls_certificate_type_name(uint8_t type);	/* rsa_sign, ecdsa_sign (RFC 5246 section 7.4.4) */
const char *tls_hpke_kdf_name(uint16_t id);
const char *tls_hpke_aead_name(uint16_t id);
const char *tls_step_name(enum tls_step_kind kind);	/* client_hello, ... as in the event contract; never NULL */
char tls_step_letter(enum tls_step_kind kind);		/* as Zeek's ssl_history, upper case (the client's) */
bool tls_is_grease(uint16_t v);				/* RFC 8701 section 2 */

#endif
