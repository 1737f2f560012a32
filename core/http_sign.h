/* http_sign.h - AWS Signature Version 4 of one request
 *
 * Pure; any thread. Format: "Signing AWS API requests", AWS General Reference
 * (Signature Version 4). Not libcurl's own: the one of 7.88 signs headers that
 * it does not send and leaves path and query as they are. */
#ifndef TOCSIN_CORE_HTTP_SIGN_H
#define TOCSIN_CORE_HTTP_SIGN_H

#include "core/buf.h"

enum {
	SIGN_DATE_SIZE = 17,   /* "20150830T123600Z" and a NUL */
	SIGN_SHA256_SIZE = 65, /* 64 hex digits and a NUL */
};

struct sign_keys {
	const char *region;  /* "eu-west-1" */
	const char *service; /* "es" */
	const char *access_key;
	const char *secret_key;
};

struct sign_header {
	const char *name; /* lower case */
	struct str value; /* without blanks at its ends */
};

struct sign_request {
	const char *method;
	struct str path;  /* as it is sent; empty stands for "/" */
	struct str query; /* as it is sent, without '?'; may be empty */
	const struct sign_header *header; /* to be signed, sorted by name */
	size_t n;
	const char *body_sha256; /* hex, of the body as it is sent */
};

/* "20150830T123600Z" of a wall time. */
void sign_date(int64_t wall_ms, char out[SIGN_DATE_SIZE]);
/* Lower-case hex digits. */
void sign_sha256(struct str bytes, char out[SIGN_SHA256_SIZE]);
/* Append the value of the header Authorization. `date` is the value of
 * x-amz-date, which must be among the headers. */
void sign_add(struct buf *out, const struct sign_keys *keys,
	      const struct sign_request *request, const char *date);

#endif
