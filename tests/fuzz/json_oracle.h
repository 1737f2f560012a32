/* json_oracle.h - what json-c says about a text, and plain checks of our own
 * that share nothing with event/
 *
 * json-c differs from RFC 8259 as we read it; a text where that shows is
 * `unsure`:
 * - it cuts keys at a NUL
 * - it stops at a NUL between tokens
 * - it takes NaN, Infinity and words in other case
 * - it takes control bytes in strings, and DEL between tokens
 * Its check of UTF-8 is weak, so ours is made here. */
#ifndef TOCSIN_TESTS_JSON_ORACLE_H
#define TOCSIN_TESTS_JSON_ORACLE_H

#include "core/base.h"

struct json_object;

struct oracle {
	bool unsure;
	struct json_object *object; /* NULL: it is no JSON object */
	bool utf8;		    /* the bytes are */
	bool duplicate;		    /* some object has a key twice */
};

/* Release with oracle_release(). */
void oracle_read(struct str text, struct oracle *out);
void oracle_release(struct oracle *oracle);

#endif
