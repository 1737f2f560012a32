/* conf.h - a libconfig file as a tree of plain nodes
 *
 * The only module that knows libconfig. Every node remembers file and line, so
 * that whoever finds a value wrong can say where it stands. Names hold letters,
 * digits, '_', '-' and '*' (libconfig's rule); `@include "file"` works,
 * relative to the including file.
 *
 * Format: https://hyperrealm.github.io/libconfig/libconfig_manual.html
 * One thread at a time. */
#ifndef TOCSIN_CORE_CONF_H
#define TOCSIN_CORE_CONF_H

#include "core/base.h"

enum conf_kind {
	CONF_BOOL,
	CONF_INT,
	CONF_REAL,
	CONF_STRING,
	CONF_GROUP, /* { name = value; } */
	CONF_LIST,  /* ( ... ) or [ ... ] */
};

struct conf {
	enum conf_kind kind;
	char *name; /* NULL in a list */
	char *file;
	int line;
	bool flag;           /* CONF_BOOL */
	int64_t integer;     /* CONF_INT */
	double real;         /* CONF_REAL */
	char *text;          /* CONF_STRING */
	struct conf **child; /* CONF_GROUP, CONF_LIST; in order of the file */
	size_t n;
};

/* NULL with "FILE:LINE: reason", or "FILE: reason" for one that could not be
 * read (ERROR_CONFIG); at most 64 MiB and 64 levels.
 * The tree is the caller's: conf_free(). The root is a group. */
MUST_CHECK struct conf *conf_read_file(const char *path, struct error *err);
/* The same from memory; `name` stands for the file in messages. */
MUST_CHECK struct conf *conf_read_text(const char *name, const char *text,
				       struct error *err);
void conf_free(struct conf *root);

/* The child of a group with this name, or NULL. */
const struct conf *conf_get(const struct conf *group, const char *name);
/* Do they say the same, in the same order? Where it stands is no matter; NULL
 * is the same as NULL. */
bool conf_same(const struct conf *a, const struct conf *b);
const char *conf_kind_name(enum conf_kind kind);

#define conf_for_each(group, at)                                               \
	for (size_t at = 0; (group) && at < (group)->n; at++)

/* What is wrong (or doubtful) in files, collected so that one run shows all. */
enum problem_level { PROBLEM_WARNING, PROBLEM_ERROR };

struct problem {
	enum problem_level level;
	char *file;
	int line;   /* 0 = the whole file */
	int column; /* 0 = unknown; counted from 1, in bytes */
	char *text; /* lower case, no full stop, with the remedy */
};

struct problems {
	struct problem *item;
	size_t n, cap;
	size_t errors; /* of them, PROBLEM_ERROR */
};

void problems_release(struct problems *p);
void problems_add(struct problems *p, enum problem_level level,
		  const char *file, int line, int column, const char *format,
		  ...) PRINTF_LIKE(6, 7);
/* At the place of a node. */
void problems_at(struct problems *p, enum problem_level level,
		 const struct conf *node, const char *format, ...)
	PRINTF_LIKE(4, 5);
/* An error, at the place that its text begins with ("file:line: ", "-s path:
 * "), else in `file`. */
void problems_take(struct problems *p, const char *file,
		   const struct error *err);
/* The first error as "file:line: text" into *err (ERROR_CONFIG), and how many
 * more there are; returns true if there is no error. */
bool problems_ok(const struct problems *p, struct error *err);

/* conf_read_file, with what is wrong collected among `problems`. */
MUST_CHECK struct conf *conf_load(const char *path, struct problems *problems);

#endif
