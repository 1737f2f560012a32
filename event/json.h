/* json.h - walk over JSON text that is already proved valid
 *
 * No tree and no allocation: values are slices of the text ("raw": as written,
 * strings with their quotes). What event_scan() passed is valid. On other text
 * these functions stop early and give nonsense, but never read outside it.
 * Format: RFC 8259.
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_EVENT_JSON_H
#define TOCSIN_EVENT_JSON_H

#include "core/buf.h"

/* Objects and arrays within each other, the outermost counted. */
enum { JSON_DEPTH_MAX = 500 };

enum json_kind {
	JSON_ABSENT = 0,
	JSON_STRING = '"',
	JSON_OBJECT = '{',
	JSON_ARRAY = '[',
	JSON_NUMBER = '0',
	JSON_TRUE = 't',
	JSON_FALSE = 'f',
	JSON_NULL = 'n',
};

/* Of a raw value without blanks before it; JSON_ABSENT for an empty slice. */
enum json_kind json_kind(struct str raw);

/* A place inside an object or array. Fields are private. */
struct json_cursor {
	const char *at;
	const char *end;
};

struct json_member {
	struct str key; /* raw, with its quotes */
	struct str value;
};

/* At the first member or element of the object or array `raw`, which may have
 * blanks around it and which the cursor borrows. On anything else there are
 * none. */
struct json_cursor json_enter(struct str raw);

/* The next member of an object or element of an array; false at its end.
 * One call costs the length of the value that it passes over. */
bool json_next_member(struct json_cursor *cursor, struct json_member *out);
bool json_next_element(struct json_cursor *cursor, struct str *out);

/* The value of one key (decoded text, not raw). False: there is none, *value
 * untouched. */
bool json_find(struct str object, struct str key, struct str *value);

/* Call visit() with every value that the dotted `path` names below `raw`.
 * "a.b" is {"a":{"b":1}} as well as {"a.b":1}; an array stands for each of its
 * elements, at the end too, so visit() never gets one unless it is empty.
 * An empty path names `raw` itself. True as soon as visit() returned true. */
bool json_visit(struct str raw, struct str path,
		bool (*visit)(void *arg, struct str value), void *arg);

/* True if a raw string is this decoded text. */
bool json_string_is(struct str raw, struct str text);

/* The text of a raw string, escapes decoded, lone surrogates as U+FFFD. A
 * slice of `raw` if it holds no escape, else appended to `scratch` and
 * borrowed from it until it changes. Anything but a string: `raw` itself. */
struct str json_text(struct str raw, struct buf *scratch);

/* Decode what stands between a string's quotes. `out` has room for body.n
 * bytes, which is always enough. Returns the bytes written. *lone is set to
 * true if a lone surrogate became U+FFFD, else left alone. */
size_t json_decode(struct str body, char *out, bool *lone);

/* The text past one value, which starts at `at`; `end` if it does not end. */
const char *json_skip(const char *at, const char *end);

#endif
