/* silence.h - silences: who is not to be told of what, from when to when
 *
 * <prefix>.silences holds them, key: the id, value: one JSON object as
 * Alertmanager's API v2 has it, without the status:
 *   {"id":"…","matchers":[{"name":"ServiceKey","value":"A","isRegex":false,
 *    "isEqual":true}],"startsAt":"2026-11-23T09:00:00.000Z","endsAt":"…",
 *    "updatedAt":"…","createdBy":"…","comment":"…"}
 * A tombstone: ended long ago and forgotten. Times are wall times in ms.
 *
 * Of two records of one silence the one updated later counts, so that every
 * reader comes to the same set in whatever order it hears of them.
 *
 * Pure but for silence_name; loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_SILENCE_H
#define TOCSIN_ALERT_NOTIFY_SILENCE_H

#include "alert/notify/matcher.h"
#include "core/map.h"

enum {
	SILENCE_ID_BYTES = 36,   /* a UUID */
	SILENCE_TEXT_MAX = 4096, /* bytes of author and comment */
	SILENCES_MAX = 10000,    /* that have not ended */
};

/* Ended silences are kept so long, as in Alertmanager. */
#define SILENCE_KEPT_MS (INT64_C(5) * 24 * 3600 * 1000)

/* 2261-12-31T23:59:59.999Z, the last time that can be told (event/time.h): a
 * silence that is to end later ends then. */
#define SILENCE_LAST_YEAR 2261
#define SILENCE_LAST_MS   (INT64_C(106651) * 24 * 3600 * 1000 - 1)

enum silence_state { SILENCE_PENDING, SILENCE_ACTIVE, SILENCE_EXPIRED };

struct silence {
	char id[SILENCE_ID_BYTES + 1]; /* "": not named yet */
	struct matchers matchers;
	int64_t starts_ms; /* holds from then on */
	int64_t ends_ms;   /* and until before then */
	int64_t updated_ms;
	char *author;
	char *comment;
};

void silence_release(struct silence *s);
/* A random UUID, version 4 (RFC 4122). Reads the kernel's randomness. */
void silence_name(struct silence *s);
enum silence_state silence_state(const struct silence *s, int64_t wall_ms);
/* "pending", "active", "expired" */
const char *silence_state_name(enum silence_state state);
/* As Alertmanager has it: the silence's matchers are looked at as labels. */
bool silence_is_asked_for(const struct silence *s,
			  const struct matchers *filter);

/* Without "status"; with it, for the API. */
void silence_encode(const struct silence *s, struct buf *out);
void silence_encode_state(const struct silence *s, int64_t wall_ms,
			  struct buf *out);
/* False (ERROR_REJECT), *out zeroed, if it is no silence. An "endsAt" of a
 * later year is SILENCE_LAST_MS. Unknown keys are ignored; "id", "createdBy",
 * "comment" and "updatedAt" may be missing. */
MUST_CHECK bool silence_decode(struct str json, struct silence *out,
			       struct error *err);
/* What a person may not ask for (ERROR_REJECT): no matcher, only matchers that
 * every alert meets, an end that is past or before the start, text too long. */
MUST_CHECK bool silence_check(const struct silence *s, int64_t wall_ms,
			      struct error *err);

/* ---- all of them ---- */

struct silences {
	struct map by_id; /* id -> struct silence */
};

void silences_release(struct silences *all);
/* NULL if there is none. Borrowed until the set changes. */
const struct silence *silences_find(const struct silences *all, const char *id);
/* *s is taken. False: one updated later is there already. */
bool silences_apply(struct silences *all, struct silence *s);
bool silences_remove(struct silences *all, struct str id);
/* An active silence that holds an alert with these labels, or NULL. */
const struct silence *silences_match(const struct silences *all,
				     const struct labels *labels,
				     int64_t wall_ms);
/* The next time that one starts or ends; INT64_MAX: never. */
int64_t silences_next_change(const struct silences *all, int64_t wall_ms);
/* How many have not ended. */
size_t silences_live(const struct silences *all, int64_t wall_ms);
/* All in a stable order: the one that ends first, first. free() the array. */
const struct silence **silences_sorted(const struct silences *all, size_t *n);

/* What a request to set a silence comes to. */
struct silence_change {
	struct silence set;   /* to be written */
	struct silence ended; /* as well, unless its id is "" */
};

/* `wanted` (taken) without an id: a new one. With one: it is changed in place
 * where only its end (pending: also its start) or its comment changes; else it
 * is ended and a new one made, as Alertmanager does. A start that is past is
 * now. False, *out zeroed: ERROR_REJECT as silence_check or too many;
 * ERROR_USAGE: there is no silence of that id. Release both of *out. */
MUST_CHECK bool silences_change(const struct silences *all,
				struct silence *wanted, int64_t wall_ms,
				struct silence_change *out, struct error *err);
/* A copy of `s` that ends now; an expired one stays as it is. */
void silence_end(const struct silence *s, int64_t wall_ms, struct silence *out);

#endif
