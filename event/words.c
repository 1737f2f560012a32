/* words.c - cuts text into words as Elasticsearch's analyser `standard` does
 *
 * Lucene's grammar takes, at each place, the longest of a word, an emoji, a run
 * of South East Asian letters and an ideograph. Each has its own function here;
 * of those the longest wins, and where none matches one character is passed
 * over. Pure; owns nothing; safe on any thread. */
#include "event/words.h"

#include <unicase.h>
#include <unictype.h>
#include <uniwbrk.h>

#include "event/utf8.h"

/* Lucene's max_token_length, which bounds its look-ahead too. */
enum { WORD_UNITS_MAX = 255, UNIT_BYTES_MAX = 3 };

enum {
	ZERO_WIDTH_JOINER = 0x200d,
	TEXT_SELECTOR = 0xfe0e,
	EMOJI_SELECTOR = 0xfe0f,
	KEYCAP = 0x20e3,
	TAG_FIRST = 0xe0020,
	TAG_END = 0xe007f,
};

/* What the rules of words tell apart. */
enum kind {
	OTHER,
	LETTER,
	HEBREW,
	DIGIT,
	KATAKANA,
	JOINER, /* ExtendNumLet: the underscore and its kin */
	MID_LETTER,
	MID_NUMBER,
	MID_BOTH,
	SINGLE_QUOTE,
	DOUBLE_QUOTE,
	EXTEND, /* Extend, Format, ZWJ: belongs to what stands before */
	CLASSES,
};

struct character {
	uint32_t code;
	size_t n; /* bytes */
};

static struct character read_at(const char *text, const char *end)
{
	const unsigned char *p = (const unsigned char *)text;
	struct character c = { p[0], 1 };

	if (c.code < 0x80)
		return c;
	c.n = utf8_length(text, end);
	ENSURE(c.n > 1);
	c.code &= 0x7fu >> c.n;
	for (size_t i = 1; i < c.n; i++)
		c.code = c.code << 6 | (p[i] & 0x3f);
	return c;
}

static bool is_modifier(uint32_t code)
{
	return code >= 0x1f3fb && code <= 0x1f3ff;
}

static enum kind kind_of_ascii(uint32_t code)
{
	if ((code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z'))
		return LETTER;
	if (code >= '0' && code <= '9')
		return DIGIT;
	switch (code) {
	case '_': return JOINER;
	case ':': return MID_LETTER;
	case ',':
	case ';': return MID_NUMBER;
	case '.': return MID_BOTH;
	case '\'': return SINGLE_QUOTE;
	case '"': return DOUBLE_QUOTE;
	default: return OTHER;
	}
}

static enum kind kind_of(uint32_t code)
{
	if (code < 0x80)
		return kind_of_ascii(code);
	if (code >= 0xff10 && code <= 0xff19)
		return DIGIT;
	if (is_modifier(code))
		return OTHER;
	switch (uc_wordbreak_property(code)) {
	case WBP_ALETTER: return LETTER;
	case WBP_HL: return HEBREW;
	case WBP_NUMERIC: return DIGIT;
	case WBP_KATAKANA: return KATAKANA;
	case WBP_EXTENDNUMLET: return JOINER;
	case WBP_MIDLETTER: return MID_LETTER;
	case WBP_MIDNUM: return MID_NUMBER;
	case WBP_MIDNUMLET: return MID_BOTH;
	case WBP_SQ: return SINGLE_QUOTE;
	case WBP_DQ: return DOUBLE_QUOTE;
	case WBP_EXTEND:
	case WBP_FORMAT:
	case WBP_ZWJ: return EXTEND;
	default: return OTHER;
	}
}

static const char *skip_extend(const char *p, const char *end)
{
	while (p < end) {
		struct character c = read_at(p, end);

		if (kind_of(c.code) != EXTEND)
			break;
		p += c.n;
	}
	return p;
}

/* --- words and numbers --- */

/* Where the word stands: by the character that was last, and how it may go
 * on. A Hebrew letter is bound where the rule that took it is at its end. */
enum state {
	NOWHERE,
	AT_START,
	IN_JOINERS, /* and nothing else yet */
	AFTER_JOINER,
	AFTER_LETTER,
	AFTER_LETTER_MID,
	AFTER_DIGIT,
	AFTER_DIGIT_MID,
	AFTER_KATAKANA,
	AFTER_HEBREW,
	AFTER_HEBREW_SINGLE,
	AFTER_HEBREW_DOUBLE,
	AFTER_HEBREW_MID,
	AFTER_HEBREW_BOUND,
	STATES,
};

#define WORDLY                                                                 \
	[LETTER] = AFTER_LETTER, [HEBREW] = AFTER_HEBREW, [DIGIT] = AFTER_DIGIT

static const unsigned char next_state[STATES][CLASSES] = {
	[AT_START] = { WORDLY, [KATAKANA] = AFTER_KATAKANA,
		       [JOINER] = IN_JOINERS },
	[IN_JOINERS] = { WORDLY, [KATAKANA] = AFTER_KATAKANA,
			 [JOINER] = IN_JOINERS },
	[AFTER_JOINER] = { WORDLY, [KATAKANA] = AFTER_KATAKANA,
			   [JOINER] = AFTER_JOINER },
	[AFTER_LETTER] = { WORDLY, [JOINER] = AFTER_JOINER,
			   [MID_LETTER] = AFTER_LETTER_MID,
			   [MID_BOTH] = AFTER_LETTER_MID,
			   [SINGLE_QUOTE] = AFTER_LETTER_MID },
	[AFTER_LETTER_MID] = { [LETTER] = AFTER_LETTER,
			       [HEBREW] = AFTER_HEBREW_MID },
	[AFTER_DIGIT] = { WORDLY, [JOINER] = AFTER_JOINER,
			  [MID_NUMBER] = AFTER_DIGIT_MID,
			  [MID_BOTH] = AFTER_DIGIT_MID,
			  [SINGLE_QUOTE] = AFTER_DIGIT_MID },
	[AFTER_DIGIT_MID] = { [DIGIT] = AFTER_DIGIT },
	[AFTER_KATAKANA] = { [KATAKANA] = AFTER_KATAKANA,
			     [JOINER] = AFTER_JOINER },
	[AFTER_HEBREW] = { WORDLY, [JOINER] = AFTER_JOINER,
			   [MID_LETTER] = AFTER_LETTER_MID,
			   [MID_BOTH] = AFTER_LETTER_MID,
			   [SINGLE_QUOTE] = AFTER_HEBREW_SINGLE,
			   [DOUBLE_QUOTE] = AFTER_HEBREW_DOUBLE },
	[AFTER_HEBREW_SINGLE] = { WORDLY, [JOINER] = AFTER_JOINER },
	[AFTER_HEBREW_DOUBLE] = { [HEBREW] = AFTER_HEBREW_BOUND },
	[AFTER_HEBREW_MID] = { WORDLY, [JOINER] = AFTER_JOINER,
			       [MID_LETTER] = AFTER_LETTER_MID,
			       [MID_BOTH] = AFTER_LETTER_MID,
			       [SINGLE_QUOTE] = AFTER_LETTER_MID },
	[AFTER_HEBREW_BOUND] = { WORDLY, [JOINER] = AFTER_JOINER },
};

/* A word may end here. */
static bool is_word(enum state state)
{
	switch (state) {
	case NOWHERE:
	case AT_START:
	case IN_JOINERS:
	case AFTER_LETTER_MID:
	case AFTER_DIGIT_MID:
	case AFTER_HEBREW_DOUBLE: return false;
	default: return true;
	}
}

/* Where the word at p ends; p itself if there is none. So do all below. */
static const char *word_end(const char *p, const char *end)
{
	enum state state = AT_START;
	const char *found = p;

	while (p < end) {
		struct character c = read_at(p, end);
		enum kind kind = kind_of(c.code);

		if (kind != EXTEND)
			state = next_state[state][kind];
		if (state == NOWHERE || state == AT_START)
			break;
		p += c.n;
		if (is_word(state))
			found = p;
	}
	return found;
}

/* --- emoji --- */

static bool is_emoji(uint32_t code)
{
	if (uc_is_property_extended_pictographic(code))
		return true;
	return code >= 0x80 && code != 0x3030 && code != 0x303d &&
	       uc_is_property_emoji(code) && !is_modifier(code) &&
	       uc_wordbreak_property(code) != WBP_RI;
}

/* What belongs to an emoji, selectors not; *joins: it ends in a joiner. */
static const char *skip_emoji_extend(const char *p, const char *end,
				     bool *joins)
{
	*joins = false;
	while (p < end) {
		struct character c = read_at(p, end);

		if (c.code == TEXT_SELECTOR || c.code == EMOJI_SELECTOR ||
		    kind_of(c.code) != EXTEND)
			break;
		*joins = c.code == ZERO_WIDTH_JOINER;
		p += c.n;
	}
	return p;
}

static const char *skip_code(const char *p, const char *end, uint32_t code)
{
	struct character c;

	if (p == end)
		return p;
	c = read_at(p, end);
	return c.code == code ? p + c.n : p;
}

/* How one emoji of a sequence ended. */
struct element {
	bool joins;    /* in a joiner */
	bool selected; /* in a selector */
};

static const char *element_end(const char *start, const char *end,
			       struct element *out)
{
	const char *p = start, *behind;
	struct character c = { 0 };

	*out = (struct element){ 0 };
	while ((behind = skip_code(p, end, ZERO_WIDTH_JOINER)) > p)
		p = behind;
	if (p == end)
		return start;
	c = read_at(p, end);
	if (is_modifier(c.code) && p == start)
		return skip_emoji_extend(p + c.n, end, &out->joins);
	if (!is_emoji(c.code))
		return start;
	p = skip_emoji_extend(p + c.n, end, &out->joins);
	if (p < end && uc_is_property_emoji_modifier_base(c.code)) {
		c = read_at(p, end);
		if (is_modifier(c.code))
			return skip_emoji_extend(p + c.n, end, &out->joins);
	}
	behind = skip_code(p, end, EMOJI_SELECTOR);
	out->selected = behind > p;
	return behind;
}

static const char *tags_end(const char *start, const char *end)
{
	const char *p = start;

	while (p < end) {
		struct character c = read_at(p, end);

		if (c.code == TAG_END)
			return p > start ? p + c.n : start;
		if (c.code < TAG_FIRST || c.code > TAG_END)
			break;
		p += c.n;
	}
	return start;
}

static const char *emoji_end(const char *start, const char *end)
{
	struct element element;
	const char *p = element_end(start, end, &element);
	const char *joined = p, *next;

	if (p == start)
		return start;
	if (element.selected && tags_end(p, end) > p)
		return tags_end(p, end);
	for (;;) {
		if (element.selected)
			joined = skip_code(p, end, ZERO_WIDTH_JOINER);
		if (element.selected ? joined == p : !element.joins)
			return p;
		next = element_end(joined, end, &element);
		if (next == joined)
			return p;
		p = joined = next;
	}
}

/* A sign such as "#" in its cap. */
static const char *keycap_end(const char *start, const char *end)
{
	const char *p = start + 1, *behind;
	const char *found = start;
	bool joins;

	if (*start != '#' && *start != '*' && (*start < '0' || *start > '9'))
		return start;
	behind = skip_emoji_extend(p, end, &joins);
	for (; p < behind; p += read_at(p, end).n) {
		if (read_at(p, end).code == KEYCAP)
			found = behind;
	}
	p = skip_code(behind, end, EMOJI_SELECTOR);
	behind = skip_code(p, end, KEYCAP);
	return behind > p ? skip_emoji_extend(behind, end, &joins) : found;
}

static bool is_regional(const char *p, const char *end)
{
	return p < end && uc_wordbreak_property(read_at(p, end).code) == WBP_RI;
}

static const char *flag_end(const char *start, const char *end)
{
	const char *p = start;

	for (int i = 0; i < 2; i++) {
		if (!is_regional(p, end))
			return start;
		p = skip_extend(p + read_at(p, end).n, end);
	}
	return p;
}

/* --- scripts --- */

/* Line_Break=Complex_Context: letters and marks, and some signs. */
static bool is_complex(uint32_t code)
{
	static const struct {
		uint32_t first, last;
		bool whole; /* not only letters and marks */
	} blocks[] = {
		{ 0x0e00, 0x0eff, false },   { 0x1000, 0x109d, false },
		{ 0x109e, 0x109f, true },    { 0x1780, 0x17ff, false },
		{ 0x1950, 0x19d9, false },   { 0x19da, 0x19da, true },
		{ 0x19de, 0x19df, true },    { 0x1a20, 0x1a7c, false },
		{ 0x1aa0, 0x1aad, true },    { 0xa9e0, 0xa9ff, false },
		{ 0xaa60, 0xaa76, false },   { 0xaa77, 0xaa79, true },
		{ 0xaa7a, 0xaadd, false },   { 0xaade, 0xaadf, true },
		{ 0x11700, 0x11739, false }, { 0x1173a, 0x1173b, true },
		{ 0x1173f, 0x1173f, true },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(blocks); i++) {
		if (code < blocks[i].first || code > blocks[i].last)
			continue;
		return blocks[i].whole ||
		       uc_is_general_category_withtable(
			       code, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M);
	}
	return false;
}

static const char *complex_end(const char *p, const char *end)
{
	const char *start = p;

	while (p < end) {
		struct character c = read_at(p, end);

		if (!is_complex(c.code) &&
		    (p == start || kind_of(c.code) != EXTEND))
			break;
		p += c.n;
	}
	return p;
}

static const char *ideograph_end(const char *start, const char *end)
{
	struct character c = read_at(start, end);
	const uc_script_t *script = uc_script(c.code);

	if (!script || (strcmp(script->name, "Han") != 0 &&
			strcmp(script->name, "Hiragana") != 0))
		return start;
	return skip_extend(start + c.n, end);
}

/* --- all together --- */

static const char *longest(const char *p, const char *end)
{
	static const char *(*const rules[])(const char *, const char *) = {
		keycap_end, emoji_end, flag_end, complex_end, ideograph_end,
	};
	const char *found = word_end(p, end);
	bool ascii = (unsigned char)*p < 0x80;

	/* Only a keycap begins with ASCII and is no word. */
	if (ascii && (p + 1 == end || (unsigned char)p[1] < 0x80))
		return found;
	for (size_t i = 0; i < (ascii ? 1 : ARRAY_LENGTH(rules)); i++) {
		const char *other = rules[i](p, end);

		if (other > found)
			found = other;
	}
	return found;
}

/* The end of WORD_UNITS_MAX units. */
static const char *limit_of(const char *p, const char *end)
{
	size_t units = 0;

	while (p < end) {
		struct character c = read_at(p, end);

		units += c.n == 4 ? 2 : 1;
		if (units > WORD_UNITS_MAX)
			break;
		p += c.n;
	}
	return p;
}

/* No rule looks past its own end, so the limit concerns only who passes it. */
static const char *token_end(const char *p, const char *end)
{
	size_t most = (WORD_UNITS_MAX + 1) * UNIT_BYTES_MAX;
	struct str near = utf8_cut(str_slice(p, (size_t)(end - p)), most);
	const char *found = longest(p, near.s + near.n);

	if (found - p <= WORD_UNITS_MAX)
		return found;
	return longest(p, limit_of(p, end));
}

uint32_t words_lower(uint32_t code)
{
	if (code < 0x80)
		return code >= 'A' && code <= 'Z' ? code + 32 : code;
	return uc_tolower(code);
}

static void add_lower(const char *p, const char *end, struct buf *out)
{
	char utf8[4];

	while (p < end) {
		struct character c = read_at(p, end);

		buf_add(out, str_slice(utf8,
				       utf8_encode(words_lower(c.code), utf8)));
		p += c.n;
	}
}

size_t words_add(struct str text, struct buf *out)
{
	const char *p = text.s, *end = text.s + text.n, *behind;
	size_t n = 0;

	while (p < end) {
		behind = token_end(p, end);
		if (behind == p) {
			p += read_at(p, end).n;
			continue;
		}
		buf_add_char(out, WORDS_MARK);
		add_lower(p, behind, out);
		p = behind;
		n++;
	}
	if (n > 0)
		buf_add_char(out, WORDS_MARK);
	return n;
}

bool words_next(struct str words, size_t *at, struct str *word)
{
	const char *start = words.s + *at + 1, *mark;

	if (*at + 1 >= words.n)
		return false;
	mark = memchr(start, WORDS_MARK, words.n - *at - 1);
	*word = str_slice(start, (size_t)(mark - start));
	*at = (size_t)(mark - words.s);
	return true;
}
