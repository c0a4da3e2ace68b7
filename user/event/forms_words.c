/* SPDX-License-Identifier: BSD-2-Clause */
/* Forms that are one word for another. */
#include <string.h>

#include "event/event.h"
#include "event/forms.h"

static bool make_word(const struct field_form *form, struct strbuf *b, const void *p)
{
	const struct event_str *s = p;
	const char *const *w = form->words[0];

	if (!s->s || !s->len)
		return false;
	for (; w[0]; w += 2)
		if (strlen(w[0]) == s->len && !memcmp(w[0], s->s, s->len))
			break;
	if (w[1])
		strbuf_puts(b, w[1]);
	else
		strbuf_add(b, s->s, s->len);
	return true;
}

/* EVE's app_proto: DTLS and SSL are one with TLS there. */
static const char *const app_protos[][2] = { { "dtls", "tls" }, { "ssl", "tls" }, { NULL, NULL } };
const struct field_form form_app_proto = { .make = make_word, .words = app_protos };

static const char *const ip_versions[][2] = { { "ipv4", "4" }, { NULL, "6" } };
const struct field_form form_ip_version = { .make = make_word, .kind = FORM_BARE, .words = ip_versions };

/* Zeek's validation_status is OpenSSL's sentence for the error that verification ended with. */
static const char *const validations[][2] = {
	{ "ok", "ok" },
	{ "wrong-order", "ok" },
	{ "incomplete", "unable to get local issuer certificate" },
	{ "unknown-issuer", "unable to get local issuer certificate" },
	{ "not-yet-valid", "certificate is not yet valid" },
	{ "expired", "certificate has expired" },
	{ "invalid", "certificate rejected" },
	{ "unverifiable", "unspecified certificate verification error" },
	{ "self-signed", "self-signed certificate" },
	{ "revoked", "certificate revoked" },
	{ "bad-signature", "certificate signature failure" },
	{ "malformed", "unable to decode issuer public key" },
	{ NULL, NULL }
};
const struct field_form form_validation = { .make = make_word, .words = validations };

static const char *const key_algorithms[][2] = {
	{ "RSA", "rsaEncryption" }, { "RSA-PSS", "rsassaPss" }, { "EC", "id-ecPublicKey" }, { "DSA", "dsaEncryption" },
	{ "DH", "dhKeyAgreement" }, { "Ed25519", "ED25519" }, { "Ed448", "ED448" }, { NULL, NULL }
};
const struct field_form form_key_algorithm = { .make = make_word, .words = key_algorithms };

static const char *const key_types[][2] = {
	{ "RSA", "rsa" }, { "EC", "ecdsa" }, { "DSA", "dsa" }, { NULL, "unknown" }
};
const struct field_form form_key_type = { .make = make_word, .words = key_types };

static const char *const signatures[][2] = {
	{ "MD2-RSA", "md2WithRSAEncryption" }, { "MD4-RSA", "md4WithRSAEncryption" }, { "MD5-RSA", "md5WithRSAEncryption" },
	{ "SHA1-RSA", "sha1WithRSAEncryption" }, { "SHA224-RSA", "sha224WithRSAEncryption" },
	{ "SHA256-RSA", "sha256WithRSAEncryption" }, { "SHA384-RSA", "sha384WithRSAEncryption" },
	{ "SHA512-RSA", "sha512WithRSAEncryption" },
	{ "RSA-PSS", "rsassaPss" }, { "RSA-PSS-SHA1", "rsassaPss" }, { "RSA-PSS-SHA256", "rsassaPss" },
	{ "RSA-PSS-SHA384", "rsassaPss" }, { "RSA-PSS-SHA512", "rsassaPss" },
	{ "ECDSA-SHA1", "ecdsa-with-SHA1" }, { "ECDSA-SHA224", "ecdsa-with-SHA224" }, { "ECDSA-SHA256", "ecdsa-with-SHA256" },
	{ "ECDSA-SHA384", "ecdsa-with-SHA384" }, { "ECDSA-SHA512", "ecdsa-with-SHA512" },
	{ "DSA-SHA1", "dsaWithSHA1" }, { "DSA-SHA224", "dsa_with_SHA224" }, { "DSA-SHA256", "dsa_with_SHA256" },
	{ "Ed25519", "ED25519" }, { "Ed448", "ED448" }, { NULL, NULL }
};
const struct field_form form_signature = { .make = make_word, .words = signatures };

/* OpenTelemetry's log data model: INFO is 9, WARN 13. */
static const char *const severity_texts[][2] = { { "failure", "WARN" }, { NULL, "INFO" } };
const struct field_form form_severity_text = { .make = make_word, .words = severity_texts };
static const char *const severity_numbers[][2] = { { "failure", "13" }, { NULL, "9" } };
const struct field_form form_severity_number = { .make = make_word, .kind = FORM_BARE, .words = severity_numbers };
