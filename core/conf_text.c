/* conf_text.c - reads configuration files and puts includes in their place
 *
 * Knows of libconfig's syntax only what tells an @include line from one inside
 * a comment or string. Runs on the caller's thread. */
#include "core/conf_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The largest rule files in use hold some 10,000 rules of about 1 KiB. */
#define TEXT_LIMIT_BYTES ((size_t)64 << 20)
#define FILES_LIMIT      1000
#define DEPTH_LIMIT      10
/* Shorter ones fit into 32 bits. */
#define LONG_NUMBER_BYTES 10

void conf_text_release(struct conf_text *t)
{
	for (size_t i = 0; i < t->n_files; i++)
		free(t->file[i]);
	free(t->file);
	free(t->line);
	buf_release(&t->text);
}

void conf_text_place(const struct conf_text *t, unsigned line,
		     const char **file, int *number)
{
	const struct conf_line *at;

	if (t->n_lines == 0) {
		*file = t->n_files ? t->file[0] : "";
		*number = 1;
		return;
	}
	if (line < 1)
		line = 1;
	if (line > t->n_lines)
		line = (unsigned)t->n_lines;
	at = &t->line[line - 1];
	*file = t->file[at->file];
	*number = at->number;
}

/* ---- reading one file ---- */

static bool read_open(FILE *f, struct buf *out, const char **reason)
{
	struct stat st;

	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		*reason = strerror(EISDIR);
		return false;
	}
	for (;;) {
		char *room = buf_room(out, 65536);
		size_t n;

		if (!room) {
			*reason = "it is over 64 MiB";
			return false;
		}
		n = fread(room, 1, 65536, f);
		out->n += n;
		if (n == 0)
			break;
	}
	*reason = ferror(f) ? strerror(errno) : "it holds a NUL byte";
	return !ferror(f) && !memchr(buf_text(out), '\0', out->n);
}

static bool read_path(const char *path, struct buf *out, const char **reason)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f) {
		*reason = strerror(errno);
		return false;
	}
	ok = read_open(f, out, reason);
	fclose(f);
	return ok;
}

/* ---- lines ---- */

/* Of names and of numbers in any spelling. */
static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("._*+-", c));
}

/* How many bytes at the beginning of s are one decimal whole number that
 * nothing else continues (a name, a fraction, an L); 0 if they are none. */
static size_t whole_number(struct str s)
{
	size_t sign = s.n > 0 && (s.s[0] == '-' || s.s[0] == '+');
	size_t n = sign;

	while (n < s.n && s.s[n] >= '0' && s.s[n] <= '9')
		n++;
	return n == sign || (n < s.n && is_name_byte(s.s[n])) ? 0 : n;
}

/* Follow comments and strings over the next one or two bytes of a line, which
 * is never empty; returns how many. */
static size_t step(struct conf_text *t, struct str rest)
{
	char c = rest.s[0];
	char next = rest.n > 1 ? rest.s[1] : '\0';

	switch (t->state) {
	case CONF_IN_STRING:
		if (c == '"')
			t->state = CONF_IN_CODE;
		return c == '\\' && rest.n > 1 ? 2 : 1;
	case CONF_IN_COMMENT:
		if (c != '*' || next != '/')
			return 1;
		t->state = CONF_IN_CODE;
		return 2;
	case CONF_IN_CODE: break;
	}
	if (c == '#' || (c == '/' && next == '/'))
		return rest.n;
	if (c == '"')
		t->state = CONF_IN_STRING;
	if (c != '/' || next != '*')
		return 1;
	t->state = CONF_IN_COMMENT;
	return 2;
}

/* libconfig 1.5 cuts whole numbers to 32 bits without a word unless they end
 * in L: put one where it may be needed. */
static bool copy_line(struct conf_text *t, struct str line)
{
	for (size_t i = 0, n; i < line.n; i += n) {
		struct str rest = str_slice(line.s + i, line.n - i);
		bool starts = i == 0 || !is_name_byte(line.s[i - 1]);

		n = 0;
		if (t->state == CONF_IN_CODE && starts)
			n = whole_number(rest);
		if (n >= LONG_NUMBER_BYTES) {
			if (!buf_add(&t->text, str_slice(rest.s, n)) ||
			    !buf_add_char(&t->text, 'L'))
				return false;
			continue;
		}
		n = step(t, rest);
		if (!buf_add(&t->text, str_slice(rest.s, n)))
			return false;
	}
	return buf_add_char(&t->text, '\n');
}

/* Is it `@include "path"`? *path is borrowed from it, *rest what follows. */
static bool is_include(struct str line, struct str *path, struct str *rest)
{
	static const struct str word = { "@include", 8 };
	struct str s = str_trim(line);
	const char *end;

	if (!str_has_prefix(s, word))
		return false;
	s = str_trim(str_slice(s.s + word.n, s.n - word.n));
	if (s.n < 2 || s.s[0] != '"')
		return false;
	end = memchr(s.s + 1, '"', s.n - 1);
	if (!end)
		return false;
	*path = str_slice(s.s + 1, (size_t)(end - s.s) - 1);
	*rest = str_slice(end + 1, s.n - path->n - 2);
	return true;
}

static char *resolve(const char *from, struct str path)
{
	const char *slash = strrchr(from, '/');
	struct buf whole = { 0 };

	if (slash && path.n > 0 && path.s[0] != '/')
		buf_add(&whole, str_slice(from, (size_t)(slash - from) + 1));
	buf_add(&whole, path);
	return buf_take(&whole);
}

static bool add_text(struct conf_text *t, const char *name, struct str text,
		     int depth, struct problems *problems);

static bool include(struct conf_text *t, size_t from, int number,
		    struct str path, int depth, struct problems *problems)
{
	char *whole = resolve(t->file[from], path);
	const char *reason = NULL;
	struct buf text;
	bool ok = false;

	buf_init(&text, TEXT_LIMIT_BYTES);
	if (depth >= DEPTH_LIMIT)
		reason = "includes nest more than 10 deep";
	else if (t->n_files >= FILES_LIMIT)
		reason = "more than 1000 files are included";
	else if (read_path(whole, &text, &reason))
		reason = NULL;
	if (reason)
		problems_add(problems, PROBLEM_ERROR, t->file[from], number, 0,
			     "could not include \"%s\": %s", whole, reason);
	else
		ok = add_text(t, whole, buf_str(&text), depth + 1, problems);
	buf_release(&text);
	free(whole);
	return ok;
}

static bool add_line(struct conf_text *t, size_t file, int number,
		     struct str line, struct problems *problems)
{
	struct conf_line *at;

	if (!copy_line(t, line)) {
		problems_add(problems, PROBLEM_ERROR, t->file[file], number, 0,
			     "the configuration is over 64 MiB");
		return false;
	}
	at = ARRAY_PUSH(t->line, t->n_lines, t->cap_lines);
	*at = (struct conf_line){ file, number };
	return true;
}

static bool add_text(struct conf_text *t, const char *name, struct str text,
		     int depth, struct problems *problems)
{
	size_t file = t->n_files;
	const char *at = text.s, *end = text.s + text.n;

	t->text.limit = TEXT_LIMIT_BYTES;
	*ARRAY_PUSH(t->file, t->n_files, t->cap_files) = xstrdup(name);
	for (int number = 1; at < end; number++) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		struct str line = { at, (size_t)((lf ? lf : end) - at) };
		struct str path;

		if (t->state == CONF_IN_CODE &&
		    is_include(line, &path, &line) &&
		    !include(t, file, number, path, depth, problems))
			return false;
		if (!add_line(t, file, number, line, problems))
			return false;
		at = lf ? lf + 1 : end;
	}
	return true;
}

bool conf_text_read(struct conf_text *t, const char *name, struct str text,
		    struct problems *problems)
{
	return add_text(t, name, text, 0, problems);
}

bool conf_text_read_file(struct conf_text *t, const char *path,
			 struct problems *problems)
{
	const char *reason;
	struct buf text;
	bool ok = false;

	buf_init(&text, TEXT_LIMIT_BYTES);
	if (read_path(path, &text, &reason))
		ok = add_text(t, path, buf_str(&text), 0, problems);
	else
		problems_add(problems, PROBLEM_ERROR, path, 0, 0,
			     "could not read the file: %s", reason);
	buf_release(&text);
	return ok;
}
