/* scan.c - the event's own level: its fields, and whether they are right
 *
 * Owns a scanner's scratch memory. One thread at a time for one scanner. */
#include "event/scan.h"

#include <stdlib.h>

#include "event/json_bytes.h"
#include "event/scan_private.h"
#include "event/time.h"
#include "event/utf8.h"

enum { DECODED_KEPT = 65536 };

const struct str event_field_names[EVENT_FIELDS] = {
	[EVENT_SERVICE_KEY] = { "ServiceKey", 10 },
	[EVENT_COMPONENT_KEY] = { "ComponentKey", 12 },
	[EVENT_REQUEST_KEY] = { "RequestKey", 10 },
	[EVENT_HOST_ADDRESS] = { "HostAddress", 11 },
	[EVENT_TIME_STAMP_UTC] = { "TimeStampUTC", 12 },
	[EVENT_TITLE] = { "Title", 5 },
	[EVENT_ADDITIONAL] = { "Additional", 10 },
	[EVENT_LEVEL] = { "Level", 5 },
};

const char *const repair_words[REPAIR_WORDS] = {
	"unparsed", "time",      "service", "host", "level",
	"type",     "duplicate", "key",     "utf8", "cut",
};

struct scanner *scanner_open(void)
{
	struct scanner *s = xcalloc(1, sizeof(*s));

	key_table_init(&s->keys,
		       (uint64_t)(uintptr_t)s * UINT64_C(0x9e3779b97f4a7c15));
	buf_init(&s->decoded, 0);
	return s;
}

void scanner_close(struct scanner *scanner)
{
	if (!scanner)
		return;
	key_table_release(&scanner->keys);
	buf_release(&scanner->decoded);
	free(scanner);
}

const char *event_level_name(enum event_level level)
{
	static const char *const names[] = { "", "DEBUG", "INFO", "ERROR" };

	return names[level];
}

/* All eight names differ in length or first letter, but for Title, Level. */
enum event_field event_field_of(struct str key)
{
	enum event_field field = EVENT_FIELDS;

	switch (key.n) {
	case 5: field = key.s[0] == 'T' ? EVENT_TITLE : EVENT_LEVEL; break;
	case 10:
		if (key.s[0] == 'A')
			field = EVENT_ADDITIONAL;
		else if (key.s[0] == 'R')
			field = EVENT_REQUEST_KEY;
		else
			field = EVENT_SERVICE_KEY;
		break;
	case 11: field = EVENT_HOST_ADDRESS; break;
	case 12:
		field = key.s[0] == 'C' ? EVENT_COMPONENT_KEY
					: EVENT_TIME_STAMP_UTC;
		break;
	default: break;
	}
	if (field < EVENT_FIELDS &&
	    memcmp(event_field_names[field].s, key.s, key.n) != 0)
		field = EVENT_FIELDS;
	return field;
}

struct str event_text(const struct event_value *value, struct buf *scratch)
{
	if (value->kind == JSON_ABSENT || value->kind == JSON_NULL)
		return STR_NONE;
	if (value->kind == JSON_STRING && !value->escaped)
		return str_slice(value->raw.s + 1, value->raw.n - 2);
	return json_text(value->raw, scratch);
}

/* The body of a string without escapes; nothing otherwise. */
static struct str plain_body(const struct event_value *value)
{
	if (value->kind != JSON_STRING || value->escaped)
		return STR_NONE;
	return str_slice(value->raw.s + 1, value->raw.n - 2);
}

static enum event_level level_of(const struct event_value *value)
{
	for (enum event_level i = LEVEL_DEBUG; i <= LEVEL_ERROR; i++) {
		struct str name = str_of(event_level_name(i));
		if (value->escaped ? json_string_is(value->raw, name)
				   : str_equal(plain_body(value), name))
			return i;
	}
	return LEVEL_NONE;
}

static void judge_level(struct event *out)
{
	const struct event_value *level = &out->field[EVENT_LEVEL];

	if (level->kind == JSON_STRING) {
		out->level = level_of(level);
	} else if (event_has(out, EVENT_LEVEL)) {
		out->repairs |= REPAIR_TYPE;
	}
	if (out->level == LEVEL_NONE)
		out->repairs |= REPAIR_LEVEL;
}

/* A field that is to be a string and is something else. */
static bool is_mistyped(const struct event *out, enum event_field field)
{
	const struct event_value *value = &out->field[field];

	if (!event_has(out, field) || value->kind == JSON_STRING)
		return false;
	return field != EVENT_ADDITIONAL || value->kind != JSON_OBJECT;
}

/* A non-empty array of different words of ours in their order. */
bool scan_is_repaired(struct str raw)
{
	struct json_cursor cursor = json_enter(raw);
	size_t next_word = 0, n = 0;
	struct str word;

	if (json_kind(raw) != JSON_ARRAY)
		return false;
	for (; json_next_element(&cursor, &word); n++) {
		while (next_word < REPAIR_WORDS &&
		       !json_string_is(word, str_of(repair_words[next_word])))
			next_word++;
		if (next_word++ >= REPAIR_WORDS)
			return false;
	}
	return n > 0;
}

/* What is to be a string in the index, and an object would be refused. */
static bool is_raw_mistyped(const struct event_value *value)
{
	return value->kind != JSON_ABSENT && value->kind != JSON_NULL &&
	       value->kind != JSON_STRING;
}

static void judge_fields(struct event *out)
{
	out->has_time = time_parse_normal(
		plain_body(&out->field[EVENT_TIME_STAMP_UTC]), &out->time_ns);
	if (!out->has_time)
		out->repairs |= REPAIR_TIME;
	if (!event_has(out, EVENT_SERVICE_KEY))
		out->repairs |= REPAIR_SERVICE;
	if (!event_has(out, EVENT_HOST_ADDRESS))
		out->repairs |= REPAIR_HOST;
	judge_level(out);
	for (enum event_field i = 0; i < EVENT_FIELDS; i++)
		if (i != EVENT_TIME_STAMP_UTC && i != EVENT_LEVEL &&
		    is_mistyped(out, i))
			out->repairs |= REPAIR_TYPE;
	if (is_raw_mistyped(&out->time_raw) || is_raw_mistyped(&out->level_raw))
		out->repairs |= REPAIR_TYPE;
	if (out->repaired.kind != JSON_ABSENT &&
	    !scan_is_repaired(out->repaired.raw))
		out->repairs |= REPAIR_KEY;
}

/* Top-level keys that Elasticsearch refuses or that we write. */
static bool is_reserved(struct str key)
{
	static const char *const names[] = {
		"@timestamp",
		"AdditionalText",
		"AdditionalFlat",
		"AdditionalNum",
		"Repaired",
		"_id",
		"_index",
		"_source",
		"_routing",
		"_type",
		"_version",
		"_seq_no",
		"_ignored",
		"_field_names",
		"_doc_count",
		/* Not in every version of Elasticsearch. */
		"_tier",
		"_nested_path",
		"_tsid",
		"_data_stream_timestamp",
	};

	if (key.n && key.s[0] != '_' && key.s[0] != '@' && key.s[0] != 'A' &&
	    key.s[0] != 'R')
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (str_is(key, names[i]))
			return true;
	return false;
}

/* Java's Character.isWhitespace, but for what is above U+1680. */
static bool is_java_blank(char c)
{
	return (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= ' ');
}

bool scan_key_is_refused(struct str key)
{
	size_t blanks = 0;

	while (blanks < key.n && is_java_blank(key.s[blanks]))
		blanks++;
	return blanks == key.n || memchr(key.s, '.', key.n) || is_reserved(key);
}

/* A key that is none of the eight fields. */
static void judge_key(struct event *out, struct str key,
		      const struct event_value *value)
{
	if (str_equal(key, STR("Repaired")))
		out->repaired = *value;
	else if (str_equal(key, STR("TimeStampRaw")))
		out->time_raw = *value;
	else if (str_equal(key, STR("LevelRaw")))
		out->level_raw = *value;
	else if (scan_key_is_refused(key))
		out->repairs |= REPAIR_KEY;
}

static const char *scan_top_member(struct scanner *s, const char *p,
				   struct event *out)
{
	struct event_value value;
	bool readable, known;
	struct str key;

	p = scan_key(s, p, &key, &readable);
	if (!p)
		return NULL;
	p = scan_value(s, p, 1, &value);
	if (!p || !readable)
		return p;

	enum event_field field = event_field_of(key);
	if (field < EVENT_FIELDS) {
		known = out->field[field].kind != JSON_ABSENT;
		out->field[field] = value;
	} else {
		(void)key_table_add(&s->keys, 0, key, &known);
		judge_key(out, key, &value);
	}
	if (known)
		s->repairs |= REPAIR_DUPLICATE;
	return p;
}

static const char *scan_top(struct scanner *s, const char *p, struct event *out)
{
	bool more = true;

	p = scan_blanks(s, p);
	if (p == s->end || *p != '{')
		return scan_fail(s, p, "object expected");
	p = scan_blanks(s, p + 1);
	if (p < s->end && *p == '}')
		return p + 1;
	while (p && more) {
		p = scan_top_member(s, p, out);
		if (p)
			p = scan_separator(s, p, '}', &more);
	}
	return p;
}

/* Without a BOM before it and line ends behind it. */
static struct str strip(struct str line)
{
	if (!line.n)
		return STR("");
	if (str_has_prefix(line, STR("\xef\xbb\xbf")))
		line = str_slice(line.s + 3, line.n - 3);
	while (line.n &&
	       (line.s[line.n - 1] == '\n' || line.s[line.n - 1] == '\r'))
		line.n--;
	return line;
}

bool event_is_blank(struct str line)
{
	line = strip(line);
	for (size_t i = 0; i < line.n; i++)
		if (line.s[i] != ' ' && (line.s[i] < '\t' || line.s[i] > '\r'))
			return false;
	return true;
}

void scan_begin(struct scanner *s, struct str line)
{
	key_table_begin(&s->keys);
	if (s->decoded.cap > DECODED_KEPT)
		buf_release(&s->decoded);
	buf_clear(&s->decoded);
	s->begin = line.s;
	s->end = line.s + line.n;
	s->objects = 0;
	s->repairs = 0;
	s->has_newline = false;
	s->reason = NULL;
}

void event_scan(struct scanner *scanner, struct str line, struct event *out)
{
	memset(out, 0, sizeof(*out));
	line = strip(line);
	out->line = line;
	scan_begin(scanner, line);

	const char *p = line.s;
	if (line.n > UINT32_MAX)
		p = scan_fail(scanner, p, "longer than 4 GiB");
	else
		p = scan_top(scanner, p, out);
	if (p) {
		out->end = (size_t)(p - line.s) - 1;
		p = scan_blanks(scanner, p);
		if (p < scanner->end)
			scan_fail(scanner, p, "text behind the object");
	}
	if (scanner->reason) {
		*out = (struct event){ .line = line,
				       .repairs = REPAIR_UNPARSED,
				       .reason = scanner->reason };
		out->reason_offset = (size_t)(scanner->reason_at - line.s);
		return;
	}
	judge_fields(out);
	out->repairs |= scanner->repairs;
	out->has_newline = scanner->has_newline;
}
