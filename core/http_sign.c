/* http_sign.c - AWS Signature Version 4 of one request
 *
 * Owns nothing; what it derives from the secret key is cleared. Pure; any
 * thread. */
#include "core/http_sign.h"

#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { DIGEST_BYTES = 32, DAY_CHARS = 8 };

void sign_date(int64_t wall_ms, char out[SIGN_DATE_SIZE])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	ENSURE(gmtime_r(&seconds, &tm));
	ENSURE(strftime(out, SIGN_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm) ==
	       SIGN_DATE_SIZE - 1);
}

static void to_hex(const unsigned char *bytes, char out[SIGN_SHA256_SIZE])
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		out[2 * i] = digit[bytes[i] >> 4];
		out[2 * i + 1] = digit[bytes[i] & 15];
	}
	out[SIGN_SHA256_SIZE - 1] = '\0';
}

void sign_sha256(struct str bytes, char out[SIGN_SHA256_SIZE])
{
	unsigned char digest[DIGEST_BYTES];

	ENSURE(EVP_Digest(bytes.n > 0 ? bytes.s : "", bytes.n, digest, NULL,
			  EVP_sha256(), NULL));
	to_hex(digest, out);
}

static void hmac(const unsigned char *key, size_t n, struct str text,
		 unsigned char out[DIGEST_BYTES])
{
	ENSURE(HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)text.s,
		    text.n, out, NULL));
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

/* The path is encoded once more than it is sent; only S3 would not want it. */
static void add_path(struct buf *out, struct str path)
{
	if (path.n == 0)
		buf_add_char(out, '/');
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.s[i];

		if (is_unreserved(c) || c == '/')
			buf_add_char(out, path.s[i]);
		else
			buf_add_format(out, "%%%02X", c);
	}
}

static int compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.s, b.s, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static struct str name_of(struct str pair)
{
	const char *equals = memchr(pair.s, '=', pair.n);

	return equals ? str_slice(pair.s, (size_t)(equals - pair.s)) : pair;
}

/* By name, then by value. */
static int compare_pairs(const void *left, const void *right)
{
	const struct str *a = left, *b = right;
	int order = compare(name_of(*a), name_of(*b));

	return order ? order : compare(*a, *b);
}

static void add_query(struct buf *out, struct str query)
{
	struct str *pair = NULL;
	size_t n = 0, cap = 0;

	while (query.n > 0) {
		const char *and = memchr(query.s, '&', query.n);
		size_t length = and? (size_t)(and-query.s) : query.n;
		size_t step = and? length + 1 : length;

		if (length > 0)
			*ARRAY_PUSH(pair, n, cap) = str_slice(query.s, length);
		query = str_slice(query.s + step, query.n - step);
	}
	if (n > 0)
		qsort(pair, n, sizeof(*pair), compare_pairs);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_char(out, '&');
		buf_add(out, pair[i]);
		if (name_of(pair[i]).n == pair[i].n)
			buf_add_char(out, '=');
	}
	free(pair);
}

static void add_names(struct buf *out, const struct sign_request *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (i > 0)
			buf_add_char(out, ';');
		buf_add_text(out, r->header[i].name);
	}
}

static void digest_request(const struct sign_request *r,
			   char out[SIGN_SHA256_SIZE])
{
	AUTO(buf_release) struct buf text = { 0 };

	buf_add_text(&text, r->method);
	buf_add_char(&text, '\n');
	add_path(&text, r->path);
	buf_add_char(&text, '\n');
	add_query(&text, r->query);
	buf_add_char(&text, '\n');
	for (size_t i = 0; i < r->n; i++) {
		buf_add_text(&text, r->header[i].name);
		buf_add_char(&text, ':');
		buf_add(&text, r->header[i].value);
		buf_add_char(&text, '\n');
	}
	buf_add_char(&text, '\n');
	add_names(&text, r);
	buf_add_char(&text, '\n');
	buf_add_text(&text, r->body_sha256);
	sign_sha256(buf_str(&text), out);
}

/* The key of this day, region and service. */
static void derive_key(const struct sign_keys *keys, struct str day,
		       unsigned char out[DIGEST_BYTES])
{
	AUTO(buf_release) struct buf first = { 0 };

	buf_add_format(&first, "AWS4%s", keys->secret_key);
	hmac((const unsigned char *)first.p, first.n, day, out);
	explicit_bzero(first.p, first.n);
	hmac(out, DIGEST_BYTES, str_of(keys->region), out);
	hmac(out, DIGEST_BYTES, str_of(keys->service), out);
	hmac(out, DIGEST_BYTES, STR("aws4_request"), out);
}

void sign_add(struct buf *out, const struct sign_keys *keys,
	      const struct sign_request *request, const char *date)
{
	AUTO(buf_release) struct buf scope = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	struct str day = str_slice(date, DAY_CHARS);
	unsigned char key[DIGEST_BYTES], digest[DIGEST_BYTES];
	char hex[SIGN_SHA256_SIZE];

	digest_request(request, hex);
	buf_add(&scope, day);
	buf_add_format(&scope, "/%s/%s/aws4_request", keys->region,
		       keys->service);
	buf_add_format(&text, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date,
		       buf_text(&scope), hex);
	derive_key(keys, day, key);
	hmac(key, DIGEST_BYTES, buf_str(&text), digest);
	explicit_bzero(key, sizeof(key));
	to_hex(digest, hex);
	buf_add_format(out, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=",
		       keys->access_key, buf_text(&scope));
	add_names(out, request);
	buf_add_format(out, ", Signature=%s", hex);
}
