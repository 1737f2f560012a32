/* json_oracle.h - what json-c says about a text, and plain checks of our own
 * that share nothing with event/
 *
 * json-c is laxer than RFC 8259: it takes control bytes in strings, "1." and
 * other numbers, NaN, words in other case. So the tokens are judged here, by a
 * regular expression, and json-c judges how they stand together. It also cuts
 * keys at a NUL: a text with that escape is `unsure`. Its check of UTF-8 is
 * weak, so ours is made here. */
#ifndef TOCSIN_TESTS_JSON_ORACLE_H
#define TOCSIN_TESTS_JSON_ORACLE_H

#include "core/base.h"

struct json_object;

struct oracle {
	bool unsure;
	struct json_object *object; /* NULL: it is no JSON object */
	bool utf8;                  /* the bytes are */
	bool duplicate;             /* some object has a key twice */
};

/* Release with oracle_release(). */
void oracle_read(struct str text, struct oracle *out);
void oracle_release(struct oracle *oracle);

#endif
