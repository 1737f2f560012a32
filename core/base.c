/* base.c - errors, borrowed strings, allocation that never fails
 *
 * Owns nothing; any thread. */
#include "core/base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

void ensure_failed(const char *condition, const char *file, int line)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "tocsin: bug: %s:%d: %s\n", file,
			 line, condition);

	if (n > 0 && write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(EXIT_STATUS_BUG);
	_exit(EXIT_STATUS_BUG);
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list args;

	if (!err)
		return false;
	err->kind = kind;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
	char prefix[256];
	char text[sizeof(err->text)];
	va_list args;

	if (!err)
		return false;
	va_start(args, format);
	vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	memcpy(text, err->text, sizeof(text));
	snprintf(err->text, sizeof(err->text), "%s: %.380s", prefix, text);
	return false;
}

enum exit_status error_exit_status(const struct error *err)
{
	switch (err->kind) {
	case ERROR_NONE: return EXIT_STATUS_DONE;
	case ERROR_RETRY: return EXIT_STATUS_UNREACHABLE;
	case ERROR_REJECT: return EXIT_STATUS_FINDINGS;
	case ERROR_USAGE: return EXIT_STATUS_USAGE;
	case ERROR_CONFIG: return EXIT_STATUS_CONFIG;
	case ERROR_FATAL: return EXIT_STATUS_BUG;
	}
	return EXIT_STATUS_BUG;
}

int str_compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.s, b.s, n) : 0;

	if (order != 0)
		return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_equal_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.s[i]) != lower(b.s[i]))
			return false;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str str_trim(struct str a)
{
	while (a.n > 0 && is_blank(a.s[0])) {
		a.s++;
		a.n--;
	}
	while (a.n > 0 && is_blank(a.s[a.n - 1]))
		a.n--;
	return a;
}

bool str_to_int64(struct str a, int64_t min, int64_t max, int64_t *out)
{
	bool negative = a.n > 0 && a.s[0] == '-';
	int64_t value = 0;

	if (a.n == (negative ? 1U : 0U))
		return false;
	for (size_t i = negative; i < a.n; i++) {
		int64_t digit = a.s[i] - '0';

		if (digit < 0 || digit > 9 ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit,
					   &value))
			return false;
	}
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

uint64_t str_hash(struct str a)
{
	return XXH3_64bits(a.s, a.n);
}

uint64_t str_hash_seed(struct str a, uint64_t seed)
{
	return XXH3_64bits_withSeed(a.s, a.n, seed);
}

_Noreturn static void out_of_memory(void)
{
	static const char text[] = "tocsin: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EXIT_STATUS_BUG);
	_exit(EXIT_STATUS_BUG);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t count, size_t n)
{
	void *p = calloc(count ? count : 1, n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *str_dup(struct str a)
{
	char *p = xmalloc(a.n + 1);

	if (a.n)
		memcpy(p, a.s, a.n);
	p[a.n] = '\0';
	return p;
}

char *xstrdup(const char *text)
{
	return str_dup(str_of(text));
}

void free_text(char **p)
{
	free(*p);
}

void *array_grow(void *items, size_t n, size_t *cap, size_t item_bytes)
{
	if (n < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 8;
	ENSURE(*cap <= SIZE_MAX / 2 / item_bytes);
	return xrealloc(items, *cap * item_bytes);
}
