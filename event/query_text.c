/* query_text.c - escapes, quotes and numbers of queries
 *
 * Pure; owns nothing; safe on any thread. */
#include "event/query_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/utf8.h"

/* Put a problem in, errors before warnings; when there is no room left the
 * last warning gives way to an error. */
static void __attribute__((format(printf, 4, 0)))
report_add(struct query_report *report, bool warning, size_t at,
	   const char *format, va_list args)
{
	size_t place = warning ? report->n : report->errors;
	struct query_problem *problem;

	if (place >= report->max)
		return;
	if (report->n == report->max)
		report->n--;
	problem = &report->item[place];
	memmove(problem + 1, problem, (report->n - place) * sizeof(*problem));
	report->n++;
	problem->warning = warning;
	problem->column = (int)at + 1;
	vsnprintf(problem->text, sizeof(problem->text), format, args);
}

void query_error(struct query_report *report, size_t at, const char *format,
		 ...)
{
	va_list args;

	va_start(args, format);
	report_add(report, false, at, format, args);
	va_end(args);
	report->errors++;
}

void query_lint(struct query_report *report, size_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_add(report, true, at, format, args);
	va_end(args);
}

size_t query_blank(const char *p, const char *end)
{
	if (p == end)
		return 0;
	if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		return 1;
	if (end - p >= 3 && memcmp(p, "\xe3\x80\x80", 3) == 0)
		return 3; /* U+3000, the ideographic blank */
	return 0;
}

/* The four hexadecimal digits at p. */
static bool read_hex(const char *p, const char *end, uint32_t *out)
{
	uint32_t value = 0;

	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			value = value * 16 + (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value = value * 16 + (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

/* The code point of "uXXXX" or "uXXXX\uXXXX" at p, just behind a backslash.
 * Returns its bytes, 0 if it is none. */
static size_t read_unicode(const char *p, const char *end, uint32_t *code)
{
	uint32_t high, low;

	if (!read_hex(p + 1, end, &high) || (high >= 0xdc00 && high < 0xe000))
		return 0;
	if (high < 0xd800 || high >= 0xe000) {
		*code = high;
		return 5;
	}
	if (end - p < 11 || p[5] != '\\' || p[6] != 'u' ||
	    !read_hex(p + 7, end, &low) || low < 0xdc00 || low >= 0xe000)
		return 0;
	*code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 11;
}

bool query_unescape(struct query_report *report, struct str raw, size_t at,
		    struct buf *out)
{
	const char *p = raw.s, *end = raw.s + raw.n;

	while (p < end) {
		const char *start = p;
		uint32_t code;
		size_t n;

		while (p < end && *p != '\\')
			p++;
		buf_add(out, str_slice(start, (size_t)(p - start)));
		if (p == end)
			break;
		p++;
		ENSURE(p < end);
		if (*p != 'u') {
			buf_add_char(out, *p++);
			continue;
		}
		n = read_unicode(p, end, &code);
		if (n == 0) {
			query_error(report, at + (size_t)(p - 1 - raw.s),
				    "\"\\u\" needs four hexadecimal digits "
				    "that make a character");
			return false;
		}
		char utf8[4];
		buf_add(out, str_slice(utf8, utf8_encode(code, utf8)));
		p += n;
	}
	return true;
}

void query_add_escaped(struct buf *out, struct str text)
{
	const char *end = text.s + text.n;

	for (const char *p = text.s; p < end; p++) {
		if (query_blank(p, end) ||
		    strchr("+-=&|><!(){}[]^\"~*?:\\/", *p))
			buf_add_char(out, '\\');
		buf_add_char(out, *p);
	}
}

void query_add_quoted(struct buf *out, struct str text)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.s[i] == '"' || text.s[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, text.s[i]);
	}
	buf_add_char(out, '"');
}

static const char *skip_digits(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Where the JSON number at p ends; p itself if there is none. */
static const char *skip_number(const char *p)
{
	const char *start = p, *digits;

	if (*p == '-')
		p++;
	digits = p;
	p = skip_digits(p);
	if (p == digits || (*digits == '0' && p - digits > 1))
		return start;
	if (*p == '.') {
		digits = ++p;
		p = skip_digits(p);
		if (p == digits)
			return start;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		digits = p;
		p = skip_digits(p);
		if (p == digits)
			return start;
	}
	return p;
}

bool query_number(struct str text, double *out)
{
	/* AdditionalNum takes no longer ones either. */
	char copy[64 + 1];
	double value;

	if (text.n == 0 || text.n >= sizeof(copy))
		return false;
	memcpy(copy, text.s, text.n);
	copy[text.n] = '\0';
	if (skip_number(copy) != copy + text.n)
		return false;
	value = strtod(copy, NULL);
	if (!isfinite(value))
		return false;
	*out = value;
	return true;
}
