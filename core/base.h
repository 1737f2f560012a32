/* base.h - what every file needs: attributes, assertions, borrowed strings,
 * and the error that a failing function fills in
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_CORE_BASE_H
#define TOCSIN_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define AUTO(release)     __attribute__((cleanup(release)))
#define ARRAY_LENGTH(a)   (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(p, type, member)                                          \
	((type *)(void *)((char *)(p)-offsetof(type, member)))

/* An assertion that stays on in release: a bug stops the program (exit 70)
 * before it can do harm, and uncommitted offsets replay. */
#define ENSURE(condition)                                                      \
	((condition) ? (void)0 : ensure_failed(#condition, __FILE__, __LINE__))

_Noreturn void ensure_failed(const char *condition, const char *file, int line);

/* Exit statuses of the program (BSD sysexits.h where it has one). */
enum exit_status {
	EXIT_STATUS_DONE = 0,
	EXIT_STATUS_FINDINGS = 1,
	EXIT_STATUS_USAGE = 64,
	EXIT_STATUS_UNREACHABLE = 69,
	EXIT_STATUS_BUG = 70,
	EXIT_STATUS_CONFIG = 78,
};

/* What the caller of a failed function may do about it. */
enum error_kind {
	ERROR_NONE,   /* nothing failed */
	ERROR_RETRY,  /* the same call may succeed later */
	ERROR_REJECT, /* this one input is at fault; go on with the next */
	ERROR_USAGE,  /* the command line is wrong */
	ERROR_CONFIG, /* a configuration or rule file is wrong */
	ERROR_FATAL,  /* this program cannot go on */
};

struct error {
	enum error_kind kind;
	char text[640]; /* for a person, lower case, no full stop */
};

/* Fill in *err (NULL is allowed) and return false, so that a failing function
 * can end with `return error_set(...)`. Longer text is cut. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Put "prefix: " before the text of *err and return false. */
bool error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The exit status that says what *err says. */
enum exit_status error_exit_status(const struct error *err);

/* A borrowed slice of bytes: not ended by NUL, may hold any byte. s may be
 * NULL only if n is 0. */
struct str {
	const char *s;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_NONE     ((struct str){ NULL, 0 })
/* For printf's "%.*s". */
#define STR_ARG(x) (int)((x).n > 4096 ? 4096 : (x).n), ((x).s ? (x).s : "")

static inline struct str str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline struct str str_slice(const char *s, size_t n)
{
	return (struct str){ s, n };
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
	return str_equal(a, str_of(text));
}

static inline bool str_has_prefix(struct str a, struct str prefix)
{
	return a.n >= prefix.n &&
	       (prefix.n == 0 || memcmp(a.s, prefix.s, prefix.n) == 0);
}

/* Lexicographic by unsigned bytes, shorter first: <0, 0, >0. */
int str_compare(struct str a, struct str b);

/* ASCII letters without regard to case. */
bool str_equal_nocase(struct str a, struct str b);

/* Without leading and trailing blanks, tabs and line ends. */
struct str str_trim(struct str a);

/* The whole of `a` is one decimal number in [min, max]; false: *out
 * untouched. No sign but '-', no blanks, no leading '+'. */
MUST_CHECK bool str_to_int64(struct str a, int64_t min, int64_t max,
			     int64_t *out);

/* xxHash3, 64 bits; the value is stable over machines and versions, so it may
 * be stored and sent. */
uint64_t str_hash(struct str a);
uint64_t str_hash_seed(struct str a, uint64_t seed);

/* Allocation that never fails: out of memory ends the program (what is not
 * committed replays). Free with free(). n == 0 gives a unique pointer. */
void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t n) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
/* A NUL-ended copy of a slice; bytes after an inner NUL are kept. */
char *str_dup(struct str a) __attribute__((malloc, returns_nonnull));

/* For AUTO(): frees what a char* or void* local points at. */
void free_text(char **p);

/* Insertion into a growing array of items: returns the new room for item
 * number *n, and counts it. */
void *array_grow(void *items, size_t n, size_t *cap, size_t item_bytes);
#define ARRAY_PUSH(items, n, cap)                                              \
	((items) = array_grow((items), (n), &(cap), sizeof(*(items))),         \
	 &(items)[(n)++])

#endif
