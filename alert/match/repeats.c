/* repeats.c - the highest byte offset seen of every file
 *
 * Owns two maps: files move to the young one when seen, and when that is full
 * the old one is forgotten. Loop thread. */
#include "alert/match/repeats.h"

enum { FILES_MAX = 100000, FILE_DIGITS = 16 };

void repeats_release(struct repeats *r)
{
	map_release(&r->young, NULL);
	map_release(&r->old, NULL);
}

static bool parse(struct str source, struct str *file, int64_t *offset)
{
	if (source.n < FILE_DIGITS + 2 || source.s[FILE_DIGITS] != ':')
		return false;
	*file = str_slice(source.s, FILE_DIGITS);
	for (size_t i = 0; i < FILE_DIGITS; i++) {
		char c = source.s[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return str_to_int64(str_slice(source.s + FILE_DIGITS + 1,
				      source.n - FILE_DIGITS - 1),
			    0, INT64_MAX - 1, offset);
}

/* Offsets are kept plus one, so that none is NULL. */
static void remember(struct repeats *r, struct str file, int64_t offset)
{
	if (r->young.n >= FILES_MAX) {
		map_release(&r->old, NULL);
		r->old = r->young;
		r->young = (struct map){ 0 };
	}
	map_set(&r->young, file, (void *)(intptr_t)(offset + 1));
}

enum source repeats_note(struct repeats *r, struct str source)
{
	struct str file;
	int64_t offset;
	void *seen;

	if (!parse(source, &file, &offset))
		return SOURCE_MALFORMED;
	seen = map_get(&r->young, file);
	if (!seen)
		seen = map_get(&r->old, file);
	if (seen && offset < (intptr_t)seen) {
		remember(r, file, (intptr_t)seen - 1);
		return SOURCE_REPEATED;
	}
	remember(r, file, offset);
	return SOURCE_NEW;
}
