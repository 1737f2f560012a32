/* dead_letter.h - a dead letter as people see it, and which ones they mean
 *
 * The headers are what dead.c writes, but the topic may hold anything: all
 * text is hostile.
 *
 * Pure; any thread. */
#ifndef TOCSIN_INGEST_INDEX_DEAD_LETTER_H
#define TOCSIN_INGEST_INDEX_DEAD_LETTER_H

#include "core/buf.h"
#include "core/kafka.h"

/* All borrowed from the record; n == 0: the header is missing or empty. */
struct dead_letter {
	int64_t time_ms;   /* when it died; -1: not known */
	struct str origin; /* "topic:partition:offset" */
	struct str reason, index, id;
	struct str status, attempts; /* decimal numbers */
	size_t size_bytes;           /* of the value */
};

/* What all letters meant have in common. A zeroed struct, but for `to_ms`,
 * means every letter. */
struct dead_filter {
	struct str reason; /* is part of the letter's; n == 0: any */
	struct str id;     /* is the letter's; n == 0: any */
	int64_t from_ms;
	int64_t to_ms; /* not included; INT64_MAX: no end */
};

bool dead_letter_matches(const struct dead_letter *letter,
			 const struct dead_filter *filter);

/* The head of the table, and a line of it, both with their line end. */
void dead_letter_head(struct buf *out);
void dead_letter_row(const struct dead_letter *letter, struct buf *out);
/* One line of JSON, valid and harmless to a terminal whatever the headers
 * hold. */
void dead_letter_json(const struct dead_letter *letter, struct buf *out);

/* Is it one of the headers that dead.c writes? Nobody else's of that name are
 * carried, so a record that dies and is replayed many times gathers none. */
bool dead_header_is_ours(const char *name);

enum {
	DEAD_CARRIED_MAX = 64,
	DEAD_CARRIED_BYTES = 32 << 10, /* names and values */
};

/* The headers of a dead record that its letter carries, in their order. */
struct dead_carried {
	struct kafka_header header[DEAD_CARRIED_MAX];
	size_t n;
	size_t bytes;
	size_t left_out; /* beyond the limits */
};

/* One more of the record's headers; name and value are borrowed. */
void dead_carry(struct dead_carried *carried,
		const struct kafka_header *header);

#endif
