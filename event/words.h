/* words.h - cuts text into words as Elasticsearch's analyser `standard` does
 *
 * The word breaks of Unicode (UAX #29) with the departures of Lucene's
 * StandardTokenizer: what has no letter, digit, ideograph or emoji is no word,
 * ideographs and Hiragana stand alone, runs of Thai and its kin stay whole,
 * and a word longer than 255 UTF-16 units goes on as another. Then lower case,
 * character by character.
 *
 * Source: Lucene 8.11, StandardTokenizerImpl.jflex and LowerCaseFilter; the
 * properties of characters are libunistring's.
 * Pure; safe on any thread. */
#ifndef TOCSIN_EVENT_WORDS_H
#define TOCSIN_EVENT_WORDS_H

#include "core/buf.h"

/* Stands before each word and after the last; no byte of UTF-8. So a word, or
 * several in a row, are found with one search for them between their marks. */
#define WORDS_MARK '\xff'

/* At most so many bytes are added for a text of n bytes. */
static inline size_t words_room(size_t n)
{
	return 2 * n + 1;
}

/* Append the words of valid UTF-8; nothing, not even a mark, if it has none.
 * `text` lies outside of out's memory, or buf_room() has made room before.
 * Costs the length of the text. Returns how many. */
size_t words_add(struct str text, struct buf *out);

/* The word behind the mark at *at, *at moved to the next mark; false at the
 * end. Start with 0. */
bool words_next(struct str words, size_t *at, struct str *word);

/* The code point in lower case. */
uint32_t words_lower(uint32_t code);

#endif
