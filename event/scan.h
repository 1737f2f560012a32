/* scan.h - one pass over one event: is it right, and where are its fields
 *
 * The pass proves the line to be one JSON object (RFC 8259, no control bytes
 * in strings, depth 500 at most), UTF-8 throughout, no lone surrogate escape,
 * no key twice in any object, no top-level key that Elasticsearch refuses, and
 * the eight fields to be there, of the right type and in normal form. What is
 * not so is named as the repairs that event_mend() (mend.h) makes.
 *
 * Absent without being wrong: RequestKey, Additional, and also ComponentKey
 * and Title, for which there is no repair. A null counts as absent.
 *
 * Pure; one thread at a time for one scanner. */
#ifndef TOCSIN_EVENT_SCAN_H
#define TOCSIN_EVENT_SCAN_H

#include "core/buf.h"
#include "event/json.h"

enum event_field {
	EVENT_SERVICE_KEY,
	EVENT_COMPONENT_KEY,
	EVENT_REQUEST_KEY,
	EVENT_HOST_ADDRESS,
	EVENT_TIME_STAMP_UTC,
	EVENT_TITLE,
	EVENT_ADDITIONAL,
	EVENT_LEVEL,
	EVENT_FIELDS,
};

/* "ServiceKey" and so on. */
extern const struct str event_field_names[EVENT_FIELDS];

/* Which field a decoded key names; EVENT_FIELDS if none. */
enum event_field event_field_of(struct str key);

enum event_level {
	LEVEL_NONE,
	LEVEL_DEBUG,
	LEVEL_INFO,
	LEVEL_ERROR,
};

/* "DEBUG", "INFO", "ERROR"; "" for LEVEL_NONE. */
const char *event_level_name(enum event_level level);

/* What had to be mended, in the order in which `Repaired` lists it. */
enum repair {
	REPAIR_UNPARSED = 1 << 0,
	REPAIR_TIME = 1 << 1,
	REPAIR_SERVICE = 1 << 2,
	REPAIR_HOST = 1 << 3,
	REPAIR_LEVEL = 1 << 4,
	REPAIR_TYPE = 1 << 5,
	REPAIR_DUPLICATE = 1 << 6,
	REPAIR_KEY = 1 << 7,
	REPAIR_UTF8 = 1 << 8,
	REPAIR_CUT = 1 << 9,
};
enum { REPAIR_WORDS = 10 };

/* repair_words[i] is the word of bit i. */
extern const char *const repair_words[REPAIR_WORDS];

struct event_value {
	struct str raw; /* JSON text, strings with quotes; borrowed */
	char kind;      /* enum json_kind; JSON_ABSENT if not there */
	bool escaped;   /* a string that holds a backslash */
};

struct event {
	struct str line;  /* what was scanned, without BOM and line end */
	unsigned repairs; /* 0: passes byte for byte (but see mend.h) */
	size_t end;       /* offset of the closing brace in `line` */
	struct event_value field[EVENT_FIELDS];

	bool has_time; /* TimeStampUTC is in normal form: */
	int64_t time_ns;
	enum event_level level; /* LEVEL_NONE: missing or foreign */

	/* A raw line end stands between two tokens: the event must be
	 * rewritten before it may be a line of a bulk request. */
	bool has_newline;
	/* Other keys with a meaning; kind JSON_ABSENT if not there. */
	struct event_value time_raw;  /* TimeStampRaw */
	struct event_value level_raw; /* LevelRaw */
	struct event_value repaired;  /* Repaired; without REPAIR_KEY it is
				       * well-formed: different words of ours
				       * in their order */

	/* With REPAIR_UNPARSED: why, and at which byte of `line`. The text is
	 * a constant. Else NULL. */
	const char *reason;
	size_t reason_offset;
};

/* Scratch memory, used again for every event. Close with scanner_close(),
 * which accepts NULL. */
struct scanner *scanner_open(void);
void scanner_close(struct scanner *scanner);

/* Scan `line`: one event, with or without its line end and BOM. *out borrows
 * from `line` alone, so it outlives the next scan. With REPAIR_UNPARSED only
 * line, repairs, reason and reason_offset say anything.
 * Costs the length of the line, whatever is in it. */
void event_scan(struct scanner *scanner, struct str line, struct event *out);

/* Nothing but blanks, line ends and a BOM: to be skipped. */
bool event_is_blank(struct str line);

/* The field is there and is not null. */
static inline bool event_has(const struct event *event, enum event_field field)
{
	return event->field[field].kind != JSON_ABSENT &&
	       event->field[field].kind != JSON_NULL;
}

/* The decoded text of a string, the JSON text of anything else, nothing if
 * absent or null. A slice of the event unless it holds escapes: those are
 * decoded behind what `scratch` holds, borrowed until that changes. */
struct str event_text(const struct event_value *value, struct buf *scratch);

#endif
