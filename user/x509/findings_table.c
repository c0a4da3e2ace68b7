/* SPDX-License-Identifier: BSD-2-Clause */
/* The identifiers are part of the output's contract: one that was published is never given to something else. */
#include "x509/findings.h"

#include <string.h>

static const struct finding_info infos[FINDING_CNT] = {
	[FINDING_REVOKED] = { "revoked", SEVERITY_CRITICAL,
			      "The issuer has revoked the certificate, as the stapled OCSP answer says." },
	[FINDING_BAD_SIGNATURE] = { "bad-signature", SEVERITY_CRITICAL, "A signature in the chain is wrong." },
	[FINDING_KNOWN_BAD_KEY] = { "known-bad-key", SEVERITY_CRITICAL,
				    "A public key is on the list of keys that are known to be bad." },
	[FINDING_MALFORMED] = { "malformed-certificate", SEVERITY_HIGH, "A certificate is not well-formed." },
	[FINDING_EXPIRED] = { "expired", SEVERITY_HIGH, "The certificate had expired." },
	[FINDING_NOT_YET_VALID] = { "not-yet-valid", SEVERITY_HIGH,
				    "The certificate, or one above it, was not valid yet." },
	[FINDING_ISSUER_EXPIRED] = { "issuer-expired", SEVERITY_HIGH, "A certificate above the peer's own had expired." },
	[FINDING_INVALID_CHAIN] = { "invalid-chain", SEVERITY_HIGH,
				    "The chain breaks a rule of RFC 5280: a constraint, a usage, a critical extension." },
	[FINDING_HOSTNAME_MISMATCH] = { "hostname-mismatch", SEVERITY_HIGH,
					"The certificate is not for the name that the client asked for." },
	[FINDING_SELF_SIGNED] = { "self-signed", SEVERITY_MEDIUM, "The certificate is signed by its own key." },
	[FINDING_UNKNOWN_ISSUER] = { "unknown-issuer", SEVERITY_MEDIUM, "The chain does not lead to a trust anchor." },
	[FINDING_UNVERIFIABLE] = { "unverifiable", SEVERITY_LOW,
				   "The chain has a signature or a key of a kind that cannot be checked here." },
	[FINDING_INCOMPLETE_CHAIN] = { "incomplete-chain", SEVERITY_MEDIUM,
				       "The peer left out an intermediate certificate." },
	[FINDING_WRONG_ORDER] = { "wrong-order", SEVERITY_LOW,
				  "The certificates were not sent in the order in which each is issued by the next." },
	[FINDING_EXTRA_CERTIFICATE] = { "extra-certificate", SEVERITY_LOW,
					"The peer sent a certificate that does not belong to its chain." },
	[FINDING_ROOT_SENT] = { "root-sent", SEVERITY_INFO,
				"The peer sent the root certificate, which the other side must have anyway." },
	[FINDING_EXPIRING] = { "expiring", SEVERITY_MEDIUM, "The certificate expires soon." },
	[FINDING_LONG_VALIDITY] = { "long-validity", SEVERITY_LOW, "The certificate is valid for more than 398 days." },
	[FINDING_WEAK_RSA_KEY] = { "weak-rsa-key", SEVERITY_HIGH, "An RSA key has fewer than 2048 bits." },
	[FINDING_WEAK_DSA_KEY] = { "weak-dsa-key", SEVERITY_HIGH, "A DSA key has fewer than 2048 bits." },
	[FINDING_WEAK_CURVE] = { "weak-curve", SEVERITY_MEDIUM,
				 "An elliptic-curve key is on a curve of fewer than 256 bits, or one that has been "
				 "withdrawn." },
	[FINDING_SMALL_EXPONENT] = { "small-exponent", SEVERITY_LOW, "An RSA key has a public exponent below 65537." },
	[FINDING_MD5_SIGNATURE] = { "md5-signature", SEVERITY_HIGH,
				    "A certificate is signed with MD5 or an older hash." },
	[FINDING_SHA1_SIGNATURE] = { "sha1-signature", SEVERITY_MEDIUM, "A certificate is signed with SHA-1." },
	[FINDING_SHARED_KEY] = { "shared-key", SEVERITY_MEDIUM,
				 "The same public key was seen in a certificate of another subject." },
	[FINDING_CA_AS_LEAF] = { "ca-as-leaf", SEVERITY_MEDIUM,
				 "The peer's own certificate is one of a certificate authority." },
	[FINDING_MISSING_SAN] = { "missing-san", SEVERITY_LOW,
				  "The certificate has no subject alternative name for a host: browsers refuse it." },
	[FINDING_STAPLE_MISSING] = { "staple-missing", SEVERITY_MEDIUM,
				     "The certificate demands a stapled OCSP answer, and the server sent none." },
	[FINDING_STAPLE_BAD] = { "staple-bad", SEVERITY_LOW,
				 "The stapled OCSP answer is malformed, out of date, wrongly signed or about another "
				 "certificate." },
	[FINDING_SCT_INVALID] = { "sct-invalid", SEVERITY_MEDIUM,
				  "A signed certificate timestamp of a known log does not verify." },
	[FINDING_SSL2] = { "ssl2", SEVERITY_CRITICAL, "SSL 2.0 was negotiated (RFC 6176 forbids it)." },
	[FINDING_SSL3] = { "ssl3", SEVERITY_CRITICAL, "SSL 3.0 was negotiated (RFC 7568 forbids it)." },
	[FINDING_TLS10] = { "tls10", SEVERITY_MEDIUM, "TLS 1.0 was negotiated (RFC 8996 deprecates it)." },
	[FINDING_TLS11] = { "tls11", SEVERITY_MEDIUM, "TLS 1.1 or DTLS 1.0 was negotiated (RFC 8996 deprecates them)." },
	[FINDING_SUITE_NULL] = { "suite-null", SEVERITY_CRITICAL, "The negotiated cipher suite does not encrypt." },
	[FINDING_SUITE_ANONYMOUS] = { "suite-anonymous", SEVERITY_CRITICAL,
				      "The negotiated cipher suite does not authenticate the server." },
	[FINDING_SUITE_EXPORT] = { "suite-export", SEVERITY_CRITICAL,
				   "The negotiated cipher suite was weakened for export." },
	[FINDING_SUITE_RC4] = { "suite-rc4", SEVERITY_HIGH,
				"The negotiated cipher suite uses RC4 (RFC 7465 forbids it)." },
	[FINDING_SUITE_DES] = { "suite-des", SEVERITY_HIGH, "The negotiated cipher suite uses single DES or RC2." },
	[FINDING_SUITE_3DES] = { "suite-3des", SEVERITY_MEDIUM,
				 "The negotiated cipher suite uses triple DES or another cipher with blocks of 64 "
				 "bits." },
	[FINDING_SUITE_CBC] = { "suite-cbc", SEVERITY_LOW, "The negotiated cipher suite uses CBC mode." },
	[FINDING_NO_FORWARD_SECRECY] = { "no-forward-secrecy", SEVERITY_MEDIUM,
					 "Whoever gets the server's key later can read what was recorded." },
	[FINDING_COMPRESSION] = { "compression", SEVERITY_HIGH, "TLS compression was negotiated, which leaks secrets." },
	[FINDING_WEAK_DH] = { "weak-dh", SEVERITY_HIGH, "The Diffie-Hellman group has fewer than 2048 bits." },
	[FINDING_NO_POST_QUANTUM] = { "no-post-quantum", SEVERITY_INFO,
				      "The key exchange is not safe from a quantum computer." },
	[FINDING_POLICY_VERSION] = { "policy-version", SEVERITY_HIGH,
				     "The version that was negotiated is older than the policy allows." },
	[FINDING_POLICY_ISSUER] = { "policy-issuer", SEVERITY_HIGH,
				    "The certificate is not by an issuer that the policy allows." },
	[FINDING_POLICY_PIN] = { "policy-pin", SEVERITY_CRITICAL,
				 "No public key of the chain is one that the policy names for this server." },
};
_Static_assert(FINDING_CNT <= 64, "a set of findings is 64 bits");

static const char *const severities[SEVERITY_CNT] = { "info", "low", "medium", "high", "critical" };

const struct finding_info *finding_info(enum finding f)
{
	return &infos[f];
}

static bool is(const char *a, const char *b, size_t len)
{
	return strlen(a) == len && !memcmp(a, b, len);
}

bool finding_by_id(const char *id, size_t len, enum finding *out)
{
	for (int i = 0; i < FINDING_CNT; i++) {
		if (!is(infos[i].id, id, len))
			continue;
		*out = i;
		return true;
	}
	return false;
}

const char *severity_word(enum severity s)
{
	return severities[s];
}

bool severity_by_word(const char *word, size_t len, enum severity *out)
{
	for (int i = 0; i < SEVERITY_CNT; i++) {
		if (!is(severities[i], word, len))
			continue;
		*out = i;
		return true;
	}
	return false;
}

bool findings_worst(uint64_t set, enum severity *out)
{
	enum severity worst = SEVERITY_INFO;

	for (int i = 0; i < FINDING_CNT; i++)
		if (findings_has(set, i) && infos[i].severity > worst)
			worst = infos[i].severity;
	*out = worst;
	return set != 0;
}
