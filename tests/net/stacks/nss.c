// SPDX-License-Identifier: BSD-2-Clause
/* A peer on NSS, without a database: TLS 1.2 and 1.3, DTLS 1.2 and 1.3. Its command line: stack.h. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cert.h>
#include <keyhi.h>
#include <nss.h>
#include <nssb64.h>
#include <pk11pub.h>
#include <prerror.h>
#include <prio.h>
#include <private/pprio.h>
#include <secerr.h>
#include <ssl.h>
#include <sslproto.h>

#include "stack.h"

#define CHAIN_MAX 4

struct peer {
	struct stack_options o;
	CERTCertificate *chain[CHAIN_MAX], *root;
	SECItem der[CHAIN_MAX];
	int chain_len;
	SECKEYPrivateKey *key;
};

static void must(SECStatus ok, const char *what)
{
	if (ok != SECSuccess) {
		printf("failed: %s: %s\n", what, PR_ErrorToName(PR_GetError()));
		exit(2);
	}
}

static char *read_text(const char *path)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (!n)
		stack_die(path);
	fclose(f);
	text[n] = 0;
	return text;
}

/* The DER of the next PEM block; false: there is none. */
static bool next_block(char **at, SECItem *out)
{
	char *begin = strstr(*at, "-----BEGIN "), *end;

	if (!begin)
		return false;
	begin = strchr(begin, '\n') + 1;
	end = strstr(begin, "-----END ");
	*end = 0;
	*at = end + 1;
	out->data = NULL;
	return NSSBase64_DecodeBuffer(NULL, out, begin, (unsigned)strlen(begin)) != NULL;
}

static CERTCertificate *certificate(SECItem *der)
{
	CERTCertificate *c = CERT_NewTempCertificate(CERT_GetDefaultCertDB(), der, NULL, PR_FALSE, PR_TRUE);

	must(c ? SECSuccess : SECFailure, "certificate");
	return c;
}

static void load_own(struct peer *p)
{
	char *at = read_text(p->o.chain);
	SECItem key;

	while (p->chain_len < CHAIN_MAX && next_block(&at, &p->der[p->chain_len])) {
		p->chain[p->chain_len] = certificate(&p->der[p->chain_len]);
		p->chain_len++;
	}
	at = read_text(p->o.key);
	must(next_block(&at, &key) ? SECSuccess : SECFailure, "key file");
	must(PK11_ImportDERPrivateKeyInfoAndReturnKey(PK11_GetInternalKeySlot(), &key, NULL, NULL, PR_FALSE, PR_TRUE,
						      KU_ALL, &p->key, NULL), "key");
}

static void load_root(struct peer *p)
{
	CERTCertTrust trust;
	SECItem der;
	char *at = read_text(p->o.root);

	next_block(&at, &der);
	p->root = certificate(&der);
	must(CERT_DecodeTrustString(&trust, "TC,,"), "trust");
	must(CERT_ChangeCertTrust(CERT_GetDefaultCertDB(), p->root, &trust), "trust of the root");
}

static SECStatus trust_all(void *arg, PRFileDesc *fd, PRBool check, PRBool server)
{
	(void)arg, (void)fd, (void)check, (void)server;
	return SECSuccess;
}

static SECStatus own_certificate(void *arg, PRFileDesc *fd, CERTDistNames *names, CERTCertificate **out, SECKEYPrivateKey **key)
{
	struct peer *p = arg;

	(void)fd, (void)names;
	if (!p->chain_len)
		return SECFailure;
	*out = CERT_DupCertificate(p->chain[0]);
	*key = SECKEY_CopyPrivateKey(p->key);
	return SECSuccess;
}

static void set_version(const struct peer *p, PRFileDesc *fd)
{
	uint16_t v = !strcmp(p->o.version, "1.3") ? SSL_LIBRARY_VERSION_TLS_1_3 : SSL_LIBRARY_VERSION_TLS_1_2;
	SSLVersionRange range = { v, v };

	must(SSL_VersionRangeSet(fd, &range), "version");
}

static void be_server(struct peer *p, PRFileDesc *fd)
{
	/* The chain as it is in the file: NSS's own would have the root, if it is known. */
	CERTCertificateList chain = { .certs = p->der, .len = p->chain_len };
	SSLExtraServerCertData extra = { .authType = ssl_auth_null, .certChain = &chain };

	must(SSL_ConfigServerCert(fd, p->chain[0], p->key, &extra, sizeof(extra)), "own certificate");
	if (p->o.demand) {
		must(SSL_OptionSet(fd, SSL_REQUEST_CERTIFICATE, PR_TRUE), "request");
		must(SSL_OptionSet(fd, SSL_REQUIRE_CERTIFICATE, SSL_REQUIRE_ALWAYS), "require");
	}
}

static PRFileDesc *import(struct peer *p, int os_fd)
{
	PRFileDesc *plain = p->o.udp ? PR_ImportUDPSocket(os_fd) : PR_ImportTCPSocket(os_fd);
	PRFileDesc *fd = p->o.udp ? DTLS_ImportFD(NULL, plain) : SSL_ImportFD(NULL, plain);
	unsigned char alpn[64];

	must(fd ? SECSuccess : SECFailure, "import");
	must(SSL_OptionSet(fd, SSL_SECURITY, PR_TRUE), "security");
	must(SSL_OptionSet(fd, p->o.server ? SSL_HANDSHAKE_AS_SERVER : SSL_HANDSHAKE_AS_CLIENT, PR_TRUE), "role");
	set_version(p, fd);
	if (p->o.alpn) {
		alpn[0] = (unsigned char)strlen(p->o.alpn);
		memcpy(alpn + 1, p->o.alpn, alpn[0]);
		must(SSL_SetNextProtoNego(fd, alpn, alpn[0] + 1u), "alpn");
	}
	if (p->o.server)
		be_server(p, fd);
	else
		must(SSL_GetClientAuthDataHook(fd, own_certificate, p), "hook");
	if (!p->o.root)
		must(SSL_AuthCertificateHook(fd, trust_all, NULL), "hook");
	if (p->o.name)
		must(SSL_SetURL(fd, p->o.name), "name");
	must(SSL_ResetHandshake(fd, p->o.server), "reset");
	return fd;
}

static void report(PRFileDesc *fd)
{
	SSLChannelInfo channel;
	SSLCipherSuiteInfo suite;

	must(SSL_GetChannelInfo(fd, &channel, sizeof(channel)), "channel");
	must(SSL_GetCipherSuiteInfo(channel.cipherSuite, &suite, sizeof(suite)), "suite");
	printf("ok 0x%04X %s\n", channel.protocolVersion, suite.cipherSuiteName);
}

static void talk(const struct peer *p, PRFileDesc *fd)
{
	const char *text = p->o.server ? STACK_ANSWER : STACK_REQUEST;
	char buf[4096];

	if (p->o.server)
		PR_Recv(fd, buf, sizeof(buf), 0, PR_INTERVAL_NO_TIMEOUT);
	PR_Send(fd, text, (int)strlen(text), 0, PR_INTERVAL_NO_TIMEOUT);
	while (!p->o.server && !p->o.udp && PR_Recv(fd, buf, sizeof(buf), 0, PR_INTERVAL_NO_TIMEOUT) > 0)
		;
	PR_Shutdown(fd, PR_SHUTDOWN_SEND);
}

static bool one(struct peer *p, int os_fd)
{
	PRFileDesc *fd = import(p, os_fd);
	bool ok = SSL_ForceHandshake(fd) == SECSuccess;

	if (ok) {
		report(fd);
		talk(p, fd);
	} else {
		printf("failed: %s\n", PR_ErrorToName(PR_GetError()));
	}
	PR_Close(fd);
	return ok;
}

int main(int argc, char **argv)
{
	static struct peer p;
	int fd;

	p.o = stack_parse(argc, argv);
	must(NSS_NoDB_Init(NULL), "init");
	must(NSS_SetDomesticPolicy(), "policy");
	if (p.o.chain)
		load_own(&p);
	if (p.o.root)
		load_root(&p);
	if (p.o.server)
		must(SSL_ConfigServerSessionIDCache(0, 0, 0, NULL), "session cache");
	fd = stack_socket(&p.o);
	if (!p.o.server)
		return !one(&p, fd);
	for (;;) {
		one(&p, stack_accept(&p.o, fd));
		stack_release(&p.o, fd);
	}
}
