/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/trust.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/strbuf.h"
#include "x509/der.h"
#include "x509/name.h"

struct anchor {
	uint64_t name;			/* hash of the subject */
	uint8_t *der;
	size_t len;
	bool aux;			/* OpenSSL's own form, with what it is trusted for behind it */
	bool loaded;
};

struct trust {
	struct anchor *v;		/* sorted by name */
	size_t n, cap;
	const char *source;
	X509_STORE *store;
};

/* Where systems keep theirs: Debian, Fedora, SUSE, Alpine and the BSDs. */
static const char *const system_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

/* Of an anchor only the subject is read. */
static bool hash_subject(const uint8_t *der, size_t len, uint64_t *out)
{
	const uint8_t *p = der;
	struct cert_name name = { 0 };
	struct strbuf b = { 0 };
	struct der_cert *c = NULL;
	struct der_element e;
	bool ok = false;

	/* OpenSSL's own form has more behind the certificate. */
	if (der_element(&p, der + len, &e))
		c = der_decode(ASN1_ITEM_rptr(der_cert), der, (size_t)(p - der));
	if (c && ASN1_TYPE_get(c->tbs.subject) == V_ASN1_SEQUENCE) {
		const ASN1_STRING *s = c->tbs.subject->value.sequence;

		ok = name_text(&b, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)) && !b.failed;
		name.dn = (struct cert_str){ b.s ? b.s : "", b.len };
		*out = name_hash(&name);
	}
	der_free(ASN1_ITEM_rptr(der_cert), c);
	strbuf_free(&b);
	return ok;
}

/* Takes der over. What does not decode is passed over: one bad certificate must not make all others useless. */
static int add(struct trust *t, uint8_t *der, size_t len, bool aux)
{
	struct anchor a = { .der = der, .len = len, .aux = aux };

	if (!hash_subject(der, len, &a.name)) {
		OPENSSL_free(der);
		return 0;
	}
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct anchor *v = realloc(t->v, cap * sizeof(*v));

		if (!v) {
			OPENSSL_free(der);
			return -ENOMEM;
		}
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = a;
	return 0;
}

/* All certificates of a PEM file; other things in it (keys, CRLs) are passed over. */
static int add_pem(struct trust *t, BIO *in)
{
	char *name, *header;
	unsigned char *der;
	int ret = 0;
	long len;

	while (!ret && PEM_read_bio(in, &name, &header, &der, &len)) {
		bool aux = !strcmp(name, PEM_STRING_X509_TRUSTED);

		if (aux || !strcmp(name, PEM_STRING_X509) || !strcmp(name, PEM_STRING_X509_OLD))
			ret = add(t, der, (size_t)len, aux);
		else
			OPENSSL_free(der);
		OPENSSL_free(name);
		OPENSSL_free(header);
	}
	return ret;
}

/* A file that holds one certificate as DER. */
static int add_der(struct trust *t, BIO *in)
{
	uint8_t *der = OPENSSL_malloc(DER_MAX);
	int n;

	if (!der)
		return -ENOMEM;
	n = BIO_read(in, der, DER_MAX);
	if (n <= 0) {
		OPENSSL_free(der);
		return 0;
	}
	return add(t, der, (size_t)n, false);
}

static int add_file(struct trust *t, const char *path)
{
	size_t before = t->n;
	BIO *in;
	int ret;

	ERR_set_mark();
	errno = 0;
	in = BIO_new_file(path, "rb");
	if (!in) {
		ret = errno ? -errno : -ENOMEM;
		ERR_pop_to_mark();
		return ret;
	}
	ret = add_pem(t, in);
	if (!ret && t->n == before && !BIO_seek(in, 0))
		ret = add_der(t, in);
	BIO_free(in);
	ERR_pop_to_mark();
	return ret;
}

static int add_dir(struct trust *t, const char *path)
{
	struct dirent *e;
	char file[4096];
	struct stat st;
	int ret = 0;
	DIR *d;

	d = opendir(path);
	if (!d)
		return -errno;
	while (!ret && (e = readdir(d))) {
		if (snprintf(file, sizeof(file), "%s/%s", path, e->d_name) >= (int)sizeof(file))
			continue;
		/* A file that cannot be read (a private key beside them) is none of the certificates. */
		if (!stat(file, &st) && S_ISREG(st.st_mode) && add_file(t, file) == -ENOMEM)
			ret = -ENOMEM;
	}
	closedir(d);
	return ret;
}

/* As OpenSSL finds them (SSL_CERT_FILE, SSL_CERT_DIR, its own directory), and where distributions keep them. */
static int add_system(struct trust *t)
{
	const char *file = getenv(X509_get_default_cert_file_env()), *dir = getenv(X509_get_default_cert_dir_env());
	int ret = 0;

	if (file || dir) {
		if (file)
			add_file(t, t->source = file);
		return dir ? add_dir(t, dir) : 0;
	}
	for (size_t i = 0; !t->n && ret != -ENOMEM && i < sizeof(system_files) / sizeof(system_files[0]); i++)
		ret = add_file(t, t->source = system_files[i]);
	if (!t->n && ret != -ENOMEM) {
		t->source = NULL;
		ret = add_dir(t, X509_get_default_cert_dir());
	}
	return ret == -ENOMEM ? ret : 0;
}

static int compare(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->der, y->der, x->len);
}

/* A directory holds a certificate under its name, under its hash and in the bundle. */
static void sort_and_drop_doubles(struct trust *t)
{
	size_t out = 0;

	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), compare);
	for (size_t i = 0; i < t->n; i++) {
		if (out && !compare(&t->v[out - 1], &t->v[i]))
			OPENSSL_free(t->v[i].der);
		else
			t->v[out++] = t->v[i];
	}
	t->n = out;
}

static int fill(struct trust *t, const char *file, const char *dir)
{
	int ret = 0;

	t->store = X509_STORE_new();
	if (!t->store)
		return -ENOMEM;
	if (!file && !dir)
		return add_system(t);
	if (file) {
		ret = add_file(t, file);
		if (!ret && !t->n)
			ret = -ENODATA;
	}
	if (!ret && dir) {
		ret = add_dir(t, dir);
		if (!ret && !t->n)
			ret = -ENODATA;
	}
	return ret;
}

int trust_new(struct trust **out, const char *file, const char *dir)
{
	struct trust *t = calloc(1, sizeof(*t));
	int ret = t ? fill(t, file, dir) : -ENOMEM;

	*out = NULL;
	if (ret) {
		trust_free(t);
		return ret;
	}
	sort_and_drop_doubles(t);
	*out = t;
	return 0;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		OPENSSL_free(t->v[i].der);
	free(t->v);
	X509_STORE_free(t->store);
	free(t);
}

size_t trust_count(const struct trust *t)
{
	return t->n;
}

const char *trust_source(const struct trust *t)
{
	return t->source;
}

X509_STORE *trust_store(const struct trust *t)
{
	return t->store;
}

static X509 *decode(const struct anchor *a)
{
	const unsigned char *p = a->der;
	X509 *x;

	ERR_set_mark();
	x = a->aux ? d2i_X509_AUX(NULL, &p, (long)a->len) : d2i_X509(NULL, &p, (long)a->len);
	ERR_pop_to_mark();
	return x;
}

/* The first with that name, t->n when there is none. */
static size_t lower(const struct trust *t, uint64_t name)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->v[mid].name < name)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t trust_load(struct trust *t, const struct cert_name *subject)
{
	uint64_t name = name_hash(subject);
	size_t n = 0;

	if (!subject->dn.s)
		return 0;
	for (size_t i = lower(t, name); i < t->n && t->v[i].name == name; i++, n++) {
		X509 *x = t->v[i].loaded ? NULL : decode(&t->v[i]);

		if (x)
			X509_STORE_add_cert(t->store, x);
		X509_free(x);
		t->v[i].loaded = true;
	}
	return n;
}

X509 *trust_get(struct trust *t, const struct cert_name *subject, size_t i)
{
	uint64_t name = name_hash(subject);
	size_t at = lower(t, name) + i;

	return subject->dn.s && at < t->n && t->v[at].name == name ? decode(&t->v[at]) : NULL;
}
