/* json_oracle.c - json-c's opinion */
#include "tests/fuzz/json_oracle.h"

#include <json-c/json.h>
#include <regex.h>
#include <stdlib.h>

#include "core/buf.h"

enum { DEPTH_MAX = 500 };

static bool code_is_valid(uint32_t code, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= least[n] && code <= 0x10ffff &&
	       !(code >= 0xd800 && code <= 0xdfff);
}

/* By arithmetic on code points, not by tables of bytes. */
static bool is_utf8(struct str text)
{
	for (size_t i = 0; i < text.n;) {
		uint32_t c = (unsigned char)text.s[i];
		size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		if ((c & 0xc0) == 0x80 || c >= 0xf8 || text.n - i < n)
			return false;
		uint32_t code = n == 1 ? c : c & (0xffU >> (n + 1));
		for (size_t k = 1; k < n; k++) {
			uint32_t next = (unsigned char)text.s[i + k];
			if ((next & 0xc0) != 0x80)
				return false;
			code = code << 6 | (next & 0x3f);
		}
		if (n > 1 && !code_is_valid(code, n))
			return false;
		i += n;
	}
	return true;
}

/* What a text holds, in its strings and outside. */
struct survey {
	size_t colons;
	size_t depth;
	bool bad_token;
};

/* A run of bytes that are no blank, bracket, comma, colon or quote. */
static bool is_token(struct str text)
{
	static const char *const form =
		"^(true|false|null|"
		"-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?)$";
	static regex_t compiled;
	static bool ready;
	char *copy = str_dup(text);

	if (!ready)
		ENSURE(regcomp(&compiled, form, REG_EXTENDED | REG_NOSUB) == 0);
	ready = true;
	bool good = strlen(copy) == text.n &&
		    regexec(&compiled, copy, 0, NULL, 0) == 0;
	free(copy);
	return good;
}

/* Take one string, token or mark. Returns the bytes it has. */
static size_t survey_one(struct survey *s, struct str text, size_t *depth)
{
	static const char marks[] = " \t\r\n{}[],:";
	char c = text.s[0];
	size_t n = 1;

	if (c == '"') {
		for (; n < text.n && text.s[n] != '"'; n++) {
			s->bad_token |= (unsigned char)text.s[n] < 0x20;
			n += text.s[n] == '\\';
		}
		return n < text.n ? n + 1 : text.n;
	}
	if (c && strchr(marks, c)) {
		*depth += c == '{' || c == '[';
		*depth -= (c == '}' || c == ']') && *depth;
		s->depth = *depth > s->depth ? *depth : s->depth;
		s->colons += c == ':';
		return 1;
	}
	while (n < text.n && text.s[n] != '"' &&
	       (!text.s[n] || !strchr(marks, text.s[n])))
		n++;
	s->bad_token |= !is_token(str_slice(text.s, n));
	return n;
}

static struct survey survey(struct str text)
{
	struct survey s = { 0 };
	size_t depth = 0;

	for (size_t i = 0; i < text.n;)
		i += survey_one(&s, str_slice(text.s + i, text.n - i), &depth);
	return s;
}

static size_t count_keys(struct json_object *value)
{
	size_t n = 0;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			n += count_keys(json_object_array_get_idx(value, i));
	}
	if (!json_object_is_type(value, json_type_object))
		return n;
	json_object_object_foreach(value, key, member)
	{
		(void)key;
		n += 1 + count_keys(member);
	}
	return n;
}

static struct json_object *parse(struct str text)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX + 1);
	struct json_object *object;

	ENSURE(tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, text.s, (int)text.n);
	bool good = json_tokener_get_error(tokener) == json_tokener_success &&
		    json_object_is_type(object, json_type_object);
	json_tokener_free(tokener);
	if (good)
		return object;
	json_object_put(object);
	return NULL;
}

void oracle_read(struct str text, struct oracle *out)
{
	struct survey s = survey(text);

	*out = (struct oracle){ .utf8 = is_utf8(text) };
	/* Said here, so that json-c's own reading does not matter. */
	if (s.bad_token || s.depth > DEPTH_MAX)
		return;
	out->unsure = memmem(text.s, text.n, "u0000", 5) != NULL;
	if (out->unsure)
		return;
	out->object = parse(text);
	if (out->object)
		out->duplicate = count_keys(out->object) < s.colons;
}

void oracle_release(struct oracle *oracle)
{
	json_object_put(oracle->object);
}
