/* log.h - log lines of the program itself, on stderr
 *
 *   2026-11-23T09:00:00.123Z level=warn msg="elasticsearch is away" since=12s
 *
 * One line a message: short constant text, then key=value. Values are quoted
 * where needed, control bytes and quotes escaped, cut at 512 bytes. A message
 * (same text and level) repeated more than 10 times within 10 s is counted
 * instead of printed, and the count is printed as repeats=N on the next line
 * of that message that is; lines of level debug are all printed. One write(2)
 * a line. Any thread. */
#ifndef TOCSIN_CORE_LOG_H
#define TOCSIN_CORE_LOG_H

#include "core/base.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

struct log_field {
	const char *key;
	enum { LOG_FIELD_STR, LOG_FIELD_INT } type;
	struct str text;
	int64_t number;
};

#define KV_STR(k, value)                                                       \
	{                                                                      \
		(k), LOG_FIELD_STR, (value), 0                                 \
	}
#define KV_TEXT(k, value)                                                      \
	{                                                                      \
		(k), LOG_FIELD_STR, str_of(value), 0                           \
	}
#define KV_INT(k, value)                                                       \
	{                                                                      \
		(k), LOG_FIELD_INT, { NULL, 0 }, (int64_t)(value)              \
	}

/* log_info("indexing", KV_TEXT("index", name), KV_INT("count", n)); */
#define LOG_AT(level, msg, ...)                                                \
	log_write(                                                             \
		(level), (msg),                                                \
		(const struct log_field[]){ KV_INT(NULL, 0), ##__VA_ARGS__ },  \
		sizeof((const struct log_field[]){ KV_INT(NULL, 0),            \
						   ##__VA_ARGS__ }) /          \
				sizeof(struct log_field) -                     \
			1)
#define log_debug(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)

/* fields[0] is a placeholder, fields[1..n] are printed. */
void log_write(enum log_level level, const char *message,
	       const struct log_field *fields, size_t n);

/* Lines below this level are not printed (default info). */
void log_set_level(enum log_level level);
MUST_CHECK bool log_level_parse(struct str name, enum log_level *out);

#endif
